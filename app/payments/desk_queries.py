"""What the collections desk asks of payments: one whole, with everything that happened to it, and finding one."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.foundation.clock import day_bounds
from app.foundation.jsons import Json
from app.foundation.money import NotAnAmount, ore_from_text
from app.payments.models import Payment, PaymentEvent
from app.payments.states import State

MOST_FOUND = 50
LOOKS_BACK = timedelta(days=60)
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


def find(
    session: Session, *, municipality_code: str, text: str, now: datetime, on: date | None = None
) -> Sequence[DeskPayment]:
    """Payments of a municipality, newest first: by receipt number (as people say it), a reference, or an amount.

    With `on` only those of that day; an amount alone is looked for in the last weeks.
    """
    wanted = text.strip()
    if not wanted or "\x00" in wanted:
        return []
    days = [Payment.created_at >= day_bounds(on)[0], Payment.created_at < day_bounds(on)[1]] if on else []
    same = [Payment.provider_reference == wanted, Payment.charge_reference == wanted]
    if said := _RECEIPT.fullmatch(wanted):
        same.append(Payment.receipt_number == f"BK-{said[1]}-{int(said[2]):06d}")
    with suppress(NotAnAmount):
        amount_ore = ore_from_text(wanted)
        is_amount = or_(Payment.captured_ore == amount_ore, Payment.amount_ore == amount_ore)
        since = now - LOOKS_BACK if on is None else day_bounds(on)[0]
        same.append(and_(is_amount, Payment.created_at >= since))
    chosen = (
        select(Payment)
        .where(Payment.municipality_code == municipality_code, or_(*same), *days)
        .order_by(Payment.created_at.desc())
        .limit(MOST_FOUND)
    )
    return [_seen(payment) for payment in session.scalars(chosen)]


def payments_of(session: Session, *, person_id: UUID, municipality_code: str) -> Sequence[DeskPayment]:
    """A person's payments in one municipality, newest first; those with a code are for their bills, by whomever."""
    its = Payment.payer_id == person_id, Payment.municipality_code == municipality_code
    chosen = select(Payment).where(*its).order_by(Payment.created_at.desc()).limit(MOST_FOUND)
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
