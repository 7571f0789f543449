"""What a ledger must do when a payment is taken back, proven on the fake and on the wire with its stand-in."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.ledger.port import LedgerUnavailable, Posting, Rejected
from tests.contracts.ledgers import (
    COLLECTING,
    Bench,
    accepted,
    collecting,
    posting,
    reversal,
)


@pytest.fixture
def paid(bench: Bench) -> Posting:
    """The whole of a claim, paid."""
    sent = posting(bench.daycare())
    accepted(bench.ledger.post(sent))
    assert bench.owes() == 0
    return sent


def test_a_whole_payment_is_taken_back_and_owed_again(bench: Bench, paid: Posting) -> None:
    answer = accepted(bench.ledger.reverse(reversal(paid)))
    assert answer.booked_at.tzinfo is not None
    assert bench.balances() == {paid.account: 0}
    assert bench.owes() == paid.amount_ore


def test_parts_are_taken_back_until_nothing_is_left(bench: Bench, paid: Posting) -> None:
    accepted(bench.ledger.reverse(reversal(paid, amount_ore=10_000)))
    assert bench.balances() == {paid.account: paid.amount_ore - 10_000}
    assert bench.owes() == 10_000
    accepted(bench.ledger.reverse(reversal(paid, amount_ore=paid.amount_ore - 10_000)))
    assert bench.balances() == {paid.account: 0}
    assert isinstance(bench.ledger.reverse(reversal(paid, amount_ore=1)), Rejected)


@pytest.mark.parametrize("amount_ore", [None, 5_000])
def test_the_same_reversal_is_booked_once_however_often_it_is_sent(
    bench: Bench, paid: Posting, amount_ore: int | None
) -> None:
    once = reversal(paid, amount_ore=amount_ore)
    answers = [bench.ledger.reverse(once) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert bench.owes() == once.amount_ore


def test_the_same_id_with_other_content_is_rejected(bench: Bench, paid: Posting) -> None:
    once = reversal(paid, amount_ore=5_000)
    accepted(bench.ledger.reverse(once))
    other = bench.ledger.reverse(reversal(paid, amount_ore=6_000, reversal_id=once.reversal_id))
    assert isinstance(other, Rejected)
    assert other.code == "UUID_GENBRUGT"
    assert bench.owes() == 5_000


def test_more_than_is_left_is_rejected_and_changes_nothing(bench: Bench, paid: Posting) -> None:
    accepted(bench.ledger.reverse(reversal(paid, amount_ore=10_000)))
    for too_much in (reversal(paid), reversal(paid, amount_ore=paid.amount_ore - 9_999)):
        answer = bench.ledger.reverse(too_much)
        assert isinstance(answer, Rejected)
        assert (answer.code, answer.arrears_ore) == ("NEDREGULERING_FOR_STOR", None)
        assert answer.reason
        assert bench.ledger.reverse(too_much) == answer
    assert bench.owes() == 10_000


def test_a_whole_payment_of_another_amount_is_rejected(bench: Bench, paid: Posting) -> None:
    answer = bench.ledger.reverse(replace(reversal(paid), amount_ore=paid.amount_ore - 1))
    assert isinstance(answer, Rejected)
    assert answer.code == "BELOEB_AFVIGER"
    assert bench.owes() == 0


def test_what_was_never_booked_cannot_be_taken_back(bench: Bench, paid: Posting) -> None:
    refused = posting(bench.rejecting())
    assert isinstance(bench.ledger.post(refused), Rejected)
    unknown = (
        reversal(refused),
        replace(reversal(paid), posting_id=uuid4()),
        replace(reversal(paid), account=COLLECTING),
        replace(reversal(paid, amount_ore=100), posting_id=uuid4()),
    )
    for wrong in unknown:
        answer = bench.ledger.reverse(wrong)
        assert isinstance(answer, Rejected)
        assert answer.code == "INDBETALING_UKENDT"
    assert bench.balances() == {paid.account: paid.amount_ore}


@pytest.mark.parametrize("amount_ore", [None, 1_000])
def test_a_collecting_account_gives_back_too(bench: Bench, amount_ore: int | None) -> None:
    sent = collecting(6_000)
    accepted(bench.ledger.post(sent))
    accepted(bench.ledger.reverse(reversal(sent, amount_ore=amount_ore)))
    assert bench.balances() == {COLLECTING: 0 if amount_ore is None else 5_000}


@pytest.mark.parametrize("amount_ore", [None, 5_000])
def test_a_ledger_that_is_down_has_taken_nothing_back(bench: Bench, paid: Posting, amount_ore: int | None) -> None:
    once = reversal(paid, amount_ore=amount_ore)
    bench.fault("down")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.reverse(once)
    assert bench.owes() == 0
    accepted(bench.ledger.reverse(once))
    assert bench.owes() == once.amount_ore


@pytest.mark.parametrize("amount_ore", [None, 5_000])
def test_an_answer_that_got_lost_is_given_again(bench: Bench, paid: Posting, amount_ore: int | None) -> None:
    once = reversal(paid, amount_ore=amount_ore)
    bench.fault("drop_reply")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.reverse(once)
    assert bench.owes() == once.amount_ore
    accepted(bench.ledger.reverse(once))
    assert bench.owes() == once.amount_ore


def test_what_was_taken_back_can_be_paid_again(bench: Bench, paid: Posting) -> None:
    accepted(bench.ledger.reverse(reversal(paid)))
    accepted(bench.ledger.post(replace(paid, posting_id=uuid4())))
    assert bench.owes() == 0
