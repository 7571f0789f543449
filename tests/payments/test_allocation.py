"""Captured money is spread whole: what claims want, and what goes back."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.payments.allocation import Share, by_account, split

amounts = st.integers(min_value=1, max_value=10**9)


@st.composite
def shares(draw: st.DrawFn) -> tuple[Share, ...]:
    sizes = draw(st.lists(amounts, min_size=1, max_size=8))
    accounts = st.sampled_from(["a", "b", "c"])
    return tuple(Share(UUID(int=n), size, draw(accounts), "none") for n, size in enumerate(sizes))


@given(shares=shares(), captured_ore=st.none() | amounts, is_late=st.booleans(), wanted=st.sets(st.integers(0, 7)))
def test_every_captured_ore_is_in_exactly_one_part(
    shares: tuple[Share, ...], captured_ore: int | None, is_late: bool, wanted: set[int]
) -> None:
    asked_ore = sum(share.amount_ore for share in shares)
    taken_ore = asked_ore if captured_ore is None else captured_ore
    still = frozenset(UUID(int=n) for n in wanted)
    spread = split(shares, captured_ore=taken_ore, is_late=is_late, still_wanted=still)
    assert spread.wanted_ore + spread.overpaid_ore == taken_ore
    assert min(spread.wanted_ore, spread.overpaid_ore, spread.unexplained_ore) >= 0
    assert {share.claim_id for share in spread.wanted} <= still
    if is_late or taken_ore != asked_ore:
        assert (spread.wanted, spread.overpaid_ore) == ((), taken_ore)
    else:
        assert spread.wanted == tuple(share for share in shares if share.claim_id in still)
        assert set(spread.wanted) | set(spread.overpaid) == set(shares)


@given(shares=shares())
def test_one_posting_an_account_and_nothing_left_out(shares: tuple[Share, ...]) -> None:
    parts = by_account(shares)
    assert sorted(parts) == sorted({share.account for share in shares})
    assert all(share.account == account for account, part in parts.items() for share in part)
    assert sorted(share.claim_id for part in parts.values() for share in part) == [share.claim_id for share in shares]
