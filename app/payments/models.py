"""The payments room's tables: reviews, codes, payments and what follows them, money going back, and notices."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.ids import new_public_id, new_row_id
from app.foundation.jsons import Json

receipt_numbers = Sequence("receipt_number", metadata=Base.metadata)
slip_numbers = Sequence("slip_number", metadata=Base.metadata)


class Review(Base):
    """What the payer was shown on the check page; its id makes the intent happen once.

    `person_id` is whose bills these are: who is logged in, or, with `code_id`, whom the code is about.
    """

    __tablename__ = "review"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_public_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    municipality_code: Mapped[str]
    lines: Mapped[list[Json]]
    """`claim_id`, the `amount_ore` to pay and the `outstanding_ore` shown, in the order shown."""
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_code.id"))
    created_at: Mapped[Moment]


class PayCode(Base):
    """Twelve characters that let whoever holds them pay certain claims without login, and see next to nothing."""

    __tablename__ = "pay_code"
    __table_args__ = (
        CheckConstraint("kind IN ('claim', 'desk')", name="kind"),
        CheckConstraint("(kind = 'desk') = (expires_at IS NOT NULL)", name="expiry"),
        Index("uq_pay_code_claim", "claim_id", unique=True, postgresql_where=text("kind = 'claim'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_public_id)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    municipality_code: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    """The one claim of a code in a letter; None for a basket from the desk."""
    claim_ids: Mapped[list[str]]
    made_by: Mapped[str | None]
    """The staff id of who made it at the desk."""
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]


class PaymentSlip(Base):
    """The number in a claim's payment id (+71): given once, never used for another claim."""

    __tablename__ = "payment_slip"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), primary_key=True)
    municipality_code: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
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
        CheckConstraint("refunded_ore BETWEEN 0 AND captured_ore AND disputed_ore >= 0", name="money_back"),
        Index("ix_payment_payer_id", "payer_id", "created_at"),
        Index("ix_payment_charge_reference", "provider", "charge_reference"),
        Index("ix_payment_captured_at", "captured_at", postgresql_where=text("captured_at IS NOT NULL")),
        Index("ix_payment_ended_at", "state_at", postgresql_where=text("captured_at IS NULL")),
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
    """Who is logged in and pays; with `code_id` it is whom the code is about, and who pays is nobody's business."""
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("pay_code.id"))
    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"), unique=True)
    method: Mapped[str]
    provider: Mapped[str]
    state: Mapped[str]
    amount_ore: Mapped[Ore]
    captured_ore: Mapped[Ore] = mapped_column(default=0)
    overpaid_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of what was captured no claim wanted."""
    refunded_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of what was captured has gone back, as the provider confirms."""
    disputed_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of it a bank has taken back for now."""
    receipt_email: Mapped[str | None]
    """Where to send the receipt; taken away once it is sent."""
    receipt_language: Mapped[str | None]
    """In which language its payer read the pages when asking for it."""
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
    stop_asked_at: Mapped[Moment | None]
    """When its payer asked to stop it: what its provider then calls expired was cancelled."""
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
    ledger_claim_id: Mapped[str | None]
    """What the ledger calls the claim, as it stood then: a posting that is sent again says the same."""
    open: Mapped[bool]
    overpaid: Mapped[bool] = mapped_column(default=False)
    returned_ore: Mapped[Ore] = mapped_column(default=0)
    """How much of this share is going back, or has gone."""


class Refund(Base):
    """Money going back to whoever paid. Moves only as `states.REFUND_MOVES` allows."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_ore > 0", name="amount"),
        CheckConstraint(
            "state IN ('asked', 'approved', 'sending', 'pending', 'succeeded', 'failed', 'stopped')", name="state"
        ),
        CheckConstraint("origin IN ('desk', 'provider', 'dispute', 'bank')", name="origin"),
        CheckConstraint("decided_by IS NULL OR state = 'asked' OR decided_at IS NOT NULL", name="decided"),
        Index("ix_refund_payment_id", "payment_id"),
        Index("uq_refund_provider_reference", "payment_id", "provider_reference", unique=True),
        Index("ix_refund_open", "municipality_code", "asked_at", postgresql_where=text("state <> 'succeeded'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    municipality_code: Mapped[str]
    origin: Mapped[str]
    """`desk` (we send it), `provider` (sent on the provider's own pages), `dispute` (a bank took it), or `bank`
    (a person has paid it out from the municipality's bank: NemKonto)."""
    amount_ore: Mapped[Ore]
    shares: Mapped[list[Json]]
    """`claim_id` (None: money that no claim wanted) and `amount_ore`."""
    reason: Mapped[str]
    state: Mapped[str]
    state_at: Mapped[Moment]
    asked_by: Mapped[str | None]
    asked_at: Mapped[Moment]
    decided_by: Mapped[str | None]
    decided_at: Mapped[Moment | None]
    recalls_left: Mapped[int] = mapped_column(default=0)
    """How many postings the ledger has still to give back before anything is sent."""
    provider_key: Mapped[str]
    provider_reference: Mapped[str | None]
    failure_code: Mapped[str | None]


class Dispute(Base):
    """A citizen's bank asks for money back; how it stands, and the refund that it became when the bank took it."""

    __tablename__ = "dispute"
    __table_args__ = (
        CheckConstraint("standing IN ('inquiry', 'open', 'won', 'lost')", name="standing"),
        Index("uq_dispute_provider_reference", "payment_id", "provider_reference", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    municipality_code: Mapped[str]
    provider_reference: Mapped[str]
    amount_ore: Mapped[Ore]
    standing: Mapped[str]
    standing_at: Mapped[Moment]
    reason: Mapped[str | None]
    opened_at: Mapped[Moment]
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refund.id"))


class PayoutRow(Base):
    """What a provider has paid to the municipality's bank; booked once."""

    __tablename__ = "payout"
    __table_args__ = (Index("uq_payout_reference", "provider", "reference", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    municipality_code: Mapped[str]
    provider: Mapped[str]
    reference: Mapped[str]
    paid_on: Mapped[date]
    amount_ore: Mapped[Ore]
    difference_ore: Mapped[Ore]
    """What was paid minus the sum of its movements: not zero is a difference with an owner."""
    fetched_at: Mapped[Moment]


class PayoutMovement(Base):
    """One movement of a payout, joined to its payment where it has one of ours."""

    __tablename__ = "payout_movement"
    __table_args__ = (Index("ix_payout_movement_payment_id", "payment_id"),)

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    municipality_code: Mapped[str]
    kind: Mapped[str]
    reference: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    gross_ore: Mapped[Ore]
    fee_ore: Mapped[Ore]


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
