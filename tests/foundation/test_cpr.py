"""CPR numbers are read as people type them, masked, and found wherever they must not stand."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.cpr import NotACpr, has_cpr, hide_cprs, mask, read_cpr

days = st.integers(1, 28)
months = st.integers(1, 12)
cprs = st.builds(
    lambda day, month, year, serial, test: f"{day + 60 * test:02d}{month:02d}{year:02d}{serial:04d}",
    days,
    months,
    st.integers(0, 99),
    st.integers(0, 9999),
    st.booleans(),
)


@given(cprs)
def test_every_way_of_typing_a_number_reads_the_same(cpr: str) -> None:
    for typed in (
        cpr,
        f"{cpr[:6]}-{cpr[6:]}",
        f" {cpr[:6]} {cpr[6:]} ",
        f"{cpr[:2]} {cpr[2:4]} {cpr[4:6]} - {cpr[6:]}",
    ):
        assert read_cpr(typed) == cpr


@pytest.mark.parametrize("cpr", ["0101000000", "6101801234", "2902010000", "9112999999"])
def test_modulus_11_and_the_century_are_not_judged(cpr: str) -> None:
    assert read_cpr(cpr) == cpr


@pytest.mark.parametrize(
    "typed",
    [
        *("", "abc", "610180123", "61018012345", "610180_1234", "610180-12a4", "٦١٠١٨٠١٢٣٤"),
        *("3202801234", "0001801234", "6001801234", "9201801234", "0113801234", "0100801234", "3002801234"),
    ],
)
def test_another_shape_or_no_such_day_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotACpr) as raised:
        read_cpr(typed)
    assert not typed or typed not in str(raised.value)


def test_the_mask_hides_the_last_four() -> None:
    assert mask("1203721234") == "120372-****"


@given(cprs, st.sampled_from(["", "-", " "]), st.sampled_from(["", " ", "x", "cpr:", '"', "/"]))
def test_a_number_is_found_and_hidden_wherever_it_stands(cpr: str, between: str, around: str) -> None:
    text = f"{around}{cpr[:6]}{between}{cpr[6:]}{around}"
    assert has_cpr(text)
    hidden = hide_cprs(text)
    assert hidden == f"{around}[cpr]{around}"
    assert not has_cpr(hidden)


@given(st.uuids())
def test_a_uuid_is_left_alone(one: uuid.UUID) -> None:
    assert not has_cpr(f"payment {one}.")
    assert hide_cprs(str(one)) == str(one)


@pytest.mark.parametrize("text", ["", "27500", "95000000001", "2026-11-22T10:00", "9999999999", "0113801234"])
def test_other_numbers_are_left_alone(text: str) -> None:
    assert hide_cprs(text) == text
