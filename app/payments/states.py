"""The moves a payment may make, as a table. Pure; the only list of states (domain.md, section 4)."""

from enum import StrEnum

from app.payments.port import Standing


class State(StrEnum):
    """Where a payment stands with us."""

    CREATED = "created"
    AWAITING = "awaiting"
    UNKNOWN = "unknown"
    AUTHORISED = "authorised"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


_AFTER_AWAITING = frozenset({
    State.AUTHORISED, State.PAID, State.DECLINED, State.CANCELLED, State.EXPIRED, State.FAILED, State.UNKNOWN
})  # fmt: skip
_LATE = frozenset({State.PAID})

MOVES: dict[State, frozenset[State]] = {
    State.CREATED: frozenset({State.AWAITING, State.UNKNOWN, State.FAILED, State.EXPIRED}),
    State.AWAITING: _AFTER_AWAITING,
    State.UNKNOWN: frozenset({State.AWAITING}) | _AFTER_AWAITING - {State.UNKNOWN},
    State.AUTHORISED: frozenset({State.PAID, State.EXPIRED, State.UNKNOWN}),
    State.PAID: frozenset({State.PART_REFUNDED, State.REFUNDED, State.DISPUTED}),
    State.PART_REFUNDED: frozenset({State.PART_REFUNDED, State.REFUNDED, State.DISPUTED}),
    State.REFUNDED: frozenset({State.PART_REFUNDED, State.PAID}),
    State.DISPUTED: frozenset({State.PAID, State.REFUNDED}),
    State.DECLINED: _LATE,
    State.CANCELLED: _LATE,
    State.EXPIRED: _LATE,
    State.FAILED: _LATE,
}
OPEN = frozenset({State.CREATED, State.AWAITING, State.UNKNOWN, State.AUTHORISED})
"""Nobody knows yet whether money will be taken; the claims are kept for this payment."""
WITHOUT_MONEY = frozenset({State.DECLINED, State.CANCELLED, State.EXPIRED, State.FAILED})
"""Ended, and no money was taken."""
WITH_MONEY = frozenset({State.PAID, State.PART_REFUNDED, State.REFUNDED, State.DISPUTED})


class NotAllowed(Exception):
    """A move that is not in the table."""


def move(state: State, to: State) -> State:
    """The new state.

    :raises NotAllowed: the table does not have this move
    """
    if to not in MOVES[state]:
        raise NotAllowed(f"{state} may not become {to}")
    return to


def after(state: State, standing: Standing) -> State:
    """The state of a payment when its provider says how it stands; the same state when that is no news.

    An answer may be older than what is already known (two are read side by side): it never takes a payment back.
    """
    told = State(standing.value)
    if told is state or state in WITH_MONEY:
        return state
    if state in WITHOUT_MONEY and told is not State.PAID:
        return state
    if state is State.CREATED and told is not State.AWAITING:
        return move(move(state, State.UNKNOWN), told)  # the provider knows a call whose answer we never stored
    if told not in MOVES[state]:
        return state
    return told
