"""What the ledger room knows, for pages: how far a payment's postings have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.ledger.models import LedgerPosting


@dataclass(frozen=True)
class Posted:
    """What the ledger has answered about one payment."""

    accepted_ore: int
    rejected_ore: int
    last_answer_at: datetime | None


def posted(session: Session, *, payment_ids: Sequence[UUID]) -> dict[UUID, Posted]:
    """By payment; a payment that the ledger has not answered about has zeros."""
    rows = session.execute(
        select(
            LedgerPosting.payment_id,
            func.coalesce(func.sum(LedgerPosting.amount_ore).filter(LedgerPosting.state == "accepted"), 0),
            func.coalesce(func.sum(LedgerPosting.amount_ore).filter(LedgerPosting.state == "rejected"), 0),
            func.max(LedgerPosting.answered_at),
        )
        .where(LedgerPosting.payment_id.in_(payment_ids))
        .group_by(LedgerPosting.payment_id)
    )
    known = {payment_id: Posted(int(accepted), int(rejected), at) for payment_id, accepted, rejected, at in rows}
    return {payment_id: known.get(payment_id, Posted(0, 0, None)) for payment_id in payment_ids}
