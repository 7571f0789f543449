"""A promise with a clock: how long money takes to the ledger and to the library, and what has waited longest.

A payment's moments are captured, accepted by the ledger (the last of its debtor accounts) and known to the source (the
last of the claims that the source is told of). What was posted again, after a bank gave back what it had taken, does
not change them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Float, Select, Subquery, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.ledger.models import LedgerPosting
from app.ledger.push import REJECTED, WIRE
from app.outbox.models import DEAD, DONE, OutboxMessage, OutboxRoad
from app.payments.models import Payment, PaymentLine
from app.payments.postings import POST_TO_LEDGER, REGISTER_IN_LEDGER
from app.sources.models import WriteBack
from app.tasks.models import Task

_SHARES = (0.5, 0.95, 0.99)
# How an error of the ledger's port begins, in the words of those who must do something about it.
_PLAIN = (
    ("debitorsystemet vil ikke registrere", "Debitorsystemet vil ikke registrere kravet"),
    ("LedgerRefuses", "Debitorsystemet lukker os ikke ind"),
    ("LedgerUnavailable", "Debitorsystemet svarer ikke"),
    ("LedgerNonsense", "Debitorsystemet svarer noget, der ikke kan læses"),
)


@dataclass(frozen=True)
class Moments:
    """When a payment's money was taken, and when all of it had come to the ledger and to the source; None: not yet."""

    captured_at: datetime
    accepted_at: datetime | None
    known_at: datetime | None
    """None too where no source is told of the payment."""


@dataclass(frozen=True)
class Quantiles:
    """Seconds within which half, 95 % and 99 % of `count` payments came there; None where there were none."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


@dataclass(frozen=True)
class LeadTimes:
    """From the money's taking to the ledger's acceptance, and to the library's knowing of it."""

    ledger: Quantiles
    library: Quantiles


@dataclass(frozen=True)
class Undelivered:
    """Captured money that the ledger has not accepted; `reason` is Danish, for staff."""

    since: datetime
    payment_id: UUID
    municipality_code: str
    reason: str


def moments(session: Session, *, payment_ids: Sequence[UUID]) -> dict[UUID, Moments]:
    """By payment, for those whose money was taken."""
    captured = select(Payment.id, Payment.captured_at).where(
        Payment.id.in_(payment_ids), Payment.captured_at.is_not(None)
    )
    its = captured.subquery()
    accepted, known = reached_ledger(its), reached_source(its)
    rows = session.execute(
        select(its.c.id, its.c.captured_at, accepted.c.at, known.c.at)
        .outerjoin(accepted, accepted.c.payment_id == its.c.id)
        .outerjoin(known, known.c.payment_id == its.c.id)
    )
    return {payment_id: Moments(*its_moments) for payment_id, *its_moments in rows}


def lead_times(session: Session, *, municipality_code: str | None, since: datetime, now: datetime) -> LeadTimes:
    """How long the money captured from `since` until `now` took; what has not come there yet does not count.

    `municipality_code` None: of all municipalities.
    """
    captured = select(Payment.id, Payment.captured_at).where(Payment.captured_at.between(since, now))
    if municipality_code is not None:
        captured = captured.where(Payment.municipality_code == municipality_code)
    its = captured.subquery()
    return LeadTimes(_quantiles(session, reached_ledger(its)), _quantiles(session, reached_source(its)))


def oldest_undelivered(session: Session, *, municipality_code: str | None, now: datetime) -> Undelivered | None:
    """The money that was captured longest ago, of all that the ledger has not accepted.

    That is what waits or is dead in the outbox, and what the ledger rejected; where people have solved it (its task is
    closed), or it has gone back to the payer, it counts no more. `municipality_code` None: of all municipalities.
    """
    found: list[Undelivered] = []
    for query, why in ((_waiting(), _why_it_waits), (_rejected(), _why_it_is_rejected)):
        chosen = query.where(Payment.captured_at <= now)
        if municipality_code is not None:
            chosen = chosen.where(Payment.municipality_code == municipality_code)
        for since, payment_id, code, *said in session.execute(chosen.order_by("since").limit(1)):
            found.append(Undelivered(since, payment_id, code, why(*said)))
    return min(found, key=lambda one: one.since, default=None)


