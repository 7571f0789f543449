"""How fast and how surely payments arrive: lead times by day, what waits for people, and what went without them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Date, Float, Subquery, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.foundation.clock import COPENHAGEN, danish_midnight
from app.ledger.promise import reached_ledger, reached_source
from app.payments.models import Payment

PUT_OFF_AFTER: Final = timedelta(minutes=1)
"""A message that failed and still waits after so long is a failure; before that it is only on its way."""

_SHARES: Final = (0.5, 0.95)
_FAILURES: Final = text(
    """
    SELECT kind, count(*) AS count, min(at) AS oldest_at
    FROM (
        SELECT CASE kind WHEN 'message_dead' THEN 'dead:' || (facts ->> 'kind') ELSE kind END AS kind, created_at AS at
        FROM task
        WHERE closed_at IS NULL AND municipality_code = :code
          AND (kind IN ('posting_rejected', 'source_refused', 'message_dead', 'payout_difference', 'refund_failed',
                        'refund_stopped', 'coverage_differs', 'coverage_taken_back', 'coverage_waits',
                        'paid_twice') OR kind LIKE 'difference.%')
        UNION ALL
        SELECT 'waiting:' || kind, patient_from FROM outbox_message
        WHERE state = 'due' AND municipality_code = :code AND attempts > 0 AND last_error IS NOT NULL
          AND patient_from <= :put_off_before
    ) AS failures
    GROUP BY kind
    ORDER BY oldest_at
    """
)
_BY_ITSELF: Final = text(
    """
    WITH handled AS (
        SELECT DISTINCT CASE subject_kind WHEN 'payment' THEN subject_id ELSE (facts ->> 'about')::uuid END AS id
        FROM task JOIN task_event ON task_event.task_id = task.id
        WHERE task.municipality_code = :code AND subject_kind IN ('payment', 'outbox_message')
          AND task_event.by IS NOT NULL
    ), answered AS (
        SELECT payment.id, bool_and(ledger_posting.state = 'accepted') AS is_accepted
        FROM payment JOIN ledger_posting ON ledger_posting.payment_id = payment.id
        WHERE payment.municipality_code = :code AND captured_at >= :since AND captured_at < :until
        GROUP BY payment.id
    )
    SELECT count(*), count(*) FILTER (WHERE is_accepted AND handled.id IS NULL)
    FROM answered LEFT JOIN handled ON handled.id = answered.id
    """
)


@dataclass(frozen=True)
class DayTimes:
    """How long the payments of one day took, in seconds; None on a day without any that have arrived."""

    on: date
    count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Failure:
    """One reason why something waits: a task's kind, `dead:` or `waiting:` with a message's kind."""

    kind: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class ByItself:
    """How many payments the ledger has answered about, and how many of them no person had to touch."""

    count: int
    untouched: int

    @property
    def percent(self) -> float | None:
        """The share that went by itself; None when there was nothing."""
        return 100 * self.untouched / self.count if self.count else None


def days_to_ledger(session: Session, *, municipality_code: str, first: date, last: date) -> list[DayTimes]:
    """From the money being taken until the ledger had all of it, by the day of payment."""
    return _by_day(session, reached_ledger, municipality_code=municipality_code, first=first, last=last)


def days_to_library(session: Session, *, municipality_code: str, first: date, last: date) -> list[DayTimes]:
    """From the money being taken until the source was seen to know of it, by the day of payment."""
    return _by_day(session, reached_source, municipality_code=municipality_code, first=first, last=last)


def failures(session: Session, *, municipality_code: str, now: datetime) -> list[Failure]:
    """What waits for a person, or for somebody who does not answer, by reason; the oldest first."""
    rows = session.execute(_FAILURES, {"code": municipality_code, "put_off_before": now - PUT_OFF_AFTER})
    return [Failure(*row) for row in rows]


def by_itself(session: Session, *, municipality_code: str, first: date, last: date) -> ByItself:
    """Of the payments that the ledger answered about: how many were booked, and no person took or closed a task of."""
    count, untouched = session.execute(_BY_ITSELF, _between(municipality_code, first, last)).one()
    return ByItself(count, untouched)


def _by_day(
    session: Session, reached: Callable[[Subquery], Subquery], *, municipality_code: str, first: date, last: date
) -> list[DayTimes]:
    its = _captured(municipality_code, first, last)
    arrived = reached(its)
    day = cast(func.timezone(COPENHAGEN.key, its.c.captured_at), Date).label("day")
    seconds = func.greatest(func.extract("epoch", arrived.c.at - its.c.captured_at), 0)
    rows = session.execute(
        select(
            day,
            func.count(),
            func.percentile_cont(cast(literal(list(_SHARES), ARRAY(Float)), ARRAY(Float))).within_group(seconds),
        )
        .join_from(its, arrived, arrived.c.payment_id == its.c.id)
        .group_by(day)
    )
    found = {on: DayTimes(on, many, p50, p95) for on, many, (p50, p95) in rows}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [found.get(on, DayTimes(on, 0, None, None)) for on in days]


def _captured(municipality_code: str, first: date, last: date) -> Subquery:
    return (
        select(Payment.id, Payment.captured_at)
        .where(
            Payment.municipality_code == municipality_code,
            Payment.captured_at >= danish_midnight(first),
            Payment.captured_at < danish_midnight(last + timedelta(days=1)),
        )
        .subquery()
    )


def _between(municipality_code: str, first: date, last: date) -> dict[str, object]:
    return {
        "code": municipality_code,
        "since": danish_midnight(first),
        "until": danish_midnight(last + timedelta(days=1)),
    }
