"""The register: the only writer of claims. What sources show comes in here, and what has been paid here."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims import rules, sightings
from app.claims.history import note
from app.claims.models import Claim, ClaimSighting
from app.claims.sighting import FoundClaim, Settled
from app.claims.sightings import Key, Sighted


def observe(session: Session, *, sighted: Sighted, now: datetime) -> None:
    """Bring the register to what a source shows of a person. Observing the same twice changes nothing.

    A claim that nobody lists any more is closed with its reason, never deleted. An answer asked for before a claim was
    closed cannot open it again.
    """
    _one_at_a_time(session, sighted)
    found = {(claim.origin_system, claim.origin_ref): claim for claim in sighted.claims}
    new = _make_rows(session, sighted, found, now)
    ids = _ids_of(session, sighted, found.keys() | (sighted.about or frozenset()))
    before = sightings.listed_before(session, sighted=sighted)
    if sighted.about is not None:
        before &= set(ids.values())
    # Claims are locked before anything else about them is read or written: two people who owe the same claim are
    # asked about side by side, and the second must see what the first has said.
    claims = _without_outdated(lock(session, claim_ids=before | {ids[key] for key in found}), sighted)
    found = {key: claim for key, claim in found.items() if ids[key] in claims}
    sightings.store(session, sighted=sighted, found=found, ids=ids)
    gone = claims.keys() - {ids[key] for key in found}
    sightings.mark_gone(session, sighted=sighted, claim_ids=gone, now=now)
    seen = sightings.sightings_of(session, claim_ids=claims.keys())
    for claim in claims.values():
        if claim.id in new:
            note(session, claim, "seen", now, {"source": sighted.source})
        _settle(session, claim, seen.get(claim.id, []), sighted, now)


def _without_outdated(claims: dict[UUID, Claim], sighted: Sighted) -> dict[UUID, Claim]:
    """The claims of which an answer says something new: what the ledger has stated later by message knows better."""
    if sighted.source != rules.LEDGER:
        return claims
    return {one.id: one for one in claims.values() if one.stated_at is None or one.stated_at <= sighted.asked_at}


def _one_at_a_time(session: Session, sighted: Sighted) -> None:
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"),
        {"who": f"{sighted.municipality_code}/{sighted.person_id}"},
    )


def _make_rows(session: Session, sighted: Sighted, found: dict[Key, FoundClaim], now: datetime) -> set[UUID]:
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


def _ids_of(session: Session, sighted: Sighted, named: AbstractSet[Key]) -> dict[Key, UUID]:
    rows = select(Claim.id, Claim.origin_system, Claim.origin_ref).where(
        Claim.municipality_code == sighted.municipality_code,
        Claim.origin_system.in_({system for system, _ in named}),
        Claim.origin_ref.in_({ref for _, ref in named}),
    )
    return {(system, ref): claim_id for claim_id, system, ref in session.execute(rows) if (system, ref) in named}


def _settle(session: Session, claim: Claim, rows: list[ClaimSighting], sighted: Sighted, now: datetime) -> None:
    """Bring one locked claim to what its sightings say, and what the ledger has told of beside them."""
    seen = sightings.seen_in(rows)
    merged = rules.merged(seen)
    is_listed = any(
        row.source == sighted.source and row.person_id == sighted.person_id and row.gone_at is None for row in rows
    )
    _hear_ledger(claim, sighted)
    owed_ore = rules.owed_ore(merged, claim.unlisted)
    paid_up = claim.covered_ore > 0 and claim.covered_ore >= claim.outstanding_ore
    if not owed_ore or (paid_up and not is_listed):
        _close(session, claim, sighted, now)
    elif claim.closed_at is not None and not _may_reopen(claim, sighted, is_listed=is_listed):
        return
    elif merged is not None:
        if claim.closed_at is not None:
            claim.closed_at = claim.closed_reason = None
            note(session, claim, "reopened", now, {"source": sighted.source})
        sightings.release(session, claim, rows)
        _take_over(session, claim, rules.columns_of(merged) | {"outstanding_ore": owed_ore}, sighted, now)
        if is_listed and rules.speaker(seen) == sighted.source:
            _count_anew(session, claim, sighted, now)


def _hear_ledger(claim: Claim, sighted: Sighted) -> None:
    """The ledger's answer includes whatever it had done to the claim before it was asked."""
    if sighted.source != rules.LEDGER:
        return
    if sighted.about is not None:
        claim.stated_at = sighted.asked_at
    unlisted = rules.not_included(claim.unlisted, listed_at=sighted.asked_at)
    if unlisted != claim.unlisted:
        claim.unlisted = unlisted


def _may_reopen(claim: Claim, sighted: Sighted, *, is_listed: bool) -> bool:
    """An answer from before the closing opens nothing; nor does the library's copy what the ledger says is settled."""
    if claim.closed_at is None or not is_listed or sighted.asked_at <= claim.closed_at:
        return False
    return claim.closed_reason not in rules.SETTLED_ELSEWHERE or sighted.source == rules.LEDGER


