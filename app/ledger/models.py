"""What the ledger has answered: one row for each posting, and each reversal, that it accepted or rejected."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.jsons import Json


class LedgerPosting(Base):
    """The ledger's answer to one ForetagIndbetaling. The id is the UUID that was sent: made once, at settlement."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'rejected')", name="state"),
        Index("ix_ledger_posting_payment_id", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    municipality_code: Mapped[str]
    account: Mapped[str]
    amount_ore: Mapped[Ore]
    state: Mapped[str]
    answered_at: Mapped[Moment]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    stated_arrears_ore: Mapped[Ore | None]
    shares: Mapped[list[Json]]


class LedgerReversal(Base):
    """The ledger's answer to a posting taken back. The id is the UUID that was sent: made once, with its promise."""

    __tablename__ = "ledger_reversal"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'rejected')", name="state"),
        Index("ix_ledger_reversal_payment_id", "payment_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_posting.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refund.id"))
    municipality_code: Mapped[str]
    amount_ore: Mapped[Ore]
    state: Mapped[str]
    answered_at: Mapped[Moment]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
