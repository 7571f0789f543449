"""The clock that doors hand down, and the days of Denmark."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, in UTC, with its zone."""
    return datetime.now(UTC)


def danish_day(moment: datetime) -> date:
    """The calendar day in Denmark at a moment."""
    return moment.astimezone(COPENHAGEN).date()


def danish_midnight(on: date) -> datetime:
    """The moment, in UTC, at which a day begins in Denmark."""
    return datetime.combine(on, time.min, COPENHAGEN).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The moments between which it is a day in Denmark: from the first, up to the second."""
    return danish_midnight(day), danish_midnight(day + timedelta(days=1))


def workdays_after(on: date, count: int) -> date:
    """The day that is a number of working days (Monday to Friday) later; public holidays are not left out."""
    while count > 0:
        on += timedelta(days=1)
        count -= on.isoweekday() < 6
    return on
