"""What the sources room knows, for pages: how fresh the picture is, the library card, and step three of a receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.sources.models import SourceHearing, WriteBack
from app.sources.port import Source

STALE_AFTER = timedelta(minutes=5)
SILENT_FOR = timedelta(seconds=20)
"""A source that did not answer is left in peace this long: a page must not wait for it at every click."""


@dataclass(frozen=True)
class Freshness:
    """When a source was last heard about a person, and whether the last try failed."""

    source: str
    answered_at: datetime | None
    failed_at: datetime | None

    @property
    def has_failed(self) -> bool:
        """The last try failed."""
        return self.failed_at is not None


@dataclass(frozen=True)
class LibraryCard:
    """A person's standing at the library; `is_blocked_by_debt` is the block that paying lifts."""

    is_patron: bool
    is_blocked: bool
    is_blocked_by_debt: bool


@dataclass(frozen=True)
class Told:
    """How far the telling of one paid claim has come: `waiting`, `told`, `known` or `refused`."""

    claim_id: UUID
    way: str
    state: str
    said: str | None
    known_at: datetime | None


def freshness(session: Session, *, person_id: UUID, municipality_code: str) -> dict[str, Freshness]:
    """By source, for one person in one municipality."""
    rows = select(SourceHearing).where(
        SourceHearing.person_id == person_id, SourceHearing.municipality_code == municipality_code
    )
    return {row.source: Freshness(row.source, row.answered_at, row.failed_at) for row in session.scalars(rows)}


def due(
    sources: Sequence[Source], known: Mapping[str, Freshness], *, now: datetime, not_before: datetime | None = None
) -> list[Source]:
    """The sources that are worth asking now: last heard too long ago, and not just found silent. Pure.

    What was heard before `not_before` (a login just begun) is too long ago, however fresh.
    """
    return [source for source in sources if _is_due(known.get(source.name), now, not_before)]


def _is_due(heard: Freshness | None, now: datetime, not_before: datetime | None) -> bool:
    if heard is None:
        return True
    if heard.failed_at:
        return now - heard.failed_at >= SILENT_FOR
    if heard.answered_at is None or now - heard.answered_at >= STALE_AFTER:
        return True
    return not_before is not None and heard.answered_at < not_before


def library_card(session: Session, *, person_id: UUID, municipality_code: str) -> LibraryCard | None:
    """The library card as FBS last told it; None where FBS has not answered."""
    row = session.get(SourceHearing, (person_id, municipality_code, "fbs"))
    if row is None or row.answered_at is None:
        return None
    blocked = row.facts.get("blocked") or []
    return LibraryCard(row.facts.get("patron_id") is not None, bool(blocked), "E" in blocked)


def told_of(session: Session, *, payment_ids: Sequence[UUID]) -> dict[UUID, list[Told]]:
    """How far the sources know of payments, by payment."""
    told: dict[UUID, list[Told]] = {payment_id: [] for payment_id in payment_ids}
    for row in session.scalars(select(WriteBack).where(WriteBack.payment_id.in_(payment_ids))):
        if row.payment_id is not None:
            told[row.payment_id].append(Told(row.claim_id, row.way, row.state, row.said, row.known_at))
    return told
