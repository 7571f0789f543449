"""Kroner become øre exactly, or not at all."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.money import NotAnAmount, kroner_from_ore, ore_from_kroner


@given(st.integers(min_value=-(10**12) + 1, max_value=10**12 - 1))
def test_ore_survive_the_way_over_kroner_and_back(amount_ore: int) -> None:
    kroner = kroner_from_ore(amount_ore)
    assert ore_from_kroner(kroner) == ore_from_kroner(str(kroner)) == amount_ore
    assert kroner.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("text", "amount_ore"), [("275.00", 27500), ("60", 6000), ("0.1", 10), ("-1.5", -150), ("0", 0)]
)
def test_kroner_as_wires_write_them(text: str, amount_ore: int) -> None:
    assert ore_from_kroner(text) == ore_from_kroner(Decimal(text)) == amount_ore


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1,50", "12.345", "0.001", "NaN", "sNaN", "Infinity", "-Infinity", "1 kr", "1e2", "1_000", "٣", " 1"],
)
def test_what_is_no_amount_in_whole_ore_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        ore_from_kroner(text)


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_named_as_none(text: str) -> None:
    with contextlib.suppress(NotAnAmount):
        assert isinstance(ore_from_kroner(text), int)


@given(st.decimals())
def test_any_decimal_is_an_amount_or_named_as_none(kroner: Decimal) -> None:
    with contextlib.suppress(NotAnAmount):
        assert kroner_from_ore(ore_from_kroner(kroner)) == kroner


@pytest.mark.parametrize("kroner", ["1e999999", "1e10", "0e999999", "1e-999999", "12345678901234567890.12"])
def test_a_hostile_number_costs_nothing(kroner: str) -> None:
    with pytest.raises(NotAnAmount):
        ore_from_kroner(Decimal(kroner))


def test_a_wire_may_write_a_number_with_an_exponent() -> None:
    assert ore_from_kroner(Decimal("1e2")) == 10000
