"""Push: captured money is posted once under one UUID; a rejection keeps its reason, and nothing is dropped."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.foundation.clock import danish_day
from app.ledger.models import LedgerPosting
from app.ledger.port import LedgerNonsense, LedgerUnavailable, Rejected
from app.ledger.queries import posted
from app.payments.models import PaymentEvent
from tests.delivering import Portal
from tests.demo import ACCOUNT, COLLECTING, KIRSTEN, NOW, OTHER_ACCOUNT, Town, daycare, fine
from tests.ledger.child import STEPS

pytestmark = pytest.mark.database
ARREARS = Rejected("RESTANCE_AFVIGER", "arrears differ", 120000)
ROOT = Path(__file__).parents[2]


def postings(town: Town) -> Sequence[LedgerPosting]:
    with town.sessions() as session:
        return session.scalars(select(LedgerPosting).order_by(LedgerPosting.account)).all()


def events(town: Town) -> list[str]:
    with town.sessions() as session:
        return list(session.scalars(select(PaymentEvent.kind).order_by(PaymentEvent.id)))


def test_an_accepted_posting_moves_the_money_from_transit_to_the_ledger(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    portal.deliver_all()
    message = portal.message("ledger.post")
    (sent,) = portal.ledger.sent
    assert (sent.posting_id, sent.account, sent.payer_cpr, sent.amount_ore) == (message.id, ACCOUNT, KIRSTEN, 150000)
    assert payment.captured_at is not None
    assert (sent.paid_at, sent.value_on) == (payment.captured_at, danish_day(payment.captured_at))
    assert sent.text_lines == (f"Betal din kommune, kvittering {payment.receipt_number}",)
    assert [(share.origin_ref, share.ledger_claim_id, share.amount_ore) for share in sent.shares] == [
        ("d1", "L-d1", 150000)
    ]
    assert (town.balance("transit"), town.balance("ledger")) == (0, -150000)
    (kept,) = postings(town)
    assert (kept.id, kept.state, kept.amount_ore, kept.reason) == (message.id, "accepted", 150000, None)
    assert events(town)[-1] == "posted"
    claim = town.claim("d1")
    assert (claim.covered_ore, claim.reflected_at) == (150000, kept.answered_at), "the ledger knows of it from now on"
    assert portal.ledger.onlooker is not None
    assert portal.ledger.onlooker.looks == 1


@pytest.mark.parametrize("fault", [LedgerUnavailable("no answer"), LedgerNonsense("no XML")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_on_the_road_is_followed_by_the_same_posting(
    town: Town, portal: Portal, fault: Exception, when: str
) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    getattr(portal.ledger, when).extend([fault, fault])
    portal.deliver_all()
    assert len(portal.ledger.sent) == 3
    assert portal.ledger.sent[0] == portal.ledger.sent[1] == portal.ledger.sent[2]
    assert portal.ledger.balance_ore(ACCOUNT) == 150000
    assert (town.balance("transit"), town.balance("ledger")) == (0, -150000)
    assert not town.tasks()


def test_a_collecting_account_is_told_receipt_and_references(town: Town, portal: Portal) -> None:
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine("f1", 1000), fine("f2", 2000))
    payment = town.paid(person, *town.shows(person, fine("f1", 1000), fine("f2", 2000)))
    portal.deliver_until(lambda: portal.town.messages("ledger.post")[0].state == "done")
    (sent,) = portal.ledger.sent
    assert (sent.account, sent.amount_ore) == (COLLECTING, 3000)
    assert sent.text_lines == (f"Betal din kommune, kvittering {payment.receipt_number}", "fbs f1", "fbs f2")
    assert [share.ledger_claim_id for share in sent.shares] == [None, None]


def test_two_accounts_make_two_postings_and_each_has_its_own_answer(town: Town, portal: Portal) -> None:
    person = town.person()
    found = (daycare("d1", 1000), daycare("d2", 2000, account=OTHER_ACCOUNT), daycare("d3", 4000))
    payment = town.paid(person, *town.shows(person, *found))
    portal.ledger.rejections[OTHER_ACCOUNT] = ARREARS
    portal.deliver_all()
    assert {one.account: one.amount_ore for one in portal.ledger.sent} == {ACCOUNT: 5000, OTHER_ACCOUNT: 2000}
    assert (town.balance("transit"), town.balance("ledger")) == (-2000, -5000)
    assert [(one.account, one.state) for one in postings(town)] == [(ACCOUNT, "accepted"), (OTHER_ACCOUNT, "rejected")]
    with town.sessions() as session:
        said = posted(session, payment_ids=[payment.id])[payment.id]
    assert (said.accepted_ore, said.rejected_ore) == (5000, 2000)


def test_a_rejection_keeps_reason_and_arrears_and_becomes_work_for_people(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    portal.ledger.rejections[ACCOUNT] = ARREARS
    portal.deliver_all()
    (kept,) = postings(town)
    assert (kept.state, kept.reason_code, kept.reason, kept.stated_arrears_ore) == (
        "rejected", "RESTANCE_AFVIGER", "arrears differ", 120000,
    )  # fmt: skip
    assert (town.balance("transit"), town.balance("ledger")) == (-150000, 0), "nothing is dropped: it is in transit"
    assert events(town)[-1] == "rejected"
    (task,) = town.tasks()
    assert (task.kind, task.subject_id, task.facts["arrears_ore"]) == ("posting_rejected", payment.id, 120000)
    assert task.facts["amount_ore"] == 150000
    assert town.claim("d1").covered_ore == 150000
    assert town.claim("d1").reflected_at is None


def test_a_posting_names_the_claim_as_it_was_called_when_it_was_paid(town: Town, portal: Portal) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    town.shows(person, replace(daycare(), ledger_claim_id="another"), asked_at=NOW + timedelta(minutes=1))
    portal.deliver_all()
    (posting,) = portal.ledger.sent
    assert [share.ledger_claim_id for share in posting.shares] == ["L-d1"]


def test_overpaid_lines_are_not_posted(town: Town, portal: Portal) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1", 1000), daycare("d2", 2000))
    payment = town.opened(person, one, two)
    town.shows(person, daycare("d2", 2000), asked_at=NOW + timedelta(seconds=30))
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    portal.deliver_all()
    assert [(sent.amount_ore, len(sent.shares)) for sent in portal.ledger.sent] == [(2000, 1)]
    assert (town.balance("transit"), town.balance("ledger"), town.balance("overpaid")) == (0, -2000, -1000)


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_after_the_ledger_answered_books_once(
    town: Town, portal: Portal, step: str, tmp_path: Path
) -> None:
    """I5: whatever is killed in between, the ledger ends with the posting exactly once, and so does the journal."""
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    book = tmp_path / "ledger"
    command = [sys.executable, "-m", "tests.ledger.child", portal.database_url, str(book)]
    assert subprocess.run([*command, step], cwd=ROOT, timeout=30, check=False).returncode == -signal.SIGKILL
    assert len(book.read_text().split()) == 1
    assert town.balance("ledger") == 0

    with subprocess.Popen([*command, "none"], cwd=ROOT) as survivor:
        try:
            portal.wait_until(lambda: portal.message("ledger.post").state == "done")
        finally:
            survivor.terminate()
    message = portal.message("ledger.post")
    assert set(book.read_text().split()) == {str(message.id)}
    assert message.attempts == 2
    assert (town.balance("transit"), town.balance("ledger")) == (0, -150000)
    assert len(postings(town)) == 1
