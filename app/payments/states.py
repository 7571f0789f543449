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
_TAKEN = frozenset({State.PAID, State.PART_REFUNDED, State.REFUNDED, State.DISPUTED})

MOVES: dict[State, frozenset[State]] = {
    State.CREATED: frozenset({State.AWAITING, State.UNKNOWN, State.FAILED, State.EXPIRED}),
    State.AWAITING: _AFTER_AWAITING,
    State.UNKNOWN: frozenset({State.AWAITING}) | _AFTER_AWAITING - {State.UNKNOWN},
    # A reservation may be let go by us (cancelled), by time (expired), or never be taken (failed).
    State.AUTHORISED: frozenset({State.PAID, State.CANCELLED, State.EXPIRED, State.FAILED, State.UNKNOWN}),
    # Money goes back in parts; a refund that fails later and a dispute that is won bring it here again.
    State.PAID: _TAKEN - {State.PAID},
    State.PART_REFUNDED: _TAKEN,
    State.REFUNDED: _TAKEN - {State.REFUNDED},
    State.DISPUTED: _TAKEN - {State.DISPUTED},
    State.DECLINED: _LATE,
    State.CANCELLED: _LATE,
    State.EXPIRED: _LATE,
    State.FAILED: _LATE,
}
OPEN = frozenset({State.CREATED, State.AWAITING, State.UNKNOWN, State.AUTHORISED})
"""Nobody knows yet whether money will be taken; the claims are kept for this payment."""
WITHOUT_MONEY = frozenset({State.DECLINED, State.CANCELLED, State.EXPIRED, State.FAILED})
"""Ended, and no money was taken."""
WITH_MONEY = _TAKEN


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


def with_money(*, captured_ore: int, refunded_ore: int, disputed_ore: int) -> State:
    """The state of a payment whose money was taken: how much has gone back, and how much a bank holds for now."""
    if disputed_ore:
        return State.DISPUTED
    if refunded_ore <= 0:
        return State.PAID
    return State.PART_REFUNDED if refunded_ore < captured_ore else State.REFUNDED


class RefundState(StrEnum):
    """Where money on its way back stands with us."""

    ASKED = "asked"
    """Waits for a second person."""
    APPROVED = "approved"
    """Decided; the ledger is asked to give the posting back first."""
    SENDING = "sending"
    """Ours to send back; the provider has not answered yet."""
    PENDING = "pending"
    """The provider has taken it on and is not at its end."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Not sent, or came back: the money waits with us, and a person must find another way."""
    STOPPED = "stopped"
    """Declined by the second person, or refused by the ledger: nothing was sent."""


def bank_gave_back(origin: str, state: RefundState) -> bool:
    """Whether a refund is money that a bank took after a dispute, and gave back when the dispute was won."""
    return origin == "dispute" and state in {RefundState.FAILED, RefundState.STOPPED}


REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    # What is paid out from the municipality's own bank is there when it is decided.
    RefundState.ASKED: frozenset(
        {RefundState.APPROVED, RefundState.SENDING, RefundState.SUCCEEDED, RefundState.STOPPED}
    ),
    RefundState.APPROVED: frozenset({RefundState.SENDING, RefundState.SUCCEEDED, RefundState.STOPPED}),
    RefundState.SENDING: frozenset({RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
    RefundState.STOPPED: frozenset(),
}
GOING_BACK = frozenset(
    {RefundState.ASKED, RefundState.APPROVED, RefundState.SENDING, RefundState.PENDING, RefundState.SUCCEEDED}
)
"""Counts against what may still be sent back: never more than was captured."""
