"""What a ledger must do for the portal, proven on the fake and on the wire with its stand-in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.ledger.port import Accepted, LedgerUnavailable, Rejected
from tests.contracts.ledgers import (
    COLLECTING,
    Bench,
    accepted,
    collecting,
    posting,
)


def test_a_payment_is_booked_on_its_account(bench: Bench) -> None:
    owed = bench.daycare()
    answer = accepted(bench.ledger.post(posting(owed)))
    assert answer.booked_at.tzinfo is not None
    assert answer.remarks == ()
    assert bench.balances() == {owed.account: owed.amount_ore}


def test_the_same_posting_is_booked_once_however_often_it_is_sent(bench: Bench) -> None:
    owed = bench.daycare()
    once = posting(owed)
    answers = [bench.ledger.post(once) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert bench.balances() == {owed.account: owed.amount_ore}


def test_the_same_id_with_other_content_is_rejected(bench: Bench) -> None:
    owed = bench.daycare()
    first = posting(owed, amount_ore=10_000)
    accepted(bench.ledger.post(first))
    other = bench.ledger.post(posting(owed, amount_ore=10_001, posting_id=first.posting_id))
    assert isinstance(other, Rejected)
    assert other.code == "UUID_GENBRUGT"
    assert isinstance(bench.ledger.post(replace(first, text_lines=("Noget andet",))), Rejected)
    assert bench.balances() == {owed.account: 10_000}


def test_a_collecting_account_takes_what_has_no_account_of_its_own(bench: Bench) -> None:
    accepted(bench.ledger.post(collecting(6_000)))
    accepted(bench.ledger.post(collecting(1)))
    assert bench.balances() == {COLLECTING: 6_001}


def test_a_rejection_is_an_answer_with_the_arrears(bench: Bench) -> None:
    once = posting(bench.rejecting())
    answer = bench.ledger.post(once)
    assert isinstance(answer, Rejected)
    assert (answer.code, answer.arrears_ore) == ("RESTANCE_AFVIGER", 15_000)
    assert answer.reason
    assert bench.ledger.post(once) == answer
    assert bench.balances() == {}


def test_a_ledger_that_is_down_has_booked_nothing_and_takes_the_same_again(bench: Bench) -> None:
    owed = bench.daycare()
    once = posting(owed)
    bench.fault("down")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.post(once)
    assert bench.balances() == {}
    accepted(bench.ledger.post(once))
    assert bench.balances() == {owed.account: owed.amount_ore}


def test_an_answer_that_got_lost_is_given_again_and_nothing_booked_twice(bench: Bench) -> None:
    owed = bench.daycare()
    once = posting(owed)
    bench.fault("drop_reply")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.post(once)
    assert bench.balances() == {owed.account: owed.amount_ore}
    accepted(bench.ledger.post(once))
    assert bench.balances() == {owed.account: owed.amount_ore}


def test_many_at_once_are_each_booked_once(bench: Bench) -> None:
    postings = [collecting(100 + number) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(bench.ledger.post, postings * 2))
    assert all(isinstance(answer, Accepted) for answer in answers)
    assert bench.balances() == {COLLECTING: sum(one.amount_ore for one in postings)}
