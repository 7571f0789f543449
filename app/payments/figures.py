"""Payments per day: how many were carried through and how many were not, by Danish days."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.clock import danish_midnight

# Two index scans, one grouping. A payment that had ended without money and was paid late after all counts as paid.
_PER_DAY: Final = text(
    """
    SELECT (at AT TIME ZONE 'Europe/Copenhagen')::date AS day,
           count(*) FILTER (WHERE is_done) AS done, count(*) FILTER (WHERE NOT is_done) AS failed
    FROM (
        SELECT captured_at AS at, true AS is_done FROM payment
        WHERE municipality_code = :code AND captured_at >= :since AND captured_at < :until
        UNION ALL
        SELECT state_at, false FROM payment
        WHERE municipality_code = :code AND captured_at IS NULL AND state_at >= :since AND state_at < :until
          AND state IN ('declined', 'cancelled', 'expired', 'failed')
    ) AS ended
    GROUP BY day
    """
)


@dataclass(frozen=True)
class DayCount:
    """What became of the payments that ended on one day."""

    on: date
    done: int
    """The money was taken."""
    failed: int
    """Ended without money: declined, given up, run out, or failed."""


def per_day(session: Session, *, municipality_code: str, first: date, last: date) -> list[DayCount]:
    """Every day from the first to the last, both included, those without payments too."""
    rows = session.execute(
        _PER_DAY,
        {
            "code": municipality_code,
            "since": danish_midnight(first),
            "until": danish_midnight(last + timedelta(days=1)),
        },
    )
    found = {day: DayCount(day, done, failed) for day, done, failed in rows}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [found.get(day, DayCount(day, 0, 0)) for day in days]