def _take_over(session: Session, claim: Claim, columns: dict[str, Any], sighted: Sighted, now: datetime) -> None:
    before = {name: getattr(claim, name) for name in columns}
    if before != columns:
        for name, value in columns.items():
            setattr(claim, name, value)
        if told := rules.told_changes(before, columns):
            note(session, claim, "changed", now, {"source": sighted.source, **told})


def _count_anew(session: Session, claim: Claim, sighted: Sighted, now: datetime) -> None:
    """The holder knows of what was paid here and still lists an amount: that is owed, less what it knows not of."""
    if claim.covered_ore and claim.reflected_at and sighted.asked_at > claim.reflected_at and claim.outstanding_ore:
        claim.covered_ore = max(claim.covered_ore - claim.reflected_ore, 0)
        claim.covered_at = claim.covered_at if claim.covered_ore else None
        claim.reflected_at, claim.reflected_ore = None, 0
        note(session, claim, "still_owed", now, {"outstanding_ore": claim.outstanding_ore})


def _close(session: Session, claim: Claim, sighted: Sighted, now: datetime) -> None:
    if claim.closed_at is None:
        without_us = Settled.PAID if claim.unlisted else "no_longer_listed"
        claim.closed_at, claim.closed_reason = now, "paid" if claim.covered_ore else without_us
        claim.covered_ore, claim.reflected_at, claim.reflected_ore = 0, None, 0
        note(session, claim, "closed", now, {"source": sighted.source, "reason": claim.closed_reason})


def lock(session: Session, *, claim_ids: Iterable[UUID]) -> dict[UUID, Claim]:
    """Claims locked for this transaction, always in the same order, by id.

    The lock lets other rows go on pointing at the claim (its keys never change).
    """
    rows = select(Claim).where(Claim.id.in_(set(claim_ids))).order_by(Claim.id).with_for_update(key_share=True)
    return {claim.id: claim for claim in session.scalars(rows.execution_options(populate_existing=True))}


def may_be_covered(claim: Claim) -> bool:
    """Whether money for this claim is still wanted: it is open and not paid here already."""
    return claim.closed_at is None and claim.covered_ore < claim.outstanding_ore


def cover(session: Session, *, shares: dict[UUID, int], payment_id: UUID, now: datetime) -> None:
    """Note that claims (locked by the caller) have been paid here: claim id to øre."""
    for claim_id, amount_ore in shares.items():
        claim = session.get_one(Claim, claim_id)  # as it was locked
        claim.covered_ore += amount_ore
        claim.covered_at = now
        note(session, claim, "covered", now, {"payment_id": str(payment_id), "amount_ore": amount_ore})


def uncover(session: Session, *, shares: Mapping[UUID, int], payment_id: UUID, was_known: bool, now: datetime) -> None:
    """Note that money of a payment is taken off claims again (claim id to øre): what it still covered is owed again.

    `was_known`: the ledger had been told of it. What its amounts have counted since, its next answer gives back.
    """
    for claim in lock(session, claim_ids=shares).values():
        known_ore = min(claim.reflected_ore, shares[claim.id]) if was_known else 0
        unknown_ore = min(claim.covered_ore - claim.reflected_ore, shares[claim.id] - known_ore)
        if was_known and claim.holder == "ledger":
            unknown_ore = 0  # other money, still on its way there
        claim.covered_ore -= known_ore + unknown_ore
        claim.reflected_ore -= known_ore
        claim.covered_at = claim.covered_at if claim.covered_ore else None
        claim.reflected_at = claim.reflected_at if claim.reflected_ore else None
        note(session, claim, "refunded", now, {"payment_id": str(payment_id), "amount_ore": shares[claim.id]})


def reflected(session: Session, *, shares: Mapping[UUID, int], kind: str, now: datetime) -> None:
    """Note that the holder of paid claims knows of the payment (claim id to øre): from now on its amounts include it.

    A claim paid in parts may be known in part: what is still on its way to the holder is not counted as known.
    """
    for claim in lock(session, claim_ids=shares).values():
        if claim.covered_ore:
            claim.reflected_at = now
            claim.reflected_ore = min(claim.reflected_ore + shares[claim.id], claim.covered_ore)
        note(session, claim, kind, now)


def close_paid(session: Session, *, claim_id: UUID, source: str, now: datetime) -> None:
    """Close a claim that its source shows as paid after it was paid here."""
    claim = lock(session, claim_ids=[claim_id])[claim_id]
    if claim.closed_at is None:
        claim.closed_at, claim.closed_reason = now, "paid"
        claim.covered_ore, claim.reflected_at, claim.reflected_ore = 0, None, 0
        note(session, claim, "closed", now, {"source": source, "reason": "paid"})
