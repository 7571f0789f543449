"""What the journal says: balances."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.journal.models import JournalEntry, JournalLine


def balances(session: Session, *, municipality_code: str | None = None) -> dict[str, int]:
    """Account to balance in øre, debit positive; of one municipality or of all."""
    rows = select(JournalLine.account, func.sum(JournalLine.amount_ore)).group_by(JournalLine.account)
    if municipality_code:
        rows = rows.where(JournalLine.municipality_code == municipality_code)
    return {account: int(total) for account, total in session.execute(rows)}


def balance_of_payment(session: Session, *, payment_id: UUID, account: str) -> int:
    """What one payment's entries leave on an account, in øre, debit positive."""
    total = (
        select(func.coalesce(func.sum(JournalLine.amount_ore), 0))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalEntry.payment_id == payment_id, JournalLine.account == account)
    )
    return int(session.scalar(total) or 0)
