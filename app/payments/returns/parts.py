"""Money on its way back, part by part: where in a payment each øre of it is taken from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from app.foundation.jsons import Json


class Recall(StrEnum):
    """Whether the ledger has to give a part back first, and what it said."""

    LOOSE = "loose"
    """No claim has this money: it waits with us, and the ledger is not asked."""
    WAITING = "waiting"
    GIVEN = "given"
    KEPT = "kept"
    NOWHERE = "nowhere"
    """A bank or the provider took more than was left of the payment."""


@dataclass(frozen=True)
class Part:
    """How much of a refund is taken from which line of the payment; from none of them where no claim has the money."""

    claim_id: UUID | None
    amount_ore: int
    recall: Recall
    account: str | None = None

    def to_json(self) -> Json:
        """As it is stored in `Refund.shares`."""
        return {
            "claim_id": str(self.claim_id) if self.claim_id else None,
            "amount_ore": self.amount_ore,
            "recall": self.recall.value,
            "account": self.account,
        }


def from_json(stored: Sequence[Json]) -> tuple[Part, ...]:
    """A refund's parts as they were stored."""
    return tuple(
        Part(
            UUID(one["claim_id"]) if one["claim_id"] else None,
            one["amount_ore"],
            Recall(one["recall"]),
            one["account"],
        )
        for one in stored
    )


@dataclass(frozen=True)
class LeftLine:
    """How much of one line is neither going back nor gone."""

    claim_id: UUID
    account: str
    left_ore: int


@dataclass(frozen=True)
class Left:
    """What of a payment may still go back: money that no claim has, and the lines that the ledger was promised."""

    loose_ore: int
    lines: tuple[LeftLine, ...]
    most_ore: int
    """All that may go back, wherever it is taken from: what was captured, less what goes or has gone back."""

    @property
    def total_ore(self) -> int:
        """How much may be asked for in all."""
        return max(0, min(self.most_ore, self.loose_ore + sum(line.left_ore for line in self.lines)))


class MoreThanLeft(Exception):
    """More is asked for than is left of the payment, or of one of its parts."""


def chosen(left: Left, shares: Mapping[UUID | None, int]) -> tuple[Part, ...]:
    """The parts of a refund that a person has asked for; None is the money that no claim has.

    :raises MoreThanLeft: of one of them less is left, or it is no line of this payment
    """
    if sum(shares.values()) > left.total_ore:
        raise MoreThanLeft(left.total_ore)
    lines = {line.claim_id: line for line in left.lines}
    parts = []
    for claim_id, amount_ore in shares.items():
        line = lines.get(claim_id) if claim_id else None
        left_ore = left.loose_ore if claim_id is None else line.left_ore if line else 0
        if amount_ore > left_ore:
            raise MoreThanLeft(left_ore)
        recall = Recall.WAITING if line else Recall.LOOSE
        parts.append(Part(claim_id, amount_ore, recall, line.account if line else None))
    return tuple(parts)


def spread(left: Left, *, amount_ore: int) -> tuple[Part, ...]:
    """The parts of money that has gone without our asking: what no claim has first, then line by line."""
    places = [Part(None, left.loose_ore, Recall.LOOSE)]
    places += [Part(line.claim_id, line.left_ore, Recall.WAITING, line.account) for line in left.lines]
    parts, there_ore = [], min(amount_ore, left.total_ore)
    for place in [*places, Part(None, amount_ore - there_ore, Recall.NOWHERE)]:
        taken_ore = place.amount_ore if place.recall is Recall.NOWHERE else min(place.amount_ore, there_ore)
        if taken_ore:
            parts.append(replace(place, amount_ore=taken_ore))
            there_ore -= taken_ore
    return tuple(parts)


def met(parts: Sequence[Part], *, amount_ore: int) -> tuple[Part, ...]:
    """The parts when money waits with us for so much of what had gone beyond what was left (at most all of that)."""
    beyond_ore = total_ore(parts, Recall.NOWHERE) - amount_ore
    known = [part for part in parts if part.recall is not Recall.NOWHERE]
    changed = [Part(None, amount_ore, Recall.LOOSE), Part(None, beyond_ore, Recall.NOWHERE)]
    return (*known, *(part for part in changed if part.amount_ore))


def answered(
    parts: Sequence[Part], *, shares: Mapping[UUID, int], recall: Recall
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The ledger's answer about shares (claim id to øre): all parts as they then are, and those that it is about.

    What of a part is not answered still waits.
    """
    after, about = [], []
    for part in parts:
        asked = shares.get(part.claim_id, 0) if part.claim_id and part.recall is Recall.WAITING else 0
        ore = min(part.amount_ore, asked)
        said = replace(part, amount_ore=ore, recall=recall)
        after += [said, replace(part, amount_ore=part.amount_ore - ore)]
        about.append(said)
    return _merged(after), tuple(one for one in about if one.amount_ore)


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """One part for all that is alike, in the order in which they first come; none for nothing."""
    amounts: dict[Part, int] = {}
    for part in parts:
        alike = replace(part, amount_ore=0)
        amounts[alike] = amounts.get(alike, 0) + part.amount_ore
    return tuple(replace(alike, amount_ore=ore) for alike, ore in amounts.items() if ore)


def total_ore(parts: Sequence[Part], *recalls: Recall) -> int:
    """How much the parts come to, of certain kinds."""
    return sum(part.amount_ore for part in parts if part.recall in recalls)
