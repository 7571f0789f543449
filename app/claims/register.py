"""The register: the only writer of claims. What sources show comes in here, and what has been paid here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

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
    ids = _ids_of(session, sighted, found)
    listed = set(ids.values())
    # Claims are locked before anything else about them is read or written: two people who owe the same claim are
    # asked about side by side, and the second must see what the first has said.
    claims = lock(session, claim_ids=listed | _listed_before(session, sighted))
    _store_sightings(session, sighted, found, ids)
    _mark_gone(session, sighted, claims.keys() - listed, now)
    seen = _sightings_of(session, claims.keys())
    for claim in claims.values():
        if claim.id in new:
            _note(session, claim, "seen", now, source=sighted.source)
        _settle(session, claim, seen.get(claim.id, []), sighted, now)


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


def _ids_of(
    session: Session, sighted: Sighted, found: dict[tuple[str, str], FoundClaim]
) -> dict[tuple[str, str], UUID]:
    rows = select(Claim.id, Claim.origin_system, Claim.origin_ref).where(
        Claim.municipality_code == sighted.municipality_code,
        Claim.origin_system.in_({system for system, _ in found}),
        Claim.origin_ref.in_({ref for _, ref in found}),
    )
    named = session.execute(rows)
    return {(system, ref): claim_id for claim_id, system, ref in named if (system, ref) in found}


def _listed_before(session: Session, sighted: Sighted) -> set[UUID]:
    rows = select(ClaimSighting.claim_id).where(
        ClaimSighting.person_id == sighted.person_id,
        ClaimSighting.municipality_code == sighted.municipality_code,
        ClaimSighting.source == sighted.source,
        ClaimSighting.gone_at.is_(None),
    )
    return set(session.scalars(rows))


def _store_sightings(
    session: Session, sighted: Sighted, found: dict[tuple[str, str], FoundClaim], ids: dict[tuple[str, str], UUID]
) -> None:
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
    _tell_the_others(session, sighted, set(ids.values()))


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


def _mark_gone(session: Session, sighted: Sighted, claim_ids: Iterable[UUID], now: datetime) -> None:
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


def _sightings_of(session: Session, claim_ids: Iterable[UUID]) -> dict[UUID, list[ClaimSighting]]:
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


def _settle(session: Session, claim: Claim, rows: list[ClaimSighting], sighted: Sighted, now: datetime) -> None:
    """Bring one locked claim to what its sightings say."""
    seen = [rules.Seen(row.source, rules.from_json(row.seen), row.gone_at is not None) for row in rows]
    merged = rules.merged(seen)
    is_listed = any(
        row.source == sighted.source and row.person_id == sighted.person_id and row.gone_at is None for row in rows
    )
    paid_up = claim.covered_ore > 0 and claim.covered_ore >= claim.outstanding_ore
    if merged is None or (paid_up and not is_listed):
        _close(session, claim, sighted, now)
        return
    if claim.closed_at is not None:
        if not is_listed or sighted.asked_at <= claim.closed_at:
            return
        claim.closed_at = claim.closed_reason = None
        _note(session, claim, "reopened", now, source=sighted.source)
    _release(session, claim, rows)
    _take_over(session, claim, merged, sighted, now)
    if is_listed and rules.speaker(seen) == sighted.source:
        _count_anew(session, claim, sighted, now)


def _release(session: Session, claim: Claim, rows: list[ClaimSighting]) -> None:
    """Take an open claim from those in whose answers nobody lists it any more."""
    still_liable = {row.person_id for row in rows if row.gone_at is None}
    if released := {row.person_id for row in rows} - still_liable:
        session.execute(
            delete(ClaimLiability).where(ClaimLiability.claim_id == claim.id, ClaimLiability.person_id.in_(released))
        )


def _take_over(session: Session, claim: Claim, merged: FoundClaim, sighted: Sighted, now: datetime) -> None:
    columns = rules.columns_of(merged)
    before = {name: getattr(claim, name) for name in columns}
    if before != columns:
        for name, value in columns.items():
            setattr(claim, name, value)
        if told := rules.told_changes(before, columns):
            _note(session, claim, "changed", now, source=sighted.source, **told)


def _count_anew(session: Session, claim: Claim, sighted: Sighted, now: datetime) -> None:
    """The holder knows of what was paid here and still lists an amount: that is owed, less what it knows not of."""
    if claim.covered_ore and claim.reflected_at and sighted.asked_at > claim.reflected_at and claim.outstanding_ore:
        claim.covered_ore = max(claim.covered_ore - claim.reflected_ore, 0)
        claim.covered_at = claim.covered_at if claim.covered_ore else None
        claim.reflected_at, claim.reflected_ore = None, 0
        _note(session, claim, "still_owed", now, outstanding_ore=claim.outstanding_ore)


def _close(session: Session, claim: Claim, sighted: Sighted, now: datetime) -> None:
    if claim.closed_at is None:
        claim.closed_at, claim.closed_reason = now, "paid" if claim.covered_ore else "no_longer_listed"
        claim.covered_ore, claim.reflected_at, claim.reflected_ore = 0, None, 0
        _note(session, claim, "closed", now, source=sighted.source, reason=claim.closed_reason)


def _note(session: Session, claim: Claim, kind: str, now: datetime, **facts: object) -> None:
    session.add(
        ClaimEvent(claim_id=claim.id, municipality_code=claim.municipality_code, at=now, kind=kind, facts=facts)
    )


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
        _note(session, claim, "covered", now, payment_id=str(payment_id), amount_ore=amount_ore)


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
        _note(session, claim, "refunded", now, payment_id=str(payment_id), amount_ore=shares[claim.id])


def reflected(session: Session, *, shares: Mapping[UUID, int], kind: str, now: datetime) -> None:
    """Note that the holder of paid claims knows of the payment (claim id to øre): from now on its amounts include it.

    A claim paid in parts may be known in part: what is still on its way to the holder is not counted as known.
    """
    for claim in lock(session, claim_ids=shares).values():
        if claim.covered_ore:
            claim.reflected_at = now
            claim.reflected_ore = min(claim.reflected_ore + shares[claim.id], claim.covered_ore)
        _note(session, claim, kind, now)


def close_paid(session: Session, *, claim_id: UUID, source: str, now: datetime) -> None:
    """Close a claim that its source shows as paid after it was paid here."""
    claim = lock(session, claim_ids=[claim_id])[claim_id]
    if claim.closed_at is None:
        claim.closed_at, claim.closed_reason = now, "paid"
        claim.covered_ore, claim.reflected_at, claim.reflected_ore = 0, None, 0
        _note(session, claim, "closed", now, source=source, reason="paid")
