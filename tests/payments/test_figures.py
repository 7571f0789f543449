"""Payments per day: by Danish days, each payment once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.foundation.db import Sessions
from app.payments import figures
from app.payments.figures import DayCount
from tests.demo import AHMED, NOW, Town, daycare, fine

pytestmark = pytest.mark.database
TODAY = NOW.date()


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)


def counted(town: Town, first: date = TODAY, last: date = TODAY, code: str | None = None) -> list[DayCount]:
    with town.sessions() as session:
        return figures.per_day(session, municipality_code=code or town.facts.code, first=first, last=last)


def given_up(town: Town, cpr: str, ref: str, *, now: datetime) -> str:
    person = town.person(cpr)
    payment = town.opened(person, *town.shows(person, daycare(ref)), now=now)
    town.provider.close(payment.provider_reference or "")
    town.settle(payment, now=now)
    return payment.token


def test_every_day_has_its_row(town: Town) -> None:
    before = TODAY - timedelta(days=2)
    assert counted(town, before) == [DayCount(before + timedelta(days=number), 0, 0) for number in range(3)]


def test_what_was_paid_and_what_was_given_up(town: Town) -> None:
    kirsten = town.person()
    town.paid(kirsten, *town.shows(kirsten, fine()))
    given_up(town, AHMED, "d2", now=NOW)
    assert counted(town) == [DayCount(TODAY, 1, 1)]
    assert counted(town, code="0999") == [DayCount(TODAY, 0, 0)]


def test_money_that_came_after_all_counts_once_as_paid(town: Town) -> None:
    payment = town.payment(given_up(town, AHMED, "d2", now=NOW))
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment, now=NOW + timedelta(minutes=5))
    assert counted(town) == [DayCount(TODAY, 1, 0)]


def test_a_day_is_a_danish_day(town: Town) -> None:
    """23.30 UTC is half past midnight in Denmark, and that is tomorrow."""
    given_up(town, AHMED, "d2", now=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    tomorrow = TODAY + timedelta(days=1)
    assert counted(town, TODAY, tomorrow) == [DayCount(TODAY, 0, 0), DayCount(tomorrow, 0, 1)]
