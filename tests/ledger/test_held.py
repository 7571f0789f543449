"""From which postings money is taken back: what never left us first, and of nobody more than it holds."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.held import Held, NeverThere, pieces
from app.ledger.models import LedgerPosting

ONE, TWO = UUID(int=1), UUID(int=2)
AMOUNTS = st.dictionaries(st.sampled_from([ONE, TWO]), st.integers(1, 1000), min_size=1)
HOLDING = st.lists(
    st.tuples(st.sampled_from(["accepted", "rejected", "by_hand"]), AMOUNTS), max_size=5
).map(lambda rows: [holding(state, amounts) for state, amounts in rows])  # fmt: skip


def holding(state: str, amounts: dict[UUID, int]) -> Held:
    return Held(LedgerPosting(state=state), amounts)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("accepted", 1000), ("accepted", 1000)], [(0, 1000)]),
        ([("accepted", 999), ("accepted", 1000)], [(1, 1000)]),
        ([("accepted", 400), ("accepted", 700)], [(0, 400), (1, 600)]),
        ([("accepted", 788), ("rejected", 212)], [(1, 212), (0, 788)]),
        ([("accepted", 1000), ("rejected", 212)], [(1, 212), (0, 788)]),
        ([("by_hand", 300), ("accepted", 700)], [(1, 700), (0, 300)]),
        ([("by_hand", 1000), ("accepted", 1000)], [(1, 1000)]),
        ([("accepted", 0), ("accepted", 300)], [(0, 700), (1, 300)]),
        ([("rejected", 100), ("accepted", 300)], [(0, 100), (1, 900)]),
        ([("by_hand", 0), ("accepted", 0)], [(1, 1000)]),
        ([("by_hand", 0)], [(0, 1000)]),
    ],
)
def test_a_thousand_is_taken_from(rows: list[tuple[str, int]], found: list[tuple[int, int]]) -> None:
    places = [holding(state, {ONE: ore}) for state, ore in rows]
    postings = [place.posting for place in places]
    assert [(postings.index(one.posting), one.amounts[ONE]) for one in pieces({ONE: 1000}, places)] == found


@pytest.mark.parametrize("places", [[], [holding("rejected", {ONE: 999})]])
def test_what_never_was_in_the_ledger_cannot_be_asked_of_it(places: list[Held]) -> None:
    with pytest.raises(NeverThere):
        pieces({ONE: 1000}, places)


def test_a_claim_is_not_given_back_from_anothers_money() -> None:
    """All of the newer posting would be enough, but not of the claim that is meant."""
    newer, older = holding("accepted", {ONE: 100, TWO: 900}), holding("accepted", {ONE: 1000})
    assert [piece.posting for piece in pieces({ONE: 500}, [newer, older])] == [older.posting]


@given(wanted=AMOUNTS, places=HOLDING)
def test_all_that_is_wanted_is_asked_for_once_and_only_what_none_holds_of_somebody_without(
    wanted: dict[UUID, int], places: list[Held]
) -> None:
    places.append(holding("accepted", {}))
    found = pieces(wanted, places)
    assert len({id(piece.posting) for piece in found}) == len(found)
    assert all(ore > 0 for piece in found for ore in piece.amounts.values())
    for claim_id, ore in wanted.items():
        assert sum(piece.amounts.get(claim_id, 0) for piece in found) == ore
        beyond = sum(
            max(0, piece.amounts.get(claim_id, 0) - place.amounts.get(claim_id, 0))
            for piece in found for place in places if piece.posting is place.posting
        )  # fmt: skip
        assert beyond == max(0, ore - sum(place.amounts.get(claim_id, 0) for place in places))
