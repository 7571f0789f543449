"""What a question may be about, and how it stands. Pure."""

from enum import StrEnum
from typing import Final

LONGEST_TEXT: Final = 1000
LONGEST_ANSWER: Final = 4000


class Reason(StrEnum):
    """What the citizen chose (ux.md, C8), in the order of the page."""

    UNCLEAR = "unclear"
    PAID = "paid"
    RETURNED = "returned"
    AMOUNT = "amount"
    NOT_MINE = "not_mine"
    OTHER = "other"


class QuestionState(StrEnum):
    """How a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    """Settled without a written answer; its last event says how."""


def reasons_for(area: str) -> tuple[Reason, ...]:
    """What can be asked about a bill of an area: only what was borrowed can have been returned."""
    return tuple(reason for reason in Reason if reason is not Reason.RETURNED or area == "library")
