"""The payments room's tables: reviews, payments, their lines and events, and the notices of providers."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.ids import new_public_id, new_row_id
from app.foundation.jsons import Json

receipt_numbers = Sequence("receipt_number", metadata=Base.metadata)


class Review(Base):
    """What the citizen was shown on the check page; its id makes the intent happen once."""

    __tablename__ = "review"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_public_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    municipality_code: Mapped[str]
    lines: Mapped[list[Json]]
    """`claim_id` and the `amount_ore` shown, in the order shown."""
    created_at: Mapped[Moment]


class Payment(Base):
    """Money on its way from a citizen. Moves only as `states.py` allows."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_ore > 0", name="amount"),
        CheckConstraint(
            "state IN ('created', 'awaiting', 'unknown', 'authorised', 'paid', 'part_refunded', 'refunded', "
            "'disputed', 'declined', 'cancelled', 'expired', 'failed')",
            name="state",
        ),
        Index("ix_payment_payer_id", "payer_id", "created_at"),
        Index("uq_payment_provider_reference", "provider", "provider_reference", unique=True),
        Index(
            "ix_payment_unfinished",
            "checked_at",
            postgresql_where=text("state IN ('created', 'awaiting', 'unknown', 'authorised')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    token: Mapped[str] = mapped_column(unique=True)
    receipt_number: Mapped[str | None] = mapped_column(unique=True)
    municipality_code: Mapped[str]
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), unique=True)
    method: Mapped[str]
    provider: Mapped[str]
    state: Mapped[str]
    amount_ore: Mapped[Ore]
    captured_ore: Mapped[Ore] = mapped_column(default=0)
    overpaid_ore: Mapped[Ore] = mapped_column(default=0)
    provider_call: Mapped[Json]
    """The exact parameters of the call that opens the payment: stored before it, replayed unchanged."""
    provider_key: Mapped[str]
    provider_reference: Mapped[str | None]
    redirect_url: Mapped[str | None]
    charge_reference: Mapped[str | None]
    method_detail: Mapped[str | None]
    failure_code: Mapped[str | None]
    created_at: Mapped[Moment]
    state_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]
    captured_at: Mapped[Moment | None]
    checked_at: Mapped[Moment]
    """When the provider was last asked; the sweep takes the longest unasked first."""
    checks: Mapped[int] = mapped_column(default=0)
    shown_at: Mapped[Moment | None]
    """When its outcome was last shown to the payer, so that the overview need not tell it again."""


class PaymentLine(Base):
    """How much of a payment is for which claim, as it stood when the intent was committed."""

    __tablename__ = "payment_line"
    __table_args__ = (
        CheckConstraint("amount_ore > 0", name="amount"),
        # I2: a claim has at most one open payment.
        Index("uq_payment_line_open_claim", "claim_id", unique=True, postgresql_where=text("open")),
        Index("ix_payment_line_claim_id", "claim_id"),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    municipality_code: Mapped[str]
    amount_ore: Mapped[Ore]
    account: Mapped[str]
    """The debtor account that this share is posted to."""
    way: Mapped[str]
    """Who tells the source: `tell` (we do), `observe` (the ledger does) or `none` (nobody needs telling)."""
    open: Mapped[bool]
    overpaid: Mapped[bool] = mapped_column(default=False)


class PaymentEvent(Base):
    """What has happened to a payment. Append only."""

    __tablename__ = "payment_event"
    __table_args__ = (Index("ix_payment_event_payment_id", "payment_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    municipality_code: Mapped[str]
    at: Mapped[Moment]
    kind: Mapped[str]
    facts: Mapped[Json]


class ProviderNotice(Base):
    """A notice from a provider, kept once, so that a repetition is known for what it is."""

    __tablename__ = "provider_notice"

    provider: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reference: Mapped[str | None]
    received_at: Mapped[Moment]
    handled_at: Mapped[Moment | None]


class ProviderCursor(Base):
    """How far the list of a provider's recent events has been read, per merchant."""

    __tablename__ = "provider_cursor"

    municipality_code: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    read_until: Mapped[Moment]
