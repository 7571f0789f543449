"""The clock that doors hand down, and the days of Denmark."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, in UTC, with its zone."""
    return datetime.now(UTC)


def danish_day(moment: datetime) -> date:
    """The calendar day in Denmark at a moment."""
    return moment.astimezone(COPENHAGEN).date()
