"""What the ledger has answered to postings and reversals, and what it has told of by itself: coverages, write-offs."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.jsons import Json


class LedgerPosting(Base):
    """The ledger's answer to one ForetagIndbetaling. The id is the UUID that was sent: made once, with its promise.

    What it rejected becomes `replaced` when the money is posted anew under another UUID, and `by_hand` when a person
    has booked it in the ledger: there it does not bear our UUID.
    """

    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'rejected', 'replaced', 'by_hand')", name="state"),
        Index("ix_ledger_posting_payment_id", "payment_id"),
        Index("ix_ledger_posting_answered_at", "answered_at", postgresql_using="brin"),
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
    """The ledger's answer to a posting taken back. The id is the UUID that was sent: made once, with its promise.

    `unposted`: the ledger was not asked, because it had rejected the posting: the money never left us.
    """

    __tablename__ = "ledger_reversal"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'rejected', 'unposted')", name="state"),
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
    shares: Mapped[list[Json]]


class LedgerCoverage(Base):
    """One movement that the ledger told of: money used on a claim, let off it, or taken back. Its id is the ledger's.

    `waiting`: what it is about is not known here yet; `own`: about a posting of ours; `applied`: brought to a claim.
    """

    __tablename__ = "ledger_coverage"
    __table_args__ = (
        CheckConstraint("kind IN ('coverage', 'coverage_reduced', 'write_off', 'write_off_reduced')", name="kind"),
        CheckConstraint("state IN ('waiting', 'own', 'applied')", name="state"),
        CheckConstraint("amount_ore > 0", name="amount"),
        CheckConstraint("(state = 'applied') = (claim_id IS NOT NULL)", name="applied"),
        Index("ix_ledger_coverage_claim_id", "claim_id"),
        Index("ix_ledger_coverage_payment_id", "payment_id"),
        Index("ix_ledger_coverage_reduces", "reduces"),
        Index("ix_ledger_coverage_waiting", "received_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    municipality_code: Mapped[str]
    kind: Mapped[str]
    account: Mapped[str]
    ledger_claim_id: Mapped[str | None]
    payment_id: Mapped[UUID | None]
    """The Indbetaling as the ledger knows it: the id of a posting of ours, or something that was paid elsewhere."""
    reduces: Mapped[UUID | None]
    amount_ore: Mapped[Ore]
    registered_at: Mapped[Moment]
    reason: Mapped[str | None]
    received_at: Mapped[Moment]
    state: Mapped[str]
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))


class LedgerRegistration(Base):
    """A claim that is registered in the ledger from here: what was said, kept before it is said, and the answer.

    What is said is the same over every retry, whatever becomes of the claim meanwhile.
    """

    __tablename__ = "ledger_registration"
    __table_args__ = (CheckConstraint("state IN ('asked', 'accepted', 'rejected')", name="state"),)

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    municipality_code: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    account: Mapped[str]
    ledger_claim_id: Mapped[str]
    sortiment: Mapped[UUID]
    origin_system: Mapped[UUID]
    origin_ref: Mapped[str]
    amount_ore: Mapped[Ore]
    founded_on: Mapped[date]
    due_on: Mapped[date]
    text_lines: Mapped[list[str]]
    asked_at: Mapped[Moment]
    state: Mapped[str]
    answered_at: Mapped[Moment | None]
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]


class LedgerMessage(Base):
    """A message as it came back from the ledger, stored before it was acknowledged; `key` makes a repeat known.

    `sealed` is the message as it came, encrypted because any of them may name people; it is forgotten in time.
    """

    __tablename__ = "ledger_message"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'handled', 'parked')", name="state"),
        Index("uq_ledger_message_key", "door", "key", unique=True),
        Index(
            "ix_ledger_message_parked", "municipality_code", "received_at", postgresql_where=text("state = 'parked'")
        ),
        Index(
            "ix_ledger_message_kept",
            "state_at",
            postgresql_where=text("state = 'handled' AND sealed IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    municipality_code: Mapped[str]
    door: Mapped[str]
    key: Mapped[str]
    digest: Mapped[str]
    kind: Mapped[str]
    account: Mapped[str | None]
    sealed: Mapped[bytes | None]
    received_at: Mapped[Moment]
    state: Mapped[str]
    state_at: Mapped[Moment]
    reason: Mapped[str | None]
    attempts: Mapped[int]
