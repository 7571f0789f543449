"""Sightings as rows: what each source shows of a claim in each person's answer, stored and read back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.claims import rules
from app.claims.models import Claim, ClaimLiability, ClaimSighting
from app.claims.sighting import FoundClaim

Key = tuple[str, str]
"""Where a claim arose, and its reference there."""


@dataclass(frozen=True)
class Sighted:
    """One source's whole answer about one person: what it lists, asked for at `asked_at`."""

    municipality_code: str
    person_id: UUID
    source: str
    claims: Sequence[FoundClaim]
    asked_at: datetime
    about: frozenset[Key] | None = None
    """The claims that a message is about, where it is no whole answer: of others it says nothing."""


def listed_before(session: Session, *, sighted: Sighted) -> set[UUID]:
    """The claims that the source listed when it was last heard about this person."""
    rows = select(ClaimSighting.claim_id).where(
        ClaimSighting.person_id == sighted.person_id,
        ClaimSighting.municipality_code == sighted.municipality_code,
        ClaimSighting.source == sighted.source,
        ClaimSighting.gone_at.is_(None),
    )
    return set(session.scalars(rows))


def store(session: Session, *, sighted: Sighted, found: dict[Key, FoundClaim], ids: dict[Key, UUID]) -> None:
    """Note who is liable and keep what the source shows."""
    if not found:
        return
    own = {"person_id": sighted.person_id, "municipality_code": sighted.municipality_code}
    liable = insert(ClaimLiability).values(
        [{"claim_id": ids[key], "role": claim.role.value, **own} for key, claim in found.items()]
    )
    session.execute(
        liable.on_conflict_do_update(
            index_elements=["claim_id", "person_id"], set_={"role": liable.excluded.role},
            where=ClaimLiability.role != liable.excluded.role,
        )
    )  # fmt: skip
    shown = insert(ClaimSighting).values(
        [
            {"claim_id": ids[key], "source": sighted.source, "seen": rules.to_json(claim), "gone_at": None, **own}
            for key, claim in found.items()
        ]
    )
    session.execute(
        shown.on_conflict_do_update(
            index_elements=["claim_id", "source", "person_id"],
            set_={"seen": shown.excluded.seen, "gone_at": None},
            where=(ClaimSighting.seen != shown.excluded.seen) | ClaimSighting.gone_at.is_not(None),
        )
    )
    _tell_the_others(session, sighted, {ids[key] for key in found})


def _tell_the_others(session: Session, sighted: Sighted, claim_ids: set[UUID]) -> None:
    """A source's newest word on a claim holds for everybody who owes it; only the role is each person's own."""
    new, old = aliased(ClaimSighting), ClaimSighting
    session.execute(
        update(old)
        .where(
            new.claim_id == old.claim_id,
            new.source == old.source,
            new.person_id == sighted.person_id,
            old.person_id != sighted.person_id,
            old.source == sighted.source,
            old.claim_id.in_(claim_ids),
            old.seen.op("-")("role") != new.seen.op("-")("role"),
        )
        .values(seen=new.seen.concat(func.jsonb_build_object("role", old.seen["role"])))
        .execution_options(synchronize_session=False)
    )


def mark_gone(session: Session, *, sighted: Sighted, claim_ids: Iterable[UUID], now: datetime) -> None:
    """The source lists these claims no longer for this person."""
    session.execute(
        update(ClaimSighting)
        .where(
            ClaimSighting.claim_id.in_(claim_ids),
            ClaimSighting.person_id == sighted.person_id,
            ClaimSighting.source == sighted.source,
        )
        .values(gone_at=now)
        .execution_options(synchronize_session=False)
    )


def sightings_of(session: Session, *, claim_ids: Iterable[UUID]) -> dict[UUID, list[ClaimSighting]]:
    """By claim, always in the same order."""
    rows = (
        select(ClaimSighting)
        .where(ClaimSighting.claim_id.in_(claim_ids))
        .order_by(ClaimSighting.claim_id, ClaimSighting.source, ClaimSighting.person_id)
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[ClaimSighting]] = {}
    for row in session.scalars(rows):
        found.setdefault(row.claim_id, []).append(row)
    return found


def seen_in(rows: Sequence[ClaimSighting]) -> list[rules.Seen]:
    """A claim's sightings as the rules read them."""
    return [rules.Seen(row.source, rules.from_json(row.seen), row.gone_at is not None) for row in rows]


def release(session: Session, claim: Claim, rows: Sequence[ClaimSighting]) -> None:
    """Take an open claim from those in whose answers nobody lists it any more."""
    still_liable = {row.person_id for row in rows if row.gone_at is None}
    if released := {row.person_id for row in rows} - still_liable:
        session.execute(
            delete(ClaimLiability).where(ClaimLiability.claim_id == claim.id, ClaimLiability.person_id.in_(released))
        )
