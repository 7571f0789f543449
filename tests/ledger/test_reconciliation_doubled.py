"""A posting that the ledger has booked twice, under our id or another, on one day or two: named until it heals."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from app.ledger.port import BookedPayment
from tests.demo import NOW, daycare
from tests.ledger.night import DAY, Night

pytestmark = pytest.mark.database


def posting_of(night: Night) -> UUID:
    (posting_id,) = night.portal.ledger.booked
    return posting_id


def booked_again(night: Night, *, days_later: int, reduced_ore: int = 0) -> None:
    """The ledger shows the posting a second time, under the same id."""
    posting = night.portal.ledger.booked[posting_of(night)]
    again = BookedPayment(
        posting.posting_id, posting.paid_at + timedelta(days=days_later), posting.value_on, posting.amount_ore,
        reduced_ore,
    )  # fmt: skip
    night.portal.ledger.twice = [(posting.account, again)]


def doubled(night: Night) -> list[tuple[object, ...]]:
    return [
        (task.kind, task.facts["day"], task.facts["posting"], task.facts["amount_ore"], task.facts["times"])
        for task in night.differences()
    ]


def accepted_and_ledger(night: Night, *days: date) -> list[tuple[int, int, int, int]]:
    rows = [night.row(day) for day in days]
    return [(row.accepted_ore, row.accepted_count, row.ledger_ore, row.ledger_count) for row in rows]


def test_a_posting_doubled_under_another_id_is_named(night: Night) -> None:
    night.paid()
    first = night.portal.ledger.booked[posting_of(night)]
    night.portal.ledger.booked[UUID(int=9)] = replace(first, posting_id=UUID(int=9))
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.facts["posting"], task.facts["amount_ore"]) == (
        "difference.doubled_in_ledger", str(UUID(int=9)), 150000,
    )  # fmt: skip


@pytest.mark.parametrize("days_later", [0, 1])
def test_a_posting_doubled_under_the_same_id_is_named_until_one_is_taken_back(night: Night, days_later: int) -> None:
    payment = night.paid()
    booked_again(night, days_later=days_later)
    days = [DAY + timedelta(days=later) for later in range(days_later + 1)]
    night.now += timedelta(days=days_later)
    for _again in range(3):
        for day in days:
            night.reconciled(day)
        assert doubled(night) == [
            ("difference.doubled_in_ledger", days[-1].isoformat(), str(posting_of(night)), 150000, 2)
        ]
        assert night.differences()[0].subject_id == payment.id
        assert sum(row.accepted_ore for row in map(night.row, days)) == 150000, "it is accepted once"
        assert sum(row.ledger_ore for row in map(night.row, days)) == 300000
    booked_again(night, days_later=days_later, reduced_ore=150000)
    night.reconciled(days[-1])
    assert night.kinds() == []
    assert [task.closed_reason for task in night.closed()] == ["Siderne stemmer nu"]
    assert all(night.row(day).is_clean for day in days)


def test_a_posting_tried_again_after_midnight_and_booked_twice_is_named(night: Night) -> None:
    """The answer to the first got lost: the ledger had it the day before it answered, and took the second as well."""
    before, person = DAY - timedelta(days=1), night.town.person()
    night.town.provider.now = NOW - timedelta(days=1)
    night.town.paid(person, *night.town.shows(person, daycare()), now=NOW - timedelta(days=1))
    night.deliver()
    booked_again(night, days_later=1)
    for _again in range(2):
        night.reconciled(before)
        night.reconciled()
        assert doubled(night) == [("difference.doubled_in_ledger", DAY.isoformat(), str(posting_of(night)), 150000, 2)]
        assert accepted_and_ledger(night, before, DAY) == [(150000, 1, 150000, 1), (0, 0, 150000, 1)]
    # The first one is taken out, on a day that is not looked at any more.
    night.portal.ledger.booked.clear()
    night.reconciled()
    assert (night.kinds(), accepted_and_ledger(night, DAY)) == ([], [(150000, 1, 150000, 1)])
    assert [task.closed_reason for task in night.closed()] == ["Siderne stemmer nu"]


def test_a_posting_that_the_ledger_has_moved_to_another_day_is_not_doubled(night: Night) -> None:
    night.paid()
    night.reconciled()
    booked_again(night, days_later=1)
    night.portal.ledger.booked.clear()
    night.now += timedelta(days=1)
    night.reconciled(DAY + timedelta(days=1))
    assert night.kinds() == []
