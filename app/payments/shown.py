"""Which outcomes a payer has been shown: the overview tells of a payment whose page was never seen."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.payments.models import Payment
from app.payments.queries import PaymentView, view_of
from app.payments.states import State

# The citizen is still at the provider, or has not left for it.
_NOT_AN_OUTCOME = (State.CREATED.value, State.AWAITING.value)


def note_shown(session: Session, *, payment_id: UUID, now: datetime) -> None:
    """The payer has seen how it ended."""
    session.execute(update(Payment).where(Payment.id == payment_id, Payment.shown_at.is_(None)).values(shown_at=now))


def untold_outcome(session: Session, *, payer_id: UUID, municipality_code: str, now: datetime) -> PaymentView | None:
    """The newest payment whose outcome its payer has not been shown; told now, it is not told again unless unknown."""
    payment = session.scalar(
        select(Payment)
        .where(
            Payment.payer_id == payer_id,
            Payment.code_id.is_(None),
            Payment.municipality_code == municipality_code,
            Payment.shown_at.is_(None),
            Payment.state.not_in(_NOT_AN_OUTCOME),
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    )
    if payment is None:
        return None
    view = view_of(payment)
    if not view.is_open:
        session.execute(
            update(Payment)
            .where(
                Payment.payer_id == payer_id,
                Payment.code_id.is_(None),
                Payment.municipality_code == municipality_code,
                Payment.shown_at.is_(None),
                Payment.created_at <= payment.created_at,
                Payment.state.not_in([*_NOT_AN_OUTCOME, State.UNKNOWN.value, State.AUTHORISED.value]),
            )
            .values(shown_at=now)
        )
    return view
