"""The register's tables: claims, who is liable, what each source shows, and what has happened."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.ids import new_public_id
from app.foundation.jsons import Json


class Claim(Base):
    """One amount that somebody owes, merged from what its sources show (`rules.merged`)."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("municipality_code", "origin_system", "origin_ref"),
        CheckConstraint("holder IN ('source', 'ledger', 'agency')", name="holder"),
        CheckConstraint("outstanding_ore >= 0 AND covered_ore >= 0", name="amounts"),
        CheckConstraint("(closed_at IS NULL) = (closed_reason IS NULL)", name="closed"),
        Index("ix_claim_ledger_claim_id", "ledger_claim_id"),
        Index("ix_claim_debtor_account", "debtor_account"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_public_id)
    municipality_code: Mapped[str]
    origin_system: Mapped[str]
    origin_ref: Mapped[str]
    holder: Mapped[str]
    claim_type: Mapped[str]
    principal_ore: Mapped[Ore]
    outstanding_ore: Mapped[Ore]
    covered_ore: Mapped[Ore] = mapped_column(default=0)
    """Paid here and not yet taken off by the source."""
    debtor_account: Mapped[str | None]
    ledger_claim_id: Mapped[str | None]
    shared: Mapped[bool] = mapped_column(default=False)
    founded_on: Mapped[date | None]
    due_on: Mapped[date | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    reminded_on: Mapped[date | None]
    drawn_on: Mapped[date | None]
    agency_on: Mapped[date | None]
    instalments: Mapped[list[Json]]
    evidence: Mapped[Json]
    first_seen_at: Mapped[Moment]
    covered_at: Mapped[Moment | None]
    reflected_at: Mapped[Moment | None]
    """From when the holder's amounts include `reflected_ore`."""
    reflected_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of what was paid here the holder knows of: the rest was paid after it last said so."""
    stated_at: Mapped[Moment | None]
    """Of when the ledger's newest word on it is that came by message."""
    unlisted: Mapped[list[Json]] = mapped_column(default=list)
    """What the ledger has told of (`at`, `ore`) and its last word on the amount does not include."""
    let_off_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of it the municipality has written off."""
    let_off_at: Mapped[Moment | None]
    let_off_why: Mapped[str | None]
    closed_at: Mapped[Moment | None]
    closed_reason: Mapped[str | None]


class DebtorAccount(Base):
    """What the ledger has said of an account: closed, so that nothing on it can be paid here, or open again."""

    __tablename__ = "debtor_account"

    municipality_code: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    is_closed: Mapped[bool]
    said_at: Mapped[Moment]
    """The ledger's own moment: an older word changes nothing."""


class ClaimLiability(Base):
    """A person who owes a claim, and how."""

    __tablename__ = "claim_liability"
    __table_args__ = (Index("ix_claim_liability_person_id", "person_id"),)

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str]
    municipality_code: Mapped[str]


class ClaimSighting(Base):
    """A claim as one source last showed it; `gone_at` is set when the source no longer lists it."""

    __tablename__ = "claim_sighting"
    __table_args__ = (Index("ix_claim_sighting_person_id", "person_id", "municipality_code", "source"),)

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    """In whose answer: two people who are liable are asked about apart."""
    municipality_code: Mapped[str]
    seen: Mapped[Json]
    gone_at: Mapped[Moment | None]


class ClaimEvent(Base):
    """What has happened to a claim. Append only."""

    __tablename__ = "claim_event"
    __table_args__ = (Index("ix_claim_event_claim_id", "claim_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    municipality_code: Mapped[str]
    at: Mapped[Moment]
    kind: Mapped[str]
    facts: Mapped[Json]
