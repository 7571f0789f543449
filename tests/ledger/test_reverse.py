"""Reverse: a refund's money is taken back in the ledger once, behind its posting; a refusal becomes work for people."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.foundation.ids import new_row_id
from app.journal.models import JournalEntry, JournalLine
from app.ledger import reverse
from app.ledger.models import LedgerReversal
from app.ledger.port import LedgerNonsense, LedgerUnavailable, Rejected, Reversal
from app.outbox.models import DUE
from app.outbox.port import Later, Message
from app.payments.models import Payment, Refund
from app.payments.postings import REVERSE_IN_LEDGER
from app.payments.returns import refunds
from tests.delivering import Portal
from tests.demo import ACCOUNT, COLLECTING, KIRSTEN, NOW, OTHER_ACCOUNT, Town, daycare, fine
from tests.ledger.child import STEPS

pytestmark = pytest.mark.database
ROOT = Path(__file__).parents[2]
CLOSED = Rejected("PERIODE_LUKKET", "the period is closed", None)


def asked(town: Town, payment: Payment, parts: Mapping[str, int]) -> UUID:
    """A refund that one person may decide; `parts` is origin reference to øre."""
    shares: dict[UUID | None, int] = {town.claim(ref).id: ore for ref, ore in parts.items()}
    refund_id = new_row_id()
    with town.sessions.begin() as session:
        refunds.ask(
            session, refund_id=refund_id, payment_id=payment.id, municipality_code=payment.municipality_code,
            shares=shares, reason="Prøve", by="s1", alone_up_to_ore=10**9, now=NOW + timedelta(minutes=2),
        )  # fmt: skip
    return refund_id


def paid_daycare(town: Town) -> Payment:
    person = town.person()
    return town.paid(person, *town.shows(person, daycare()))


def refund_of(town: Town, refund_id: UUID) -> Refund:
    with town.sessions() as session:
        return session.get_one(Refund, refund_id)


def recalls(town: Town) -> list[int]:
    """What the journal says was taken back for refunds, in øre and in order."""
    booked = (
        select(JournalLine.amount_ore)
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalEntry.kind == "recalled", JournalLine.account.startswith("overpaid/"))
        .order_by(JournalEntry.id)
    )
    with town.sessions() as session:
        return [-amount_ore for amount_ore in session.scalars(booked)]


def reversals(town: Town) -> Sequence[LedgerReversal]:
    with town.sessions() as session:
        return session.scalars(select(LedgerReversal).order_by(LedgerReversal.answered_at)).all()


def test_a_whole_payment_is_taken_back_behind_its_posting(town: Town, portal: Portal) -> None:
    payment = paid_daycare(town)
    refund_id = asked(town, payment, {"d1": 150000})
    portal.deliver_all()
    message = portal.message(REVERSE_IN_LEDGER)
    (posted,), (sent,) = portal.ledger.sent, portal.ledger.recalled
    assert (sent.reversal_id, sent.posting_id, sent.account) == (message.id, posted.posting_id, ACCOUNT)
    assert (sent.amount_ore, sent.is_whole, sent.made_at) == (150000, True, message.created_at)
    assert payment.receipt_number
    assert payment.receipt_number in sent.text
    assert len(sent.text) <= 100
    assert [(one.origin_ref, one.ledger_claim_id, one.amount_ore) for one in sent.shares] == [("d1", "L-d1", 150000)]
    (kept,) = reversals(town)
    assert (kept.id, kept.posting_id, kept.refund_id, kept.payment_id, kept.amount_ore, kept.state) == (
        message.id, posted.posting_id, refund_id, payment.id, 150000, "accepted",
    )  # fmt: skip
    assert (town.balance("transit"), town.balance("ledger"), recalls(town)) == (0, 0, [150000])
    assert town.claim("d1").covered_ore == 0, "it is owed again"
    assert refund_of(town, refund_id).recalls_left == 0
    assert portal.ledger.balance_ore(ACCOUNT) == 0
    assert portal.ledger.onlooker is not None
    assert portal.ledger.onlooker.looks == 2


def test_parts_are_taken_back_one_after_the_other(town: Town, portal: Portal) -> None:
    payment = paid_daycare(town)
    asked(town, payment, {"d1": 50000})
    asked(town, payment, {"d1": 100000})
    portal.deliver_all()
    assert [(one.amount_ore, one.is_whole) for one in portal.ledger.recalled] == [(50000, False), (100000, False)]
    assert (town.balance("ledger"), recalls(town)) == (0, [50000, 100000])
    assert portal.ledger.balance_ore(ACCOUNT) == 0


@pytest.mark.parametrize("fault", [LedgerUnavailable("no answer"), LedgerNonsense("no XML")])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_on_the_road_is_followed_by_the_same_reversal(
    town: Town, portal: Portal, fault: Exception, when: str
) -> None:
    payment = paid_daycare(town)
    portal.deliver_all()
    asked(town, payment, {"d1": 50000})
    getattr(portal.ledger, when).extend([fault, fault])
    portal.deliver_all()
    first, second, third = portal.ledger.recalled
    assert first == second == third
    assert portal.ledger.balance_ore(ACCOUNT) == 100000
    assert (town.balance("ledger"), recalls(town)) == (-100000, [50000])


def test_a_refusal_is_kept_and_becomes_work_for_people(town: Town, portal: Portal) -> None:
    payment = paid_daycare(town)
    portal.ledger.refusals[portal.message("ledger.post").id] = CLOSED
    refund_id = asked(town, payment, {"d1": 50000})
    portal.deliver_all()
    (kept,) = reversals(town)
    assert (kept.state, kept.reason_code, kept.reason) == ("rejected", "PERIODE_LUKKET", "the period is closed")
    assert (town.balance("ledger"), recalls(town)) == (-150000, []), "the money stays where it was"
    assert refund_of(town, refund_id).state == "stopped"
    (task,) = town.tasks()
    assert "the period is closed" in task.reason


def test_money_that_the_ledger_rejected_is_recalled_without_a_word_to_it(town: Town, portal: Portal) -> None:
    portal.ledger.rejections[ACCOUNT] = Rejected("RESTANCE_AFVIGER", "arrears differ", 120000)
    payment = paid_daycare(town)
    refund_id = asked(town, payment, {"d1": 150000})
    portal.deliver_all()
    assert portal.ledger.recalled == []
    assert [(one.state, one.amount_ore) for one in reversals(town)] == [("unposted", 150000)]
    assert (town.balance("transit"), town.balance("ledger"), recalls(town)) == (0, 0, [150000])
    assert town.claim("d1").covered_ore == 0, "it is owed again"
    assert refund_of(town, refund_id).recalls_left == 0


def test_a_refund_over_two_accounts_is_recalled_from_both(town: Town, portal: Portal) -> None:
    person = town.person()
    found = (daycare("d1", 1000), daycare("d2", 2000, account=OTHER_ACCOUNT), daycare("d3", 4000))
    payment = town.paid(person, *town.shows(person, *found))
    refund_id = asked(town, payment, {"d3": 4000, "d2": 2000})
    portal.deliver_all()
    assert {(one.account, one.amount_ore, one.is_whole) for one in portal.ledger.recalled} == {
        (ACCOUNT, 4000, False), (OTHER_ACCOUNT, 2000, True),
    }  # fmt: skip
    (part,) = [one for one in portal.ledger.recalled if one.account == ACCOUNT]
    assert [(share.ledger_claim_id, share.amount_ore) for share in part.shares] == [("L-d3", 4000)]
    assert (town.balance("ledger"), sorted(recalls(town))) == (-1000, [2000, 4000])
    assert refund_of(town, refund_id).recalls_left == 0


def test_a_collecting_account_is_reduced_without_claims_of_the_ledgers(town: Town, portal: Portal) -> None:
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine("f1", 1000), fine("f2", 2000))
    payment = town.paid(person, *town.shows(person, fine("f1", 1000), fine("f2", 2000)))
    asked(town, payment, {"f1": 1000})
    portal.deliver_until(lambda: portal.message(REVERSE_IN_LEDGER).state != DUE)
    (sent,) = portal.ledger.recalled
    assert [(one.origin_ref, one.ledger_claim_id, one.amount_ore) for one in sent.shares] == [("f1", None, 1000)]
    assert portal.ledger.balance_ore(COLLECTING) == 2000


def test_what_the_ledger_no_longer_has_is_its_to_say(town: Town, portal: Portal) -> None:
    payment = paid_daycare(town)
    portal.deliver_all()
    posting_id = portal.message("ledger.post").id
    elsewhere = Reversal(new_row_id(), posting_id, ACCOUNT, 100000, is_whole=False, shares=(), made_at=NOW, text="x")
    portal.ledger.taken_back[elsewhere.reversal_id] = elsewhere
    refund_id = asked(town, payment, {"d1": 50001})
    portal.deliver_all()
    assert [(one.state, one.reason_code) for one in reversals(town)] == [("rejected", "NEDREGULERING_FOR_STOR")]
    assert refund_of(town, refund_id).state == "stopped"
    assert (town.balance("ledger"), recalls(town)) == (-150000, [])


def test_it_waits_for_the_answer_about_the_posting(town: Town, portal: Portal) -> None:
    asked(town, paid_daycare(town), {"d1": 150000})
    with pytest.raises(Later):
        reverse.deliver(town.sessions, ledger=portal.ledger, message=handed(portal), clock=portal.clock)
    assert portal.ledger.recalled == []


def test_the_same_message_twice_books_once(town: Town, portal: Portal) -> None:
    asked(town, paid_daycare(town), {"d1": 150000})
    portal.deliver_all()
    again = reverse.deliver(town.sessions, ledger=portal.ledger, message=handed(portal), clock=portal.clock)
    with town.sessions.begin() as session:
        again(session)
    assert (len(portal.ledger.recalled), len(reversals(town))) == (1, 1)
    assert (town.balance("ledger"), recalls(town)) == (0, [150000])


def test_rejected_money_is_recalled_once_too(town: Town, portal: Portal) -> None:
    portal.ledger.rejections[ACCOUNT] = Rejected("RESTANCE_AFVIGER", "arrears differ", 120000)
    asked(town, paid_daycare(town), {"d1": 150000})
    portal.deliver_all()
    again = reverse.deliver(town.sessions, ledger=portal.ledger, message=handed(portal), clock=portal.clock)
    with town.sessions.begin() as session:
        again(session)
    assert (recalls(town), len(reversals(town))) == ([150000], 1)


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_after_the_ledger_answered_takes_back_once(
    town: Town, portal: Portal, step: str, tmp_path: Path
) -> None:
    payment = paid_daycare(town)
    portal.deliver_all()
    refund_id = asked(town, payment, {"d1": 150000})
    book = tmp_path / "ledger"
    command = [sys.executable, "-m", "tests.ledger.child", portal.database_url, str(book)]
    assert subprocess.run([*command, step], cwd=ROOT, timeout=30, check=False).returncode == -signal.SIGKILL
    message = portal.message(REVERSE_IN_LEDGER)
    assert book.read_text().split() == [str(message.id)]
    assert (recalls(town), refund_of(town, refund_id).recalls_left) == ([], 1)

    with subprocess.Popen([*command, "none"], cwd=ROOT) as survivor:
        try:
            portal.wait_until(lambda: portal.message(REVERSE_IN_LEDGER).state == "done", seconds=30)
        finally:
            survivor.terminate()
    assert book.read_text().split() == [str(message.id)]
    assert (town.balance("ledger"), recalls(town)) == (0, [150000])
    assert (len(reversals(town)), refund_of(town, refund_id).recalls_left) == (1, 0)


def handed(portal: Portal) -> Message:
    """The message as a worker is handed it."""
    row = portal.message(REVERSE_IN_LEDGER)
    return Message(
        row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, row.created_at,
        row.patient_from,
    )  # fmt: skip


def test_a_rejected_posting_whose_money_goes_back_is_nobodys_work(town: Town, portal: Portal) -> None:
    payment = paid_daycare(town)
    portal.ledger.rejections[ACCOUNT] = CLOSED
    portal.deliver_all()
    assert [task.kind for task in town.tasks()] == ["posting_rejected"]
    asked(town, payment, {"d1": 150000})
    portal.deliver_all()
    assert not town.tasks()


def test_the_library_is_not_told_of_money_that_went_back_before_it_could_be(town: Town, portal: Portal) -> None:
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine("f1"),)
    payment = town.paid(person, *town.shows(person, fine("f1")))
    portal.library.switches.down = True
    portal.deliver_until(lambda: any(one.attempts for one in town.messages("source.tell")))
    asked(town, payment, {"f1": 7500})
    portal.deliver_until(lambda: any(one.state == "done" for one in town.messages(REVERSE_IN_LEDGER)))
    portal.library.switches.down = False
    portal.deliver_all()
    assert not portal.library.orders, "the fee is owed again, and stays open there"
    claim = town.claim("f1")
    assert (claim.closed_at, claim.covered_ore, town.tasks()) == (None, 0, [])
