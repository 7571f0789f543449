"""What the payments room knows of money going back, for pages: what is left, what is under way, and what was sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.payments.models import Payment, PaymentLine, Refund
from app.payments.returns import returning
from app.payments.returns.parts import from_json
from app.payments.states import WITH_MONEY, RefundState, State, bank_gave_back

UNDER_WAY = frozenset({RefundState.APPROVED, RefundState.SENDING, RefundState.PENDING})
MOST = 500


@dataclass(frozen=True)
class Left:
    """How much of one part of a payment may still go back; `claim_id` None is money that no claim has."""

    claim_id: UUID | None
    paid_ore: int
    left_ore: int


@dataclass(frozen=True)
class RefundView:
    """A refund as pages show it. `shares` are claim (None: money that no claim had) and øre."""

    id: UUID
    payment_id: UUID
    municipality_code: str
    receipt_number: str | None
    origin: str
    amount_ore: int
    shares: tuple[tuple[UUID | None, int], ...]
    reason: str
    state: RefundState
    state_at: datetime
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    failure_code: str | None

    @property
    def came_back(self) -> bool:
        """A bank took it, and gave it back."""
        return bank_gave_back(self.origin, self.state)


def left_of(session: Session, *, payment_id: UUID) -> tuple[Left, ...]:
    """What of a payment may still go back: money that no claim has first, then line by line. Empty without money."""
    payment = session.get_one(Payment, payment_id)
    if State(payment.state) not in WITH_MONEY:
        return ()
    left = returning.left_of(session, payment)
    lines = (
        select(PaymentLine)
        .where(PaymentLine.payment_id == payment_id, ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
    )
    parts = [
        Left(line.claim_id, line.amount_ore, line.amount_ore - line.returned_ore) for line in session.scalars(lines)
    ]
    if payment.overpaid_ore or left.loose_ore:
        parts.insert(0, Left(None, max(payment.overpaid_ore, left.loose_ore), left.loose_ore))
    return tuple(parts)


def refunds_of(session: Session, *, payment_id: UUID) -> list[RefundView]:
    """Every refund there was of a payment, the oldest first."""
    return _views(session, _chosen().where(Refund.payment_id == payment_id))


def open_refunds(session: Session, *, municipality_code: str) -> list[RefundView]:
    """A municipality's refunds that are not at their end, or failed; the oldest first, those that wait included.

    What a bank took after a dispute and gave back again is at its end, too.
    """
    ended = [RefundState.SUCCEEDED.value, RefundState.STOPPED.value]
    is_won = (Refund.origin == "dispute") & (Refund.state == RefundState.FAILED.value)
    found = _chosen().where(Refund.municipality_code == municipality_code, Refund.state.not_in(ended), ~is_won)
    return _views(session, found.limit(MOST))


def count_asked(session: Session, *, municipality_code: str) -> int:
    """How many of a municipality's refunds wait for a second person."""
    asked = Refund.municipality_code == municipality_code, Refund.state == RefundState.ASKED.value
    return session.scalar(select(func.count()).select_from(Refund).where(*asked)) or 0


def going_back(session: Session, *, person_id: UUID, municipality_code: str) -> dict[UUID, tuple[int, datetime]]:
    """By claim, how much of what a person paid for it is on its way back to them, and since when that was promised.

    What somebody paid with a code goes back to whoever that was, and is not the debtor's.
    """
    found: dict[UUID, tuple[int, datetime]] = {}
    mine = (
        (Payment.payer_id == person_id) & Payment.code_id.is_(None) & (Payment.municipality_code == municipality_code)
    )
    overpaid = (
        select(Payment, PaymentLine)
        .join(PaymentLine, PaymentLine.payment_id == Payment.id)
        .where(mine, PaymentLine.overpaid, Payment.overpaid_ore > 0)
        .order_by(Payment.captured_at)
        .limit(MOST)
    )
    for payment, line in session.execute(overpaid):
        if payment.captured_at and returning.loose_ore(session, payment) > 0:
            found[line.claim_id] = (line.amount_ore, payment.captured_at)
    under_way = (
        select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(mine, Refund.origin == "desk", Refund.state.in_([state.value for state in UNDER_WAY]))
        .order_by(Refund.asked_at)
        .limit(MOST)
    )
    for refund in session.scalars(under_way):
        for part in from_json(refund.shares):
            if part.claim_id is not None:
                earlier_ore, since = found.get(part.claim_id, (0, refund.decided_at or refund.asked_at))
                found[part.claim_id] = (earlier_ore + part.amount_ore, since)
    return found


def _chosen() -> Select[Refund, str | None]:
    return (
        select(Refund, Payment.receipt_number)
        .join(Payment, Payment.id == Refund.payment_id)
        .order_by(Refund.asked_at, Refund.id)
    )


def _views(session: Session, rows: Select[Refund, str | None]) -> list[RefundView]:
    return [
        RefundView(
            id=refund.id,
            payment_id=refund.payment_id,
            municipality_code=refund.municipality_code,
            receipt_number=receipt_number,
            origin=refund.origin,
            amount_ore=refund.amount_ore,
            shares=tuple((part.claim_id, part.amount_ore) for part in from_json(refund.shares)),
            reason=refund.reason,
            state=RefundState(refund.state),
            state_at=refund.state_at,
            asked_by=refund.asked_by,
            asked_at=refund.asked_at,
            decided_by=refund.decided_by,
            decided_at=refund.decided_at,
            failure_code=refund.failure_code,
        )
        for refund, receipt_number in session.execute(rows)
    ]
