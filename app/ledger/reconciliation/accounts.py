"""Which debtor accounts the ledger is asked about: those that were posted to lately, or should have been."""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from app.foundation.clock import day_bounds
from app.ledger.models import LedgerPosting
from app.payments.models import Payment, PaymentLine

BOOKED_AGAIN_WITHIN = timedelta(days=1)
"""So long after its answer a ledger's own night may book a posting once more: its account is asked about then, too."""


def posted_to(session: Session, *, municipality_code: str, day: date, also: Iterable[str]) -> list[str]:
    """The accounts of a day's answers and the day before's, and of the day's payments, each once, and some more."""
    began, ended = day_bounds(day)
    answered = select(LedgerPosting.account).where(
        LedgerPosting.municipality_code == municipality_code,
        LedgerPosting.answered_at >= began - BOOKED_AGAIN_WITHIN, LedgerPosting.answered_at < ended,
    )  # fmt: skip
    captured = (
        select(PaymentLine.account)
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(
            Payment.municipality_code == municipality_code, Payment.captured_at >= began, Payment.captured_at < ended,
            ~PaymentLine.overpaid,
        )
    )  # fmt: skip
    return sorted({*session.scalars(union(answered, captured)), *also})
