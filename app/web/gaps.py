"""How fresh the overview is: when the sources were last heard, and which areas of the municipality are missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.municipalities.facts import Facts, Text
from app.sources.queries import Freshness


@dataclass(frozen=True)
class Gap:
    """A source that did not answer: the names of its areas, and when its bills are from, if it ever answered."""

    areas: tuple[Text, ...]
    as_of: datetime | None


def gaps_of(facts: Facts, known: Mapping[str, Freshness]) -> list[Gap]:
    """The municipality's sources that failed when last asked, or were never heard."""
    gaps = []
    for source in facts.sources:
        heard = known.get(source.kind)
        if heard is None or heard.has_failed or heard.answered_at is None:
            areas = tuple(facts.areas[area].label for area in source.areas)
            gaps.append(Gap(areas, heard.answered_at if heard else None))
    return [gap for gap in gaps if not any(_covers(other, gap) for other in gaps)]


def _covers(other: Gap, gap: Gap) -> bool:
    """Whether all that one gap says is said by another that names more areas: then it need not be said twice."""
    return set(gap.areas) < set(other.areas) and (other.as_of is None) == (gap.as_of is None)


def checked_at(known: Mapping[str, Freshness]) -> datetime | None:
    """When the picture was last whole: the oldest of the sources' last answers."""
    return min((one.answered_at for one in known.values() if one.answered_at), default=None)
