"""What the collections desk asks of payments: one whole, with everything that happened to it, and finding one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.foundation.jsons import Json
from app.payments.models import Payment, PaymentEvent
from app.payments.states import State

MOST_FOUND = 50
_RECEIPT = re.compile(r"(?:BK)?[\s-]*(\d{4})[\s-]*(\d{1,9})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class DeskPayment:
    """A payment as the collections desk sees it."""

    id: UUID
    payer_id: UUID
    is_by_code: bool
    """Paid with a code: who paid is not known, `payer_id` is who owes."""
    state: State
    state_at: datetime
    method: str
    method_detail: str | None
    provider: str
    provider_reference: str | None
    charge_reference: str | None
    failure_code: str | None
    receipt_number: str | None
    amount_ore: int
    captured_ore: int
    overpaid_ore: int
    refunded_ore: int
    disputed_ore: int
    created_at: datetime
    captured_at: datetime | None


@dataclass(frozen=True)
class Happened:
    """One event in a payment's history."""

    at: datetime
    kind: str
    facts: Json


def payment_of(session: Session, *, payment_id: UUID, municipality_code: str) -> DeskPayment | None:
    """One payment; None when unknown or another municipality's, which look the same."""
    chosen = select(Payment).where(Payment.id == payment_id, Payment.municipality_code == municipality_code)
    payment = session.scalar(chosen)
    return _seen(payment) if payment else None


def happened_to(session: Session, *, payment_id: UUID) -> list[Happened]:
    """What has happened to a payment, oldest first."""
    rows = session.scalars(
        select(PaymentEvent).where(PaymentEvent.payment_id == payment_id).order_by(PaymentEvent.id).limit(500)
    )
    return [Happened(row.at, row.kind, row.facts) for row in rows]


def find(session: Session, *, municipality_code: str, text: str) -> Sequence[DeskPayment]:
    """Payments of a municipality by receipt number (as people say it) or by the provider's references, newest first."""
    wanted = text.strip()
    if not wanted or "\x00" in wanted:
        return []
    same = [Payment.provider_reference == wanted, Payment.charge_reference == wanted]
    if said := _RECEIPT.fullmatch(wanted):
        same.append(Payment.receipt_number == f"BK-{said[1]}-{int(said[2]):06d}")
    chosen = (
        select(Payment)
        .where(Payment.municipality_code == municipality_code, or_(*same))
        .order_by(Payment.created_at.desc())
        .limit(MOST_FOUND)
    )
    return [_seen(payment) for payment in session.scalars(chosen)]


def _seen(payment: Payment) -> DeskPayment:
    return DeskPayment(
        id=payment.id,
        payer_id=payment.payer_id,
        is_by_code=payment.code_id is not None,
        state=State(payment.state),
        state_at=payment.state_at,
        method=payment.method,
        method_detail=payment.method_detail,
        provider=payment.provider,
        provider_reference=payment.provider_reference,
        charge_reference=payment.charge_reference,
        failure_code=payment.failure_code,
        receipt_number=payment.receipt_number,
        amount_ore=payment.amount_ore,
        captured_ore=payment.captured_ore,
        overpaid_ore=payment.overpaid_ore,
        refunded_ore=payment.refunded_ore,
        disputed_ore=payment.disputed_ore,
        created_at=payment.created_at,
        captured_at=payment.captured_at,
    )
