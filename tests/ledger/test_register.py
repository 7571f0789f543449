"""A claim still held by its source is registered once, before its payment is posted to the account it gets."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.claims.derived import account_of, ledger_claim_id_of
from app.claims.sighting import Holder
from app.foundation.db import Sessions
from app.ledger import register
from app.ledger.models import LedgerRegistration
from app.ledger.port import LedgerNonsense, LedgerUnavailable, Rejected
from app.ledger.promise import oldest_undelivered
from app.outbox import queue
from app.outbox.port import GiveUp, Message
from app.payments.models import PaymentLine
from app.payments.postings import REGISTER_IN_LEDGER
from app.sources.models import WriteBack
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import FACTS, FBS_SYSTEM, FEE_TYPE, KIRSTEN, NOW, Town, fine, registering_facts
from tests.ledger.child import STEPS
from tests.payments.returns.backwards import ask

pytestmark = pytest.mark.database
ROOT = Path(__file__).parents[2]
REFUSED = Rejected("SORTIMENT_UKENDT", "no such claim type", None)


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions, facts=registering_facts())


@pytest.fixture
def portal(town: Town, database: Database) -> Portal:
    return portal_of(town, database.app_url)


def registrations(town: Town) -> list[LedgerRegistration]:
    with town.sessions() as session:
        return list(session.scalars(select(LedgerRegistration)))


def settled(portal: Portal) -> None:
    """Work until the ledger has answered; the library is looked at by other tests."""
    portal.deliver_until(lambda: all(one.state == "done" for one in portal.town.messages("ledger.post")))


def test_the_payment_knows_its_account_from_the_beginning(town: Town) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    payment = town.opened(person, claim_id)
    with town.sessions() as session:
        line = session.scalars(select(PaymentLine).where(PaymentLine.payment_id == payment.id)).one()
    assert (line.account, line.way) == (account_of(claim_id), "observe")


def test_it_is_registered_and_then_posted_to_its_own_account(town: Town, portal: Portal) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    payment = town.paid(person, claim_id)
    settled(portal)
    (sent,) = portal.ledger.introduced
    assert (sent.account, sent.ledger_claim_id) == (account_of(claim_id), ledger_claim_id_of(claim_id))
    assert (sent.claim_type, sent.origin_system, sent.origin_ref) == (FEE_TYPE, FBS_SYSTEM, "f1")
    assert (sent.debtor_cpr, sent.principal_ore) == (KIRSTEN, 7500)
    (posted,) = portal.ledger.sent
    assert (posted.account, posted.amount_ore) == (sent.account, 7500)
    assert [share.ledger_claim_id for share in posted.shares] == [sent.ledger_claim_id]
    assert posted.text_lines == (f"Betal din kommune, kvittering {payment.receipt_number}",)
    kinds = [message.kind for message in town.messages() if message.lane == f"account/{sent.account}"]
    assert kinds == [REGISTER_IN_LEDGER, "ledger.post"], "in one lane, so that the order is kept"
    assert (town.balance("transit"), town.balance("ledger")) == (0, -7500)
    (kept,) = registrations(town)
    assert (kept.state, kept.amount_ore, kept.reason) == ("accepted", 7500, None)
    assert portal.ledger.onlooker is not None
    assert portal.ledger.onlooker.looks == 2


def test_the_claim_knows_its_account_and_the_ledgers_list_finds_the_same_claim(town: Town, portal: Portal) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    town.paid(person, claim_id)
    portal.deliver_until(lambda: portal.message(REGISTER_IN_LEDGER).state == "done")
    held = town.claim("f1")
    assert (held.id, held.holder, held.debtor_account) == (claim_id, "ledger", account_of(claim_id))
    assert (held.ledger_claim_id, held.covered_ore, held.closed_at) == (ledger_claim_id_of(claim_id), 7500, None)
    assert held.evidence["kind"] == "fee", "what the library knows of it stays"
    listed = replace(
        fine(holder=Holder.LEDGER),
        debtor_account=account_of(claim_id),
        ledger_claim_id=ledger_claim_id_of(claim_id),
    )
    again = town.shows(person, listed, source="ledger", asked_at=NOW + timedelta(hours=1))
    assert again == [claim_id]


def test_a_list_from_before_the_registration_does_not_take_the_claim_away(town: Town, portal: Portal) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    town.paid(person, claim_id)
    portal.deliver_until(lambda: portal.message(REGISTER_IN_LEDGER).state == "done")
    town.shows(person, source="ledger", asked_at=NOW)
    assert town.claim("f1").debtor_account == account_of(claim_id)


def test_the_library_is_looked_at_until_it_shows_the_fee_paid(town: Town, portal: Portal) -> None:
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine(),)
    town.paid(person, *town.shows(person, fine()))
    settled(portal)
    with town.sessions() as session:
        row = session.scalars(select(WriteBack)).one()
        assert (row.way, row.state) == ("observe", "waiting")
    portal.library.paid_elsewhere("f1")
    portal.deliver_all()
    assert portal.library.orders == {"f1": None}, "the ledger tells the library, not we"
    assert town.claim("f1").closed_reason == "paid"


def test_money_that_goes_back_is_taken_back_on_the_claims_own_account(town: Town, portal: Portal) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    payment = town.paid(person, claim_id)
    settled(portal)
    ask(town, payment, {claim_id: 7500}, now=portal.clock())
    portal.deliver_until(lambda: portal.message("ledger.reverse").state == "done")
    (recalled,) = portal.ledger.recalled
    assert (recalled.account, recalled.is_whole) == (account_of(claim_id), True)
    assert [share.ledger_claim_id for share in recalled.shares] == [ledger_claim_id_of(claim_id)]
    assert portal.ledger.balance_ore(account_of(claim_id)) == 0


@pytest.mark.parametrize("fault", [LedgerUnavailable("no answer"), LedgerNonsense("no XML")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_on_the_road_is_followed_by_the_same_registration(
    town: Town, portal: Portal, fault: Exception, when: str
) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, fine()))
    getattr(portal.ledger, when).extend([fault, fault])
    # The library shows another amount meanwhile: what is said of the claim stays what it was.
    portal.deliver_until(lambda: len(portal.ledger.introduced) > 0)
    town.shows(person, fine(amount_ore=9900), asked_at=NOW + timedelta(minutes=1))
    settled(portal)
    assert len(portal.ledger.introduced) == 3
    assert portal.ledger.introduced[0] == portal.ledger.introduced[1] == portal.ledger.introduced[2]
    assert len(portal.ledger.registered) == len(portal.ledger.booked) == 1


def test_a_rejection_is_work_for_people_and_the_payment_waits_behind_it(town: Town, portal: Portal) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    town.paid(person, claim_id)
    portal.ledger.rejections[account_of(claim_id)] = REFUSED
    portal.deliver_until(lambda: portal.message(REGISTER_IN_LEDGER).state == "dead")
    assert (portal.message("ledger.post").state, portal.ledger.sent) == ("due", [])
    assert (town.balance("transit"), town.claim("f1").holder) == (-7500, "source")
    (task,) = town.tasks()
    assert "SORTIMENT_UKENDT" in task.reason
    with town.sessions() as session:
        waiting = oldest_undelivered(session, municipality_code=town.facts.code, now=portal.clock())
    assert waiting is not None
    assert waiting.reason == "Debitorsystemet vil ikke registrere kravet (no such claim type (SORTIMENT_UKENDT))"
    (kept,) = registrations(town)
    assert (kept.state, kept.reason_code, kept.reason) == ("rejected", "SORTIMENT_UKENDT", "no such claim type")
    portal.ledger.rejections.clear()
    with town.sessions.begin() as session:
        queue.revive(session, message_id=portal.message(REGISTER_IN_LEDGER).id, now=portal.clock())
    settled(portal)
    assert portal.ledger.introduced[0] == portal.ledger.introduced[-1]
    assert (town.balance("transit"), town.balance("ledger")) == (0, -7500)
    assert [one.state for one in registrations(town)] == ["accepted"]


def test_a_file_that_no_longer_says_how_leaves_it_to_people(town: Town, portal: Portal) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, fine()))
    row = portal.message(REGISTER_IN_LEDGER)
    message = Message(row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW)
    with pytest.raises(GiveUp, match="kommunens fil"):
        register.deliver(
            town.sessions,
            ledger=portal.ledger,
            unseal=town.vault.unseal,
            facts=FACTS,
            message=message,
            clock=portal.clock,
        )
    assert portal.ledger.introduced == []


def test_other_claims_are_paid_as_before(town: Town, portal: Portal) -> None:
    person = town.person()
    found = (fine("f1", 1000), fine("f2", 2000, claim_type="library-replacement"))
    town.paid(person, *town.shows(person, *found))
    settled(portal)
    assert [one.origin_ref for one in portal.ledger.introduced] == ["f1"]
    assert sorted((one.amount_ore, one.shares[0].ledger_claim_id is None) for one in portal.ledger.sent) == [
        (1000, False),
        (2000, True),
    ]


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_after_the_ledger_answered_registers_once(
    town: Town, portal: Portal, step: str, tmp_path: Path
) -> None:
    person = town.person()
    (claim_id,) = town.shows(person, fine())
    town.paid(person, claim_id)
    book = tmp_path / "ledger"
    command = [sys.executable, "-m", "tests.ledger.child", portal.database_url, str(book)]
    assert subprocess.run([*command, step], cwd=ROOT, timeout=60, check=False).returncode == -signal.SIGKILL
    assert book.read_text().split() == [ledger_claim_id_of(claim_id)]
    assert [one.state for one in registrations(town)] == ["asked"]
    with subprocess.Popen([*command, "none"], cwd=ROOT) as survivor:
        try:
            portal.wait_until(lambda: portal.message("ledger.post").state == "done")
        finally:
            survivor.terminate()
    assert book.read_text().split() == [ledger_claim_id_of(claim_id), str(portal.message("ledger.post").id)]
    assert [one.state for one in registrations(town)] == ["accepted"]
    assert (town.balance("transit"), town.balance("ledger")) == (0, -7500)