def reached_ledger(its: Subquery) -> Subquery:
    """When the ledger had accepted every debtor account of a payment; without those where it has not."""
    first = (
        select(its.c.id, its.c.captured_at, func.min(LedgerPosting.answered_at).label("at"))
        .join(PaymentLine, PaymentLine.payment_id == its.c.id)
        .outerjoin(
            LedgerPosting,
            and_(
                LedgerPosting.payment_id == PaymentLine.payment_id,
                LedgerPosting.account == PaymentLine.account,
                LedgerPosting.state == "accepted",
            ),
        )
        .where(~PaymentLine.overpaid)
        .group_by(its.c.id, its.c.captured_at, PaymentLine.account)
    )
    return _last_of_all(first)


def reached_source(its: Subquery) -> Subquery:
    """When the source knew of every claim that it is told of; without payments that no source is told of."""
    first = (
        select(its.c.id, its.c.captured_at, func.min(WriteBack.known_at).label("at"))
        .join(PaymentLine, PaymentLine.payment_id == its.c.id)
        .outerjoin(
            WriteBack,
            and_(WriteBack.payment_id == PaymentLine.payment_id, WriteBack.claim_id == PaymentLine.claim_id),
        )
        .where(~PaymentLine.overpaid, PaymentLine.way != "none")
        .group_by(its.c.id, its.c.captured_at, PaymentLine.claim_id)
    )
    return _last_of_all(first)


def _last_of_all(first: Select[*tuple[Any, ...]]) -> Subquery:
    parts = first.subquery()
    return (
        select(parts.c.id.label("payment_id"), parts.c.captured_at, func.max(parts.c.at).label("at"))
        .group_by(parts.c.id, parts.c.captured_at)
        .having(func.bool_and(parts.c.at.is_not(None)))
        .subquery()
    )


def _quantiles(session: Session, reached: Subquery) -> Quantiles:
    seconds = func.extract("epoch", reached.c.at - reached.c.captured_at)
    shares = cast(literal(list(_SHARES), ARRAY(Float)), ARRAY(Float))
    found, count = session.execute(
        select(func.percentile_cont(shares).within_group(seconds), func.count()).select_from(reached)
    ).one()
    p50, p95, p99 = found or (None, None, None)
    return Quantiles(p50, p95, p99, count)


def _waiting() -> Select[*tuple[Any, ...]]:
    # Money posted again, after a bank gave it back, has waited since then.
    since = case((OutboxMessage.payload.has_key("shares"), OutboxMessage.created_at), else_=Payment.captured_at)
    is_left_to_people = exists().where(Task.key == func.concat("outbox/", OutboxMessage.id), Task.closed_at.is_(None))
    # What has not been tried waits for its claim's registration, or because others were not answered on a silent road.
    ahead = aliased(OutboxMessage)
    registration = (
        select(ahead.last_error)
        .where(ahead.lane == OutboxMessage.lane, ahead.kind == REGISTER_IN_LEDGER, ahead.state != DONE)
        .order_by(ahead.position)
        .limit(1)
        .correlate(OutboxMessage)
        .scalar_subquery()
    )
    said = func.coalesce(OutboxMessage.last_error, registration, OutboxRoad.reason)
    road = and_(
        OutboxRoad.wire == WIRE,
        OutboxRoad.municipality_code == OutboxMessage.municipality_code,
        OutboxRoad.silent_since.is_not(None),
    )
    return (
        select(since.label("since"), Payment.id, Payment.municipality_code, said)
        .join(Payment, Payment.id == OutboxMessage.subject_id)
        .outerjoin(OutboxRoad, road)
        .where(
            OutboxMessage.kind == POST_TO_LEDGER,
            OutboxMessage.state != DONE,
            or_(OutboxMessage.state != DEAD, is_left_to_people),
        )
    )


def _rejected() -> Select[*tuple[Any, ...]]:
    said = Task.facts["reason"].astext, Task.facts["code"].astext
    return (
        select(Payment.captured_at.label("since"), Payment.id, Payment.municipality_code, *said)
        .join(Payment, Payment.id == Task.subject_id)
        .where(Task.closed_at.is_(None), Task.kind == REJECTED)
    )


def _why_it_waits(last_error: str | None) -> str:
    if last_error is None:
        return "Venter på sin tur"
    plain = (words for beginning, words in _PLAIN if last_error.startswith(beginning))
    return f"{next(plain, 'Kunne ikke leveres')} ({last_error.partition(': ')[2] or last_error})"


def _why_it_is_rejected(reason: str, code: str) -> str:
    return f"Afvist af debitorsystemet: {reason} ({code})"
