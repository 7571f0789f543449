"""The words for money that moves on a merchant's account at a provider, and is paid out to the bank."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class MovementKind(StrEnum):
    """What moved the money that a payout is the sum of."""

    CAPTURE = "capture"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True)
class Movement:
    """One line of a payout. `gross_ore` is positive when it comes to us; `fee_ore` is what the provider kept of it."""

    reference: str
    kind: MovementKind
    payment_reference: str | None
    """The payment's `reference` or its `charge_reference`, whichever the provider names; None for what has none."""
    gross_ore: int
    fee_ore: int = 0
    payment_id: UUID | None = None
    """Our own id where the provider has kept it with what moved."""


@dataclass(frozen=True)
class Illegible:
    """A line of a provider's list that cannot be read, though the others can: which one, and why not."""

    where: str
    reason: str


@dataclass(frozen=True)
class Payout:
    """Money that the provider has sent to the municipality's bank, with the movements that it says it is the sum of."""

    reference: str
    paid_on: date
    amount_ore: int
    movements: tuple[Movement, ...]
