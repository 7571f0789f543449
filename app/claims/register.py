"""The register: the only writer of claims. What sources show comes in here, and what has been paid here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims import rules
from app.claims.models import Claim, ClaimEvent, ClaimLiability, ClaimSighting
from app.claims.sighting import FoundClaim


@dataclass(frozen=True)
class Sighted:
    """One source's whole answer about one person: what it lists, asked for at `asked_at`."""

    municipality_code: str
    person_id: UUID
    source: str
    claims: Sequence[FoundClaim]
    asked_at: datetime


def observe(session: Session, *, sighted: Sighted, now: datetime) -> None:
    """Bring the register to what a source shows of a person. Observing the same twice changes nothing.

    A claim that nobody lists any more is closed with its reason, never deleted. An answer asked for before a claim was
    closed cannot open it again.
    """
    _one_at_a_time(session, sighted)
    found = {(claim.origin_system, claim.origin_ref): claim for claim in sighted.claims}
    new = _make_rows(session, sighted, found, now)
    touched = _store_sightings(session, sighted, found)
    touched |= _mark_gone(session, sighted, touched, now)
    if not touched:
        return
    seen = _sightings_of(session, touched)
    locked = session.scalars(select(Claim).where(Claim.id.in_(touched)).order_by(Claim.id).with_for_update())
    for claim in locked:
        if claim.id in new:
            _note(session, claim, "seen", now, source=sighted.source)
        _settle(session, claim, [row for row in seen if row.claim_id == claim.id], sighted, now)


def _one_at_a_time(session: Session, sighted: Sighted) -> None:
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"),
        {"who": f"{sighted.municipality_code}/{sighted.person_id}"},
    )


def _make_rows(
    session: Session, sighted: Sighted, found: dict[tuple[str, str], FoundClaim], now: datetime
) -> set[UUID]:
    """Make rows for claims that nobody has shown before; returns their ids."""
    if not found:
        return set()
    rows = [
        {
            "municipality_code": sighted.municipality_code,
            "origin_system": system,
            "origin_ref": ref,
            "first_seen_at": now,
            **rules.columns_of(claim),
        }
        for (system, ref), claim in sorted(found.items())
    ]
    return set(session.scalars(insert(Claim).values(rows).on_conflict_do_nothing().returning(Claim.id)))


def _store_sightings(session: Session, sighted: Sighted, found: dict[tuple[str, str], FoundClaim]) -> set[UUID]:
    """Note who is liable and keep what the source shows. Returns the claims concerned."""
    if not found:
        return set()
    ordered = sorted(found.items())
    ids = {
        (system, ref): claim_id
        for claim_id, system, ref in session.execute(
            select(Claim.id, Claim.origin_system, Claim.origin_ref).where(
                Claim.municipality_code == sighted.municipality_code,
                Claim.origin_system.in_({system for system, _ in found}),
                Claim.origin_ref.in_({ref for _, ref in found}),
            )
        )
        if (system, ref) in found
    }
    own = {"person_id": sighted.person_id, "municipality_code": sighted.municipality_code}
    liable = insert(ClaimLiability).values(
        [{"claim_id": ids[key], "role": claim.role.value, **own} for key, claim in ordered]
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
            for key, claim in ordered
        ]
    )
    session.execute(
        shown.on_conflict_do_update(
            index_elements=["claim_id", "source", "person_id"],
            set_={"seen": shown.excluded.seen, "gone_at": None},
            where=(ClaimSighting.seen != shown.excluded.seen) | ClaimSighting.gone_at.is_not(None),
        )
    )
    return set(ids.values())


def _mark_gone(session: Session, sighted: Sighted, listed: set[UUID], now: datetime) -> set[UUID]:
    gone = (
        update(ClaimSighting)
        .where(
            ClaimSighting.person_id == sighted.person_id,
            ClaimSighting.municipality_code == sighted.municipality_code,
            ClaimSighting.source == sighted.source,
            ClaimSighting.gone_at.is_(None),
            ClaimSighting.claim_id.not_in(listed),
        )
        .values(gone_at=now)
        .returning(ClaimSighting.claim_id)
    )
    return set(session.scalars(gone))


def _sightings_of(session: Session, claim_ids: set[UUID]) -> list[ClaimSighting]:
    rows = select(ClaimSighting).where(ClaimSighting.claim_id.in_(claim_ids)).execution_options(populate_existing=True)
    return list(session.scalars(rows))


