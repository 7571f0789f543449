"""Moments are UTC and days are Danish."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import COPENHAGEN, danish_day, danish_midnight, day_bounds, utc_now, workdays_after


def test_now_has_its_zone() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)


def test_the_day_changes_at_danish_midnight_in_winter_and_summer() -> None:
    assert danish_day(datetime(2026, 1, 31, 22, 59, tzinfo=UTC)) == date(2026, 1, 31)
    assert danish_day(datetime(2026, 1, 31, 23, 0, tzinfo=UTC)) == date(2026, 2, 1)
    assert danish_day(datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert danish_day(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_the_zone_in_which_a_moment_is_written_does_not_matter(moment: datetime) -> None:
    assert danish_day(moment) == danish_day(moment.astimezone(COPENHAGEN))


def test_a_day_begins_at_danish_midnight() -> None:
    assert danish_midnight(date(2026, 2, 1)) == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert danish_midnight(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_working_days_leave_out_weekends() -> None:
    friday = date(2026, 11, 20)
    assert workdays_after(friday, 1) == date(2026, 11, 23)
    assert workdays_after(date(2026, 11, 21), 1) == date(2026, 11, 23), "from a Saturday"
    assert workdays_after(friday, 5) == date(2026, 11, 27)
    assert workdays_after(friday, 0) == friday


def test_a_danish_day_has_its_own_length() -> None:
    for day, hours in ((date(2026, 11, 27), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        began, ended = day_bounds(day)
        assert ended - began == timedelta(hours=hours)
        assert danish_day(began) == danish_day(ended - timedelta(microseconds=1)) == day
        assert danish_day(ended) == day + timedelta(days=1)
