"""What the ledger room knows, for pages: how far a payment's postings have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.ledger.models import LedgerCoverage, LedgerPosting, LedgerReversal
from app.outbox.models import DEAD, DUE, OutboxMessage
from app.payments.models import Payment, PaymentLine
from app.payments.postings import POST_TO_LEDGER
from app.tasks.models import Task


@dataclass(frozen=True)
class Sent:
    """One object that went to the ledger, or is promised to it, or that the ledger told of, and what became of it."""

    id: UUID
    what: str
    """`posting`, `reversal`, or the kind of what the ledger told of."""
    account: str
    amount_ore: int
    shares: tuple[tuple[UUID, int], ...]
    state: str
    at: datetime | None
    code: str | None
    reason: str | None


def exchanged(session: Session, *, payment_id: UUID) -> list[Sent]:
    """What was said between us and the ledger about a payment, oldest first."""
    postings = session.scalars(select(LedgerPosting).where(LedgerPosting.payment_id == payment_id)).all()
    reversals = session.scalars(select(LedgerReversal).where(LedgerReversal.payment_id == payment_id)).all()
    accounts = {one.id: one.account for one in postings}
    told = session.scalars(select(LedgerCoverage).where(LedgerCoverage.payment_id.in_(accounts)).limit(MOST)).all()
    sent = [
        Sent(one.id, "posting", one.account, one.amount_ore, tuple((UUID(share["claim_id"]), share["amount_ore"])
             for share in one.shares), one.state, one.answered_at, one.reason_code, one.reason)
        for one in postings
    ]  # fmt: skip
    sent += [
        Sent(one.id, "reversal", accounts.get(one.posting_id, ""), one.amount_ore, (), one.state, one.answered_at,
             one.reason_code, one.reason)
        for one in reversals
    ]  # fmt: skip
    sent += [
        Sent(one.id, one.kind, one.account, one.amount_ore, (), one.state, one.registered_at, None, one.reason)
        for one in told
    ]
    return sorted(sent, key=lambda one: (one.at is None, one.at))


def payment_with(session: Session, *, object_id: UUID, municipality_code: str) -> UUID | None:
    """The payment that an object in the ledger, or a message to it, is about; by the UUID that it bears there."""
    for model in (LedgerPosting, LedgerReversal):
        mine = model.id == object_id, model.municipality_code == municipality_code
        if found := session.scalar(select(model.payment_id).where(*mine)):
            return found
    promised = OutboxMessage.id == object_id, OutboxMessage.municipality_code == municipality_code
    return session.scalar(select(OutboxMessage.subject_id).where(*promised, OutboxMessage.kind == POST_TO_LEDGER))


MOST = 500
IN_LEDGER = ("accepted", "by_hand")
"""The money is in the ledger: it said so, or a person who booked it there."""


@dataclass(frozen=True)
class Posted:
    """What the ledger has answered about one payment."""

    accepted_ore: int
    rejected_ore: int
    last_answer_at: datetime | None


@dataclass(frozen=True)
class Waiting:
    """Money that was taken and that the ledger has not accepted."""

    amount_ore: int
    payments: int
    oldest_at: datetime | None


def waiting(session: Session, *, municipality_code: str) -> Waiting:
    """What waits for the ledger: promised and not answered, or rejected and not settled."""
    line = and_(
        PaymentLine.payment_id == OutboxMessage.subject_id,
        PaymentLine.account == OutboxMessage.payload["account"].as_string(),
        ~PaymentLine.overpaid,
    )
    promised = (
        select(func.sum(PaymentLine.amount_ore), func.count(Payment.id.distinct()), func.min(Payment.captured_at))
        .select_from(OutboxMessage)
        .join(Payment, Payment.id == OutboxMessage.subject_id)
        .join(PaymentLine, line)
        .where(
            OutboxMessage.municipality_code == municipality_code,
            OutboxMessage.kind == POST_TO_LEDGER,
            OutboxMessage.state.in_([DUE, DEAD]),
        )
    )
    rejected = (
        select(func.sum(Task.facts["amount_ore"].as_integer()), func.count(), func.min(Payment.captured_at))
        .select_from(Task)
        .join(Payment, Payment.id == Task.subject_id)
        .where(Task.municipality_code == municipality_code, Task.closed_at.is_(None), Task.kind == "posting_rejected")
    )
    both = [session.execute(one).one() for one in (promised, rejected)]
    moments = [at for _, _, at in both if at]
    amount_ore = sum(int(total_ore or 0) for total_ore, _, _ in both)
    return Waiting(amount_ore, sum(count for _, count, _ in both), min(moments, default=None))


def posted(session: Session, *, payment_ids: Sequence[UUID]) -> dict[UUID, Posted]:
    """By payment; a payment that the ledger has not answered about has zeros."""
    rows = session.execute(
        select(
            LedgerPosting.payment_id,
            func.coalesce(func.sum(LedgerPosting.amount_ore).filter(LedgerPosting.state.in_(IN_LEDGER)), 0),
            func.coalesce(func.sum(LedgerPosting.amount_ore).filter(LedgerPosting.state == "rejected"), 0),
            func.max(LedgerPosting.answered_at),
        )
        .where(LedgerPosting.payment_id.in_(payment_ids))
        .group_by(LedgerPosting.payment_id)
    )
    known = {payment_id: Posted(int(accepted), int(rejected), at) for payment_id, accepted, rejected, at in rows}
    return {payment_id: known.get(payment_id, Posted(0, 0, None)) for payment_id in payment_ids}
