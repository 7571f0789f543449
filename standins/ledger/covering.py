"""How a payment is used on an account, and how what it covered is owed again: the claim, interest and reminder fees."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from standins.world import Debt, Extra

if TYPE_CHECKING:
    from standins.ledger.books import Cover

CLAIM = "Fordring"


def owed_things(debt: Debt) -> dict[tuple[str, UUID], Debt | Extra]:
    """What can be covered on an account, by kind and id: the claim first, then what was charged, oldest first."""
    things: dict[tuple[str, UUID], Debt | Extra] = {(CLAIM, debt.claim_id): debt}
    for extra in debt.extras:
        things[extra.kind, extra.extra_id] = extra
    return things


def asks_too_much(debt: Debt, split: Sequence["Cover"]) -> bool:
    """Whether a payment is split over more than is left of one of them."""
    things = owed_things(debt)
    asked: dict[tuple[str, UUID], int] = {}
    for cover in split:
        asked[cover.of, cover.claim_id] = asked.get((cover.of, cover.claim_id), 0) + cover.amount_ore
    return any(amount_ore > things[key].outstanding_ore for key, amount_ore in asked.items() if key in things)


def cover(debt: Debt, split: Sequence["Cover"], amount_ore: int) -> list[tuple[UUID, int]]:
    """Use a payment as its payer asked, and what is left of it from the claim on; how much went to what, by id."""
    things = owed_things(debt)
    covered: dict[UUID, int] = {}
    asked = [((one.of, one.claim_id), one.amount_ore) for one in split]
    for key, wanted_ore in (*asked, *((key, amount_ore) for key in things)):
        used_ore = min(wanted_ore, amount_ore, things[key].outstanding_ore)
        if used_ore > 0:
            things[key].outstanding_ore -= used_ore
            covered[key[1]] = covered.get(key[1], 0) + used_ore
            amount_ore -= used_ore
    return list(covered.items())


def uncover(
    debt: Debt, covered: list[tuple[UUID, int]], taken: Sequence[tuple[UUID, int]], amount_ore: int
) -> list[tuple[UUID, int]]:
    """Owe again what a reversal takes: first what it names, the rest from what was covered last; what stays covered."""
    left = dict(covered)
    by_id = {thing_id: thing for (_kind, thing_id), thing in owed_things(debt).items()}
    rest = [(thing_id, amount_ore) for thing_id in reversed(left)]
    for thing_id, wanted_ore in (*taken, *rest):
        back_ore = min(wanted_ore, amount_ore, left.get(thing_id, 0))
        if back_ore > 0:
            by_id[thing_id].outstanding_ore += back_ore
            left[thing_id] -= back_ore
            amount_ore -= back_ore
    return [(thing_id, ore) for thing_id, ore in left.items() if ore > 0]
