"""The table of moves is domain.md's, and what a provider says never takes a payment back."""

from itertools import product

import pytest

from app.payments.port import Standing
from app.payments.states import MOVES, OPEN, WITH_MONEY, WITHOUT_MONEY, NotAllowed, State, after, move

# As docs/architecture.md words it: from -> what it may become. Domain.md's table, and what building added to it: a
# reservation is let go or refused, and money that a bank took or we sent comes back in parts too.
DOCUMENT = """
created       -> awaiting unknown failed expired
awaiting      -> authorised paid declined cancelled expired failed unknown
unknown       -> awaiting authorised paid declined cancelled expired failed
authorised    -> paid cancelled expired failed unknown
paid          -> part_refunded refunded disputed
part_refunded -> paid part_refunded refunded disputed
refunded      -> paid part_refunded disputed
disputed      -> paid part_refunded refunded
declined      -> paid
cancelled     -> paid
expired       -> paid
failed        -> paid
"""


def documented() -> dict[str, set[str]]:
    rows = (line.split("->") for line in DOCUMENT.strip().splitlines())
    return {before.strip(): set(then.split()) for before, then in rows}


def test_the_table_is_the_documents() -> None:
    assert {state.value: {to.value for to in targets} for state, targets in MOVES.items()} == documented()


@pytest.mark.parametrize(("before", "to"), list(product(State, State)))
def test_a_move_is_made_only_when_it_stands_in_the_table(before: State, to: State) -> None:
    if to.value in documented()[before.value]:
        assert move(before, to) is to
    else:
        with pytest.raises(NotAllowed):
            move(before, to)


def test_every_state_is_open_or_ended_with_or_without_money() -> None:
    groups = [OPEN, WITH_MONEY, WITHOUT_MONEY]
    assert sorted(state for group in groups for state in group) == sorted(State)


@pytest.mark.parametrize(("before", "standing"), list(product(State, Standing)))
def test_what_a_provider_says_never_takes_a_payment_back(before: State, standing: Standing) -> None:
    then = after(before, standing)
    rank = {**dict.fromkeys(OPEN, 0), State.AUTHORISED: 1, **dict.fromkeys(WITHOUT_MONEY, 2)}
    rank |= dict.fromkeys(WITH_MONEY, 3)
    assert rank[then] >= rank[before]
    assert then in {before, State(standing.value)}
    assert after(then, standing) is then, "saying it again is no news"
    if before in WITH_MONEY:
        assert then is before
    elif standing is Standing.PAID:
        assert then is State.PAID, "a success is never dropped"
    elif before in WITHOUT_MONEY:
        assert then is before


@pytest.mark.parametrize(("before", "standing"), list(product(State, Standing)))
def test_what_a_provider_says_is_a_walk_along_the_table(before: State, standing: Standing) -> None:
    then = after(before, standing)
    if then is before or then in MOVES[before]:
        return
    # Only the call whose answer was never stored goes by way of not knowing.
    assert before is State.CREATED
    assert then in MOVES[State.UNKNOWN]
