"""Each event makes an entry that sums to zero, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journal import entries
from app.journal.entries import Unbalanced, accepted, capture

AMOUNTS = st.integers(0, 10**12)


@given(AMOUNTS, AMOUNTS)
def test_what_is_taken_goes_where_it_is_wanted_and_the_rest_waits(wanted_ore: int, overpaid_ore: int) -> None:
    if wanted_ore + overpaid_ore == 0:
        with pytest.raises(Unbalanced):
            capture(provider="stripe", municipality_code="0991", wanted_ore=0, overpaid_ore=0)
        return
    entry = capture(provider="stripe", municipality_code="0991", wanted_ore=wanted_ore, overpaid_ore=overpaid_ore)
    lines = dict(entry.lines)
    assert lines["provider/stripe/0991"] == wanted_ore + overpaid_ore
    assert lines.get("transit/0991", 0) == -wanted_ore
    assert lines.get("overpaid/0991", 0) == -overpaid_ore
    assert sum(lines.values()) == 0
    assert 0 not in lines.values()


def test_what_the_ledger_accepts_is_no_longer_in_transit() -> None:
    entry = accepted(municipality_code="0991", amount_ore=6000)
    assert (entry.kind, dict(entry.lines)) == ("accepted", {"transit/0991": 6000, "ledger/0991": -6000})


@pytest.mark.parametrize(("wanted_ore", "overpaid_ore"), [(-1, 0), (0, -1), (5, -1), (-1, 5), (5, -5)])
def test_nothing_below_zero_is_booked(wanted_ore: int, overpaid_ore: int) -> None:
    with pytest.raises(Unbalanced):
        capture(provider="stripe", municipality_code="0991", wanted_ore=wanted_ore, overpaid_ore=overpaid_ore)


@pytest.mark.parametrize("amount_ore", [0, -1])
def test_nothing_is_accepted_of_nothing(amount_ore: int) -> None:
    with pytest.raises(Unbalanced):
        accepted(municipality_code="0991", amount_ore=amount_ore)


@given(loose=st.integers(0, 10**9), ahead=st.integers(0, 10**9), anew=st.integers(1, 10**9))
def test_money_that_goes_and_comes_sums_to_zero(loose: int, ahead: int, anew: int) -> None:
    gone = entries.refund(provider="p", municipality_code="0999", overpaid_ore=loose, gone_ore=ahead + anew)
    back = entries.came_back(
        provider="p", municipality_code="0999", overpaid_ore=loose, gone_ore=ahead, transit_ore=anew
    )
    recalled = entries.recalled(
        municipality_code="0999", source="ledger", overpaid_ore=loose, gone_ore=ahead, transit_ore=anew
    )
    for entry in (gone, back, recalled):
        assert sum(amount_ore for _, amount_ore in entry.lines) == 0
        assert all(amount_ore for _, amount_ore in entry.lines)
    assert dict(gone.lines)["provider/p/0999"] == -dict(back.lines)["provider/p/0999"]
    with pytest.raises(entries.Unbalanced):
        entries.refund(provider="p", municipality_code="0999", overpaid_ore=-1, gone_ore=1)
