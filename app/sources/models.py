"""What the sources room remembers: when each source was last heard about a person, and what it was told."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json


class SourceHearing(Base):
    """When a source was last asked about a person, and last answered."""

    __tablename__ = "source_hearing"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    municipality_code: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[Moment]
    """When the question was put that was last answered; until one is, the first question."""
    answered_at: Mapped[Moment | None]
    failed_at: Mapped[Moment | None]
    error: Mapped[str | None]
    facts: Mapped[Json]


class WriteBack(Base):
    """One paid claim on its way back to its source: told by us, or by the ledger and observed."""

    __tablename__ = "write_back"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'told', 'known', 'refused', 'withdrawn')", name="state"),
        Index("ix_write_back_payment_id", "payment_id"),
        Index("ix_write_back_claim_id", "claim_id"),
        Index("ix_write_back_created_at", "created_at", postgresql_using="brin"),
        Index("uq_write_back_order_id", "order_id", "claim_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    """The payment of ours that paid it; None where the ledger told that it is settled without us."""
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    municipality_code: Mapped[str]
    source: Mapped[str]
    way: Mapped[str]
    """`tell` (held by the source) or `observe` (the ledger tells it)."""
    order_id: Mapped[str]
    state: Mapped[str]
    """`withdrawn`: the money went back before the source knew of it."""
    said: Mapped[str | None]
    confirmation_id: Mapped[str | None]
    created_at: Mapped[Moment]
    told_at: Mapped[Moment | None]
    known_at: Mapped[Moment | None]
