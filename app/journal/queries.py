"""What the journal says: balances."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.journal.models import JournalLine


def balances(session: Session, *, municipality_code: str | None = None) -> dict[str, int]:
    """Account to balance in øre, debit positive; of one municipality or of all."""
    rows = select(JournalLine.account, func.sum(JournalLine.amount_ore)).group_by(JournalLine.account)
    if municipality_code:
        rows = rows.where(JournalLine.municipality_code == municipality_code)
    return {account: int(total) for account, total in session.execute(rows)}
