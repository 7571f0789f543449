"""The journal's tables. Append only; the database checks that an entry has lines, and sums to zero."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore


class JournalEntry(Base):
    """One event in the life of the money. `key` says which: it can be booked once."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_payment_id", "payment_id"),
        Index("ix_journal_entry_at", "at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    municipality_code: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    at: Mapped[Moment]


class JournalLine(Base):
    """An amount on an account: debit is positive, credit negative."""

    __tablename__ = "journal_line"
    __table_args__ = (Index("ix_journal_line_account", "account"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    municipality_code: Mapped[str]
    account: Mapped[str]
    amount_ore: Mapped[Ore]
