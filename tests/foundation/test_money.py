"""Kroner become øre exactly, or not at all."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.money import NotAnAmount, in_danish, kroner_from_ore, ore_from_kroner, ore_from_text


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


AMOUNTS = st.integers(min_value=0, max_value=10**12 - 1)


@given(AMOUNTS, st.sampled_from([".", " ", "\N{NO-BREAK SPACE}", ""]), st.sampled_from(["", "kr. ", "DKK ", "kr"]))
def test_whatever_way_an_amount_is_typed_in_danish_it_is_the_same(amount_ore: int, group: str, before: str) -> None:
    kroner, ore = divmod(amount_ore, 100)
    grouped = f"{kroner:,}".replace(",", group)
    assert ore_from_text(f"{before}{grouped},{ore:02d}") == amount_ore
    assert ore_from_text(f" {grouped},{ore:02d} kr. ") == amount_ore
    assert ore_from_text(grouped) == ore_from_text(f"{grouped},-") == kroner * 100


@given(AMOUNTS)
def test_an_amount_as_english_pages_show_it_is_the_same(amount_ore: int) -> None:
    kroner, ore = divmod(amount_ore, 100)
    assert ore_from_text(f"DKK {kroner:,}.{ore:02d}") == ore_from_text(f"{kroner}.{ore:02d}") == amount_ore


@pytest.mark.parametrize(
    ("text", "amount_ore"),
    [("500", 50000), ("500,00", 50000), ("1.000", 100000), ("1.000,50", 100050), ("12,5", 1250), ("12.50", 1250)],
)
def test_amounts_as_people_type_them(text: str, amount_ore: int) -> None:
    assert ore_from_text(text) == amount_ore


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "kr.", "abc", "-5", "+5", "1,000", "1.00.0", "1.0000", "10.00,00", "1,2,3", "5,", ",50", "1,000,0",
        "1,234.567", "12.5", "1_000", "1e3", "٣٤", "5 5", "10.000.000.000,00", "99999999999", "NaN",
        "5,-5", "5\x00", "1" * 10**6, "kr" * 10**5,
    ],
)  # fmt: skip
def test_what_is_no_amount_or_might_be_two_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount):
        ore_from_text(text)


@given(st.text(max_size=20))
def test_any_typed_text_is_an_amount_or_named_as_none(text: str) -> None:
    with contextlib.suppress(NotAnAmount):
        assert 0 <= ore_from_text(text) < 10**12


def test_staff_read_amounts_as_danes_write_them() -> None:
    assert [in_danish(ore) for ore in (5, 123_450, 100_000_000)] == [
        "0,05 kr.",
        "1.234,50 kr.",
        "1.000.000,00 kr.",
    ]
