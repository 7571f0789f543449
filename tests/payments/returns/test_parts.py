"""Where each øre of a refund is taken from: whatever is asked or taken, nothing is taken twice."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments.returns.parts import (
    Left,
    LeftLine,
    MoreThanLeft,
    Part,
    Recall,
    answered,
    chosen,
    from_json,
    spread,
    total_ore,
)

ONE, TWO = UUID(int=1), UUID(int=2)
LEFT = Left(500, (LeftLine(ONE, "a", 1000), LeftLine(TWO, "b", 2000)), 3500)
amounts = st.integers(0, 10**6)


@given(loose=amounts, one=amounts, two=amounts, most=amounts, taken=st.integers(1, 10**7))
def test_what_is_taken_is_all_there_and_never_more_than_is_left(
    loose: int, one: int, two: int, most: int, taken: int
) -> None:
    left = Left(loose, (LeftLine(ONE, "a", one), LeftLine(TWO, "b", two)), most)
    parts = spread(left, amount_ore=taken)
    assert sum(part.amount_ore for part in parts) == taken
    assert min(part.amount_ore for part in parts) > 0
    assert total_ore(parts, Recall.LOOSE) <= loose
    by_claim = {part.claim_id: part.amount_ore for part in parts if part.recall is Recall.WAITING}
    assert by_claim.get(ONE, 0) <= one
    assert by_claim.get(TWO, 0) <= two
    assert taken - total_ore(parts, Recall.NOWHERE) == min(taken, left.total_ore)
    assert from_json([part.to_json() for part in parts]) == parts


def test_what_no_claim_has_goes_first() -> None:
    assert [(part.claim_id, part.amount_ore, part.recall) for part in spread(LEFT, amount_ore=1700)] == [
        (None, 500, Recall.LOOSE),
        (ONE, 1000, Recall.WAITING),
        (TWO, 200, Recall.WAITING),
    ]


@pytest.mark.parametrize("shares", [{None: 501}, {ONE: 1001}, {UUID(int=9): 1}, {ONE: 1000, TWO: 2001}])
def test_more_than_is_left_is_refused(shares: dict[UUID | None, int]) -> None:
    with pytest.raises(MoreThanLeft):
        chosen(LEFT, shares)


def test_the_whole_counts_beside_the_parts() -> None:
    with pytest.raises(MoreThanLeft):
        chosen(Left(500, LEFT.lines, 1400), {None: 500, ONE: 1000})


def test_an_answer_is_about_some_shares_and_the_rest_still_waits() -> None:
    parts = chosen(LEFT, {None: 500, ONE: 1000, TWO: 1})
    after, about = answered(parts, shares={ONE: 1000}, recall=Recall.GIVEN)
    assert [part.recall for part in after] == [Recall.LOOSE, Recall.GIVEN, Recall.WAITING]
    assert about == (after[1],)
    assert answered(after, shares={ONE: 1000}, recall=Recall.GIVEN)[1] == ()


def test_what_is_answered_piece_by_piece_is_one_part_in_the_end() -> None:
    parts = chosen(LEFT, {ONE: 1000})
    for piece in (212, 788):
        parts, about = answered(parts, shares={ONE: piece}, recall=Recall.GIVEN)
        assert [part.amount_ore for part in about] == [piece]
    assert parts == (Part(ONE, 1000, Recall.GIVEN, "a"),)


def test_no_more_is_answered_than_waits() -> None:
    after, about = answered(chosen(LEFT, {ONE: 1000}), shares={ONE: 1001, TWO: 5}, recall=Recall.KEPT)
    assert after == about == (Part(ONE, 1000, Recall.KEPT, "a"),)
