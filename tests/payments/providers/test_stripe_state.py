"""Stripe's objects read as the port's truth, in every state that Stripe's own library knows."""

import typing
from typing import Any
from uuid import uuid4

import pytest
import stripe

from app.payments.port import DisputeStanding, ProviderState, RefundStanding
from app.payments.providers.stripe_state import DISPUTES, REFUNDS, refund_truth, state

PAYMENT_ID, REFUND_ID = uuid4(), uuid4()
CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
}


def session(charge: dict[str, Any] | str | None = None) -> stripe.checkout.Session:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount_received": 25_000,
        "currency": "dkk",
        "last_payment_error": None,
        "latest_charge": CHARGE if charge is None else charge,
    }
    return stripe.checkout.Session.construct_from(
        {
            "id": "cs_1",
            "object": "checkout.session",
            "metadata": {"payment": str(PAYMENT_ID)},
            "payment_intent": intent,
            "payment_status": "paid",
            "status": "complete",
            "url": None,
        },
        "sk_test_x",
    )


def refund(**more: Any) -> stripe.Refund:
    told = {"id": "re_1", "object": "refund", "amount": 100, "metadata": {"refund": str(REFUND_ID)}}
    return stripe.Refund.construct_from(told | {"status": "succeeded"} | more, "sk_test_x")


def dispute(**more: Any) -> stripe.Dispute:
    told = {"id": "du_1", "object": "dispute", "amount": 100, "reason": "general", "balance_transactions": []}
    return stripe.Dispute.construct_from(told | more, "sk_test_x")


def disputed(**more: Any) -> ProviderState:
    return state(session(), refunds=(), disputes=[dispute(**more)])


def test_all_is_told_together() -> None:
    found = state(session(), refunds=[refund()], disputes=[dispute(status="lost")])
    assert (found.payment_id, found.charge_reference, found.amount_ore) == (PAYMENT_ID, "ch_1", 25_000)
    assert [(one.refund_id, one.amount_ore) for one in found.refunds] == [(REFUND_ID, 100)]
    assert [(one.reference, one.reason) for one in found.disputes] == [("du_1", "general")]


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "Visa •••• 4242"),
        ({"type": "card", "card": {"brand": "dankort", "last4": "0007"}}, "Kort •••• 0007"),
        ({"type": "card", "card": {"brand": None, "last4": None}}, None),
        ({"type": "mobilepay", "mobilepay": {"card": {"brand": "visa", "last4": "4242"}}}, "MobilePay"),
        ({"type": "klarna", "klarna": {}}, None),
        (None, None),
    ],
)
def test_what_the_citizen_recognises_the_means_by(details: dict[str, Any] | None, shown: str | None) -> None:
    charge = CHARGE | {"payment_method_details": details}
    assert state(session(charge), refunds=(), disputes=()).method_detail == shown


def test_a_charge_that_was_not_opened_says_nothing() -> None:
    found = state(session("ch_1"), refunds=(), disputes=())
    assert (found.charge_reference, found.method_detail) == (None, None)


@pytest.mark.parametrize(
    ("status", "standing", "code"),
    [
        ("pending", RefundStanding.PENDING, None),
        ("requires_action", RefundStanding.PENDING, None),
        ("succeeded", RefundStanding.SUCCEEDED, None),
        ("failed", RefundStanding.FAILED, "lost_or_stolen_card"),
        ("canceled", RefundStanding.FAILED, "lost_or_stolen_card"),
    ],
)
def test_how_a_refund_stands(status: str, standing: RefundStanding, code: str | None) -> None:
    told = refund_truth(refund(status=status, failure_reason="lost_or_stolen_card"))
    assert (told.standing, told.failure_code) == (standing, code)
    assert set(REFUNDS) == {"pending", "requires_action", "succeeded", "failed", "canceled"}


def test_a_refund_that_failed_without_a_reason_says_so_in_stripes_word() -> None:
    assert refund_truth(refund(status="canceled")).failure_code == "canceled"
    assert refund_truth(refund(status="failed", failure_reason=None)).failure_code == "failed"


@pytest.mark.parametrize("metadata", [{}, None, {"refund": "not ours"}, {"payment": str(PAYMENT_ID)}])
def test_a_refund_made_elsewhere_bears_no_id_of_ours(metadata: dict[str, str] | None) -> None:
    assert refund_truth(refund(metadata=metadata)).refund_id is None


def test_every_state_of_a_dispute_that_the_library_names_is_read() -> None:
    words, _anything = typing.get_args(stripe.Dispute.__annotations__["status"])
    assert set(DISPUTES) | {"prevented"} == set(typing.get_args(words))
    for word, standing in DISPUTES.items():
        assert [one.standing for one in disputed(status=word).disputes] == [standing]


@pytest.mark.parametrize(("moved", "standing"), [([], DisputeStanding.WON), ([-100], DisputeStanding.LOST)])
def test_a_dispute_settled_between_the_banks_stands_as_its_money_does(
    moved: list[int], standing: DisputeStanding
) -> None:
    lines = [{"id": "txn_1", "object": "balance_transaction", "amount": amount} for amount in moved]
    (told,) = disputed(status="prevented", balance_transactions=lines).disputes
    assert told.standing is standing


@pytest.mark.parametrize("what", [{"status": "thinking"}, {}])
def test_what_nobody_knows_is_not_guessed(what: dict[str, str]) -> None:
    with pytest.raises((KeyError, AttributeError)):
        disputed(**what)
    with pytest.raises(KeyError):
        refund_truth(refund(status="thinking"))
