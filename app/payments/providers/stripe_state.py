"""Stripe's objects read as the port's truth: a session with its payment, refunds and disputes. Speaks no wire."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.payments.port import (
    DisputeStanding,
    DisputeTruth,
    ProviderState,
    RefundStanding,
    RefundTruth,
    Standing,
)
from app.payments.providers.stripe_notice import our_id

if TYPE_CHECKING:
    import stripe

BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}
REFUNDS = {
    "pending": RefundStanding.PENDING,
    "requires_action": RefundStanding.PENDING,
    "succeeded": RefundStanding.SUCCEEDED,
    "failed": RefundStanding.FAILED,
    "canceled": RefundStanding.FAILED,
}
# An inquiry (`warning_...`) takes no money, and one that is closed never will: the money is ours, as when we win.
DISPUTES = {
    "warning_needs_response": DisputeStanding.INQUIRY,
    "warning_under_review": DisputeStanding.INQUIRY,
    "warning_closed": DisputeStanding.WON,
    "needs_response": DisputeStanding.OPEN,
    "under_review": DisputeStanding.OPEN,
    "appeal_needs_response": DisputeStanding.OPEN,
    "appeal_under_review": DisputeStanding.OPEN,
    "won": DisputeStanding.WON,
    "lost": DisputeStanding.LOST,
}


def charge_of(session: "stripe.checkout.Session") -> "stripe.Charge | None":
    """The charge of a session that was asked for with `payment_intent.latest_charge`."""
    intent = _intent_of(session)
    return intent.latest_charge if intent and not isinstance(intent.latest_charge, str) else None


def state(
    session: "stripe.checkout.Session", *, refunds: Iterable["stripe.Refund"], disputes: Iterable["stripe.Dispute"]
) -> ProviderState:
    """How a payment stands.

    :raises AttributeError, KeyError, TypeError, ValueError: the objects are not what they must be
    """
    intent, charge = _intent_of(session), charge_of(session)
    paid = session.payment_status == "paid"
    if intent and paid:
        amount_ore, currency = intent.amount_received, intent.currency
    else:
        amount_ore, currency = session.amount_total or 0, session.currency or ""
    failure = intent.last_payment_error if intent and not paid else None
    return ProviderState(
        reference=session.id,
        payment_id=our_id(session.metadata),
        standing=_standing(session, intent),
        amount_ore=amount_ore,
        currency=currency.upper(),
        charge_reference=charge.id if charge else None,
        method_detail=_method_detail(charge),
        failure_code=(getattr(failure, "decline_code", None) or failure.code) if failure else None,
        redirect_url=session.url if session.status == "open" else None,
        refunds=tuple(refund_truth(refund) for refund in refunds),
        disputes=tuple(_dispute_truth(dispute) for dispute in disputes),
    )


def refund_truth(refund: "stripe.Refund") -> RefundTruth:
    """One refund; it is ours where it bears our id.

    :raises AttributeError, KeyError, TypeError: the object is not what it must be
    """
    standing = REFUNDS[str(refund.status)]
    failed = standing is RefundStanding.FAILED
    code = (getattr(refund, "failure_reason", None) or refund.status) if failed else None
    return RefundTruth(refund.id, our_id(refund.metadata, "refund"), refund.amount, standing, code)


def _dispute_truth(dispute: "stripe.Dispute") -> DisputeTruth:
    return DisputeTruth(dispute.id, dispute.amount, _dispute_standing(dispute), dispute.reason)


def _dispute_standing(dispute: "stripe.Dispute") -> DisputeStanding:
    if dispute.status == "prevented":
        # Settled between the banks before it began; who has the money is for its movements to say.
        moved_ore = sum(moved.amount for moved in dispute.balance_transactions)
        return DisputeStanding.LOST if moved_ore < 0 else DisputeStanding.WON
    return DISPUTES[str(dispute.status)]


def _intent_of(session: "stripe.checkout.Session") -> "stripe.PaymentIntent | None":
    return None if isinstance(session.payment_intent, str) else session.payment_intent


def _standing(session: "stripe.checkout.Session", intent: "stripe.PaymentIntent | None") -> Standing:
    """Paid wins always; `complete` alone proves nothing."""
    if session.payment_status == "paid":
        return Standing.PAID
    if session.status == "complete":
        # A slow means of payment: on its way, or finally refused.
        return Standing.FAILED if intent and intent.status == "requires_payment_method" else Standing.AWAITING
    return {"open": Standing.AWAITING, "expired": Standing.EXPIRED}[str(session.status)]


def _method_detail(charge: "stripe.Charge | None") -> str | None:
    details = charge.payment_method_details if charge else None
    if details is None:
        return None
    if details.type == "mobilepay":
        return "MobilePay"
    card = getattr(details, "card", None)
    return f"{BRANDS.get(card.brand or '', 'Kort')} •••• {card.last4}" if card and card.last4 else None