def _settle(session: Session, claim: Claim, rows: list[ClaimSighting], sighted: Sighted, now: datetime) -> None:
    """Bring one locked claim to what its sightings say."""
    merged = rules.merged([rules.Seen(row.source, rules.from_json(row.seen), row.gone_at is not None) for row in rows])
    paid_up = claim.covered_ore > 0 and claim.covered_ore >= claim.outstanding_ore
    own_gone = any(row.person_id == sighted.person_id and row.source == sighted.source and row.gone_at for row in rows)
    if merged is None or (own_gone and paid_up):
        _close(session, claim, sighted, now)
        return
    if own_gone and not any(row.person_id == sighted.person_id and not row.gone_at for row in rows):
        session.execute(
            delete(ClaimLiability).where(
                ClaimLiability.claim_id == claim.id, ClaimLiability.person_id == sighted.person_id
            )
        )
    if claim.closed_at is not None:
        if sighted.asked_at <= claim.closed_at:
            return
        claim.closed_at = claim.closed_reason = None
        _note(session, claim, "reopened", now, source=sighted.source)
    _take_over(session, claim, merged, sighted, now)


def _take_over(session: Session, claim: Claim, merged: FoundClaim, sighted: Sighted, now: datetime) -> None:
    columns = rules.columns_of(merged)
    before = {name: getattr(claim, name) for name in columns}
    if before != columns:
        for name, value in columns.items():
            setattr(claim, name, value)
        if told := rules.told_changes(before, columns):
            _note(session, claim, "changed", now, source=sighted.source, **told)
    if claim.covered_ore and claim.reflected_at and sighted.asked_at > claim.reflected_at and merged.outstanding_ore:
        # The holder knows of the payment and still lists this much: that much is owed.
        claim.covered_ore, claim.covered_at, claim.reflected_at = 0, None, None
        _note(session, claim, "still_owed", now, outstanding_ore=merged.outstanding_ore)


def _close(session: Session, claim: Claim, sighted: Sighted, now: datetime) -> None:
    if claim.closed_at is None:
        claim.closed_at, claim.closed_reason = now, "paid" if claim.covered_ore else "no_longer_listed"
        claim.covered_ore, claim.reflected_at = 0, None
        _note(session, claim, "closed", now, source=sighted.source, reason=claim.closed_reason)


def _note(session: Session, claim: Claim, kind: str, now: datetime, **facts: object) -> None:
    session.add(
        ClaimEvent(claim_id=claim.id, municipality_code=claim.municipality_code, at=now, kind=kind, facts=facts)
    )


def lock(session: Session, *, claim_ids: Iterable[UUID]) -> dict[UUID, Claim]:
    """Claims locked for this transaction, always in the same order, by id."""
    rows = select(Claim).where(Claim.id.in_(set(claim_ids))).order_by(Claim.id).with_for_update()
    return {claim.id: claim for claim in session.scalars(rows.execution_options(populate_existing=True))}


def may_be_covered(claim: Claim) -> bool:
    """Whether money for this claim is still wanted: it is open and not paid here already."""
    return claim.closed_at is None and claim.covered_ore < claim.outstanding_ore


def cover(session: Session, *, shares: dict[UUID, int], payment_id: UUID, now: datetime) -> None:
    """Note that claims (locked by the caller) have been paid here: claim id to øre."""
    for claim_id, amount_ore in shares.items():
        claim = session.get_one(Claim, claim_id)  # as it was locked
        claim.covered_ore += amount_ore
        claim.covered_at, claim.reflected_at = now, None
        _note(session, claim, "covered", now, payment_id=str(payment_id), amount_ore=amount_ore)


def reflected(session: Session, *, claim_ids: Iterable[UUID], kind: str, now: datetime) -> None:
    """Note that the holder of paid claims knows of the payment: from now on its amounts include it."""
    for claim in lock(session, claim_ids=claim_ids).values():
        if claim.covered_ore and claim.reflected_at is None:
            claim.reflected_at = now
        _note(session, claim, kind, now)


def close_paid(session: Session, *, claim_id: UUID, source: str, now: datetime) -> None:
    """Close a claim that its source shows as paid after it was paid here."""
    claim = lock(session, claim_ids=[claim_id])[claim_id]
    if claim.closed_at is None:
        claim.closed_at, claim.closed_reason, claim.covered_ore, claim.reflected_at = now, "paid", 0, None
        _note(session, claim, "closed", now, source=source, reason="paid")
