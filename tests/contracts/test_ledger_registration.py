"""What a ledger must do with a claim that is registered, proven on the fake and on the wire with its stand-in."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.ledger.port import LedgerUnavailable, Rejected
from tests.contracts.ledgers import Bench, accepted, paying, reversal


def test_a_registered_claim_has_an_account_that_can_be_paid(bench: Bench) -> None:
    sent = bench.unregistered()
    assert accepted(bench.ledger.register(sent)).booked_at.tzinfo is not None
    view = bench.ledger.account(sent.account)
    assert view is not None
    (claim,) = view.claims
    assert (claim.ledger_claim_id, claim.origin_system, claim.origin_ref) == (
        sent.ledger_claim_id,
        str(sent.origin_system),
        sent.origin_ref,
    )
    assert (claim.principal_ore, claim.outstanding_ore, claim.due_on) == (6_000, 6_000, sent.due_on)
    assert (claim.text_lines, claim.claim_type) == (sent.text_lines, str(sent.claim_type))
    accepted(bench.ledger.post(paying(sent, 6_000)))
    assert bench.balances() == {sent.account: 6_000}


def test_the_same_registration_is_made_once_however_often_it_is_sent(bench: Bench) -> None:
    sent = bench.unregistered()
    answers = [bench.ledger.register(sent) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    accepted(bench.ledger.post(paying(sent, 6_000)))
    assert bench.ledger.register(sent) == answers[0], "also when it has been paid since"
    view = bench.ledger.account(sent.account)
    assert view is not None
    assert [claim.outstanding_ore for claim in view.claims] == [0]


def test_the_same_id_with_other_content_is_rejected(bench: Bench) -> None:
    sent = bench.unregistered()
    accepted(bench.ledger.register(sent))
    for other in (replace(sent, principal_ore=6_001), replace(sent, account=str(uuid4()))):
        answer = bench.ledger.register(other)
        assert isinstance(answer, Rejected)
        assert answer.code == "UUID_GENBRUGT"
    view = bench.ledger.account(sent.account)
    assert view is not None
    assert [claim.principal_ore for claim in view.claims] == [6_000]


def test_a_claim_type_that_the_ledger_does_not_know_is_rejected(bench: Bench) -> None:
    sent = replace(bench.unregistered(), claim_type=uuid4())
    answer = bench.ledger.register(sent)
    assert isinstance(answer, Rejected)
    assert answer.code == "SORTIMENT_UKENDT"
    assert answer.reason
    assert bench.ledger.register(sent) == answer
    assert bench.ledger.account(sent.account) is None


def test_a_ledger_that_is_down_has_registered_nothing_and_takes_the_same_again(bench: Bench) -> None:
    sent = bench.unregistered()
    bench.fault("down")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.register(sent)
    assert bench.ledger.account(sent.account) is None
    accepted(bench.ledger.register(sent))


def test_an_answer_that_got_lost_is_given_again(bench: Bench) -> None:
    sent = bench.unregistered()
    bench.fault("drop_reply")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.register(sent)
    accepted(bench.ledger.register(sent))
    view = bench.ledger.account(sent.account)
    assert view is not None
    assert len(view.claims) == 1


def test_what_was_paid_on_a_registered_claim_can_be_taken_back(bench: Bench) -> None:
    sent = bench.unregistered()
    accepted(bench.ledger.register(sent))
    paid = paying(sent, 6_000)
    accepted(bench.ledger.post(paid))
    accepted(bench.ledger.reverse(reversal(paid, amount_ore=2_000)))
    view = bench.ledger.account(sent.account)
    assert view is not None
    assert [claim.outstanding_ore for claim in view.claims] == [2_000]
    assert [payment.reduced_ore for payment in view.payments] == [2_000]
