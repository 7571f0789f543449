"""Which entry an event in the life of the money makes. Pure; debit is positive, credit negative."""

from collections.abc import Iterable
from dataclasses import dataclass


class Unbalanced(ValueError):
    """An entry that does not sum to zero, or has an amount below zero in its making."""


@dataclass(frozen=True)
class Entry:
    """An event booked: account to øre, summing to zero."""

    kind: str
    lines: tuple[tuple[str, int], ...]


def capture(*, provider: str, municipality_code: str, wanted_ore: int, overpaid_ore: int) -> Entry:
    """The provider has taken money: what claims want goes in transit to the ledger, the rest waits for refund.

    :raises Unbalanced: an amount below zero, or nothing taken
    """
    return _entry(
        "capture",
        [
            (f"provider/{provider}/{municipality_code}", wanted_ore + overpaid_ore),
            (f"transit/{municipality_code}", -wanted_ore),
            (f"overpaid/{municipality_code}", -overpaid_ore),
        ],
        amounts=(wanted_ore, overpaid_ore),
    )


def accepted(*, municipality_code: str, amount_ore: int) -> Entry:
    """The ledger has accepted a posting: the money is no longer in transit.

    :raises Unbalanced: an amount of zero or below
    """
    lines = [(f"transit/{municipality_code}", amount_ore), (f"ledger/{municipality_code}", -amount_ore)]
    return _entry("accepted", lines, amounts=(amount_ore,))


def booked_by_hand(*, municipality_code: str, amount_ore: int) -> Entry:
    """A person has booked money in the ledger: it is no longer in transit.

    :raises Unbalanced: an amount of zero or below
    """
    lines = [(f"transit/{municipality_code}", amount_ore), (f"ledger/{municipality_code}", -amount_ore)]
    return _entry("booked_by_hand", lines, amounts=(amount_ore,))


def paid_by_bank(*, municipality_code: str, amount_ore: int) -> Entry:
    """Money that waited for refund was paid out from the municipality's bank; the provider pays its share of it there.

    :raises Unbalanced: an amount of zero or below
    """
    lines = [(f"overpaid/{municipality_code}", amount_ore), (f"bank/{municipality_code}", -amount_ore)]
    return _entry("paid_by_bank", lines, amounts=(amount_ore,))


def refund(*, provider: str, municipality_code: str, overpaid_ore: int, gone_ore: int) -> Entry:
    """Money has left the provider's account for the citizen, or for a bank that took it.

    What waited for it is taken from overpaid. What the ledger has still to give back is gone ahead of that.

    :raises Unbalanced: an amount below zero, or nothing left
    """
    lines = [
        (f"overpaid/{municipality_code}", overpaid_ore),
        (f"gone/{municipality_code}", gone_ore),
        (f"provider/{provider}/{municipality_code}", -overpaid_ore - gone_ore),
    ]
    return _entry("refund", lines, amounts=(overpaid_ore, gone_ore))


def came_back(*, provider: str, municipality_code: str, overpaid_ore: int, gone_ore: int, transit_ore: int) -> Entry:
    """Money that had left is with the provider again: a refund failed, or a bank gave back what it took.

    :raises Unbalanced: an amount below zero, or nothing came
    """
    lines = [
        (f"provider/{provider}/{municipality_code}", overpaid_ore + gone_ore + transit_ore),
        (f"overpaid/{municipality_code}", -overpaid_ore),
        (f"gone/{municipality_code}", -gone_ore),
        (f"transit/{municipality_code}", -transit_ore),
    ]
    return _entry("came_back", lines, amounts=(overpaid_ore, gone_ore, transit_ore))


def recalled(*, municipality_code: str, source: str, overpaid_ore: int, gone_ore: int, transit_ore: int) -> Entry:
    """A posting was taken back: from the `ledger`, or from `transit` where the ledger never had it.

    :raises Unbalanced: an amount below zero, or nothing was taken back
    """
    lines = [
        (f"{source}/{municipality_code}", overpaid_ore + gone_ore + transit_ore),
        (f"overpaid/{municipality_code}", -overpaid_ore),
        (f"gone/{municipality_code}", -gone_ore),
        (f"transit/{municipality_code}", -transit_ore),
    ]
    return _entry("recalled", lines, amounts=(overpaid_ore, gone_ore, transit_ore))


def evened(*, municipality_code: str, amount_ore: int) -> Entry:
    """Money that had gone beyond what was left of a payment is met by money of that payment that waits with us.

    :raises Unbalanced: an amount of zero or below
    """
    lines = [(f"overpaid/{municipality_code}", amount_ore), (f"gone/{municipality_code}", -amount_ore)]
    return _entry("evened", lines, amounts=(amount_ore,))


def _entry(kind: str, lines: Iterable[tuple[str, int]], *, amounts: Iterable[int]) -> Entry:
    moved = tuple((account, amount_ore) for account, amount_ore in lines if amount_ore)
    if min(amounts) < 0 or not moved or sum(amount_ore for _, amount_ore in moved) != 0:
        raise Unbalanced(f"{kind}: {moved}")
    return Entry(kind, moved)


def payout(*, provider: str, municipality_code: str, gross_ore: int, fee_ore: int) -> Entry:
    """The provider has paid to the bank what it owed, less its fee; both may be below zero (more went back than came).

    :raises Unbalanced: nothing moved
    """
    lines = [
        (f"bank/{municipality_code}", gross_ore - fee_ore),
        (f"fees/{municipality_code}", fee_ore),
        (f"provider/{provider}/{municipality_code}", -gross_ore),
    ]
    return _entry("payout", lines, amounts=(0,))
