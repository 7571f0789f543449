"""Values survive the wire, and what is none is refused without being repeated."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sf1590 import values
from app.sf1590.guard import BadMessage, parse

# Ten billion kroner: beyond it, money.py takes no amount for one.
MOST_ORE = 10**12 - 1


@given(st.integers(0, MOST_ORE))
def test_an_amount_survives(amount_ore: int) -> None:
    written = values.text_of_amount(amount_ore)
    assert values.amount_from(written) == amount_ore
    assert written.rpartition(".")[2].isdecimal()
    assert len(written.rpartition(".")[2]) == 2


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_a_moment_survives(moment: datetime) -> None:
    assert values.moment_from(values.text_of_moment(moment)) == moment.astimezone(UTC)


def test_a_moment_without_a_zone_is_danish() -> None:
    assert values.moment_from("2026-07-01T12:00:00") == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert values.moment_from("2026-07-01T12:00:00.1234567+02:00") == datetime(
        2026, 7, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))
    )


def test_a_day_may_carry_a_zone_that_means_nothing() -> None:
    assert values.day_from("2026-03-04+01:00") == values.day_from("2026-03-04Z") == date(2026, 3, 4)


@pytest.mark.parametrize("text", ["1.234", "NaN", "", "1,50", "INF"])
def test_what_is_no_amount_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadMessage, match=r"^an amount is no amount$"):
        values.amount_from(text)


@pytest.mark.parametrize("text", ["2026-02-30", "", "-0044-01-01", "i går"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match=r"^a day is no day$"):
        values.day_from(text)


@pytest.mark.parametrize("text", ["2026-03-04T25:00:00Z", "", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadMessage, match=r"^a moment is no moment$"):
        values.moment_from(text)


def test_only_persons_have_a_cpr() -> None:
    assert values.cpr_from_urn(" urn:oio:cpr-nr:7405842144 ") == "7405842144"
    assert values.cpr_from_urn("urn:oio:cvr-nr:99099119") is None


def test_a_missing_element_is_named_and_an_illegal_character_refused() -> None:
    root = parse(b"<a/>")
    with pytest.raises(BadMessage, match=r"^a has no Debitorkonto$"):
        values.text(root, "Debitorkonto")
    with pytest.raises(BadMessage, match=r"^Tekst holds a character"):
        values.add(values.new("Linje"), "Tekst", "x\x00y")
    assert values.marked(root, "Markering") is False
    assert values.day(root, "Dato") is None
