"""A payment's history: what has happened to it, event by event."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.payments.models import Payment, PaymentEvent


def note(session: Session, payment: Payment, kind: str, now: datetime, facts: dict[str, object]) -> None:
    """Write an event into a payment's history."""
    event = PaymentEvent(
        payment_id=payment.id, municipality_code=payment.municipality_code, at=now, kind=kind, facts=facts
    )
    session.add(event)
