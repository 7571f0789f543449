"""What the journal says: balances."""

from dataclasses import dataclass, replace
from datetime import datetime
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


@dataclass(frozen=True)
class Booked:
    """One entry as it stands in the journal: account and øre, debit positive."""

    at: datetime
    kind: str
    lines: tuple[tuple[str, int], ...]


def entries_of(session: Session, *, payment_id: UUID) -> list[Booked]:
    """Everything that was booked about a payment, in order."""
    rows = session.execute(
        select(JournalEntry.id, JournalEntry.at, JournalEntry.kind, JournalLine.account, JournalLine.amount_ore)
        .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .where(JournalEntry.payment_id == payment_id)
        .order_by(JournalEntry.at, JournalEntry.id, JournalLine.line_no)
    ).all()
    entries = {row.id: Booked(row.at, row.kind, ()) for row in rows}
    for row in rows:
        so_far = entries[row.id]
        entries[row.id] = replace(so_far, lines=(*so_far.lines, (row.account, int(row.amount_ore))))
    return list(entries.values())


def balance_of_payment(session: Session, *, payment_id: UUID, account: str) -> int:
    """What one payment's entries leave on an account, in øre, debit positive."""
    total = (
        select(func.coalesce(func.sum(JournalLine.amount_ore), 0))
        .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
        .where(JournalEntry.payment_id == payment_id, JournalLine.account == account)
    )
    return int(session.scalar(total) or 0)
