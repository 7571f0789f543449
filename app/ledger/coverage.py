"""What the ledger tells of by itself: coverages and write-offs, counted once in whatever order they come."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.claims import elsewhere, rules
from app.claims.models import Claim, ClaimSighting
from app.claims.sighting import Settled, Told
from app.ledger import coverage_tasks
from app.ledger.coming_back import Kind, Movement
from app.ledger.models import LedgerCoverage
from app.ledger.own_postings import OwnPosting, own_postings
from app.sources import settled
from app.sources.models import SourceHearing

WAITING, OWN, APPLIED = "waiting", "own", "applied"
MOST_A_RUN = 2000
_REDUCTIONS = (Kind.COVERAGE_REDUCED.value, Kind.WRITE_OFF_REDUCED.value)


def take_in(session: Session, *, movements: Sequence[Movement], municipality_code: str, now: datetime) -> None:
    """Bring claims to what the ledger did to them. The same movement again, and any order of them, ends the same.

    A coverage by a posting of ours confirms it. Any other, and a write-off, takes off what is owed; what takes from one
    that has not come yet, and what is about a claim that nobody has seen here yet, waits for it.
    """
    # One at a time for each account: a reduction and its coverage that come side by side must see one another.
    for account in sorted({one.account for one in movements}):
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 1))")
        session.execute(lock, {"account": f"{municipality_code}/{account}"})
    if news := _keep(session, movements, municipality_code, now):
        _place(session, news, now)


def look_again(session: Session, *, now: datetime) -> int:
    """Place what waited and can be placed now; ask people about what has waited too long. Returns how many were placed.

    Tasks about movements that have come right since are closed with the reason.
    """
    parent = aliased(LedgerCoverage)
    can_be_placed = or_(
        select(parent.id).where(parent.id == LedgerCoverage.reduces, parent.state != WAITING).exists(),
        select(Claim.id)
        .where(
            Claim.municipality_code == LedgerCoverage.municipality_code,
            Claim.ledger_claim_id == LedgerCoverage.ledger_claim_id,
        )
        .exists(),
    )
    waiting = select(LedgerCoverage.id).where(LedgerCoverage.state == WAITING, can_be_placed)
    placed = _place(session, session.scalars(waiting.order_by(LedgerCoverage.received_at).limit(MOST_A_RUN)).all(), now)
    coverage_tasks.ask_about_waiting(session, now=now)
    coverage_tasks.close_healed(session, now=now)
    return placed


def _keep(session: Session, movements: Sequence[Movement], code: str, now: datetime) -> list[UUID]:
    """Store what has not come before; returns its ids."""
    rows = [
        {
            "id": one.id, "municipality_code": code, "kind": one.kind.value, "account": one.account,
            "ledger_claim_id": one.ledger_claim_id, "payment_id": one.payment_id, "reduces": one.reduces,
            "amount_ore": one.amount_ore, "registered_at": one.registered_at, "reason": one.reason,
            "received_at": now, "state": WAITING,
        }
        for one in {one.id: one for one in movements}.values()
    ]  # fmt: skip
    if not rows:
        return []
    made = insert(LedgerCoverage).values(rows).on_conflict_do_nothing(index_elements=["id"])
    return list(session.scalars(made.returning(LedgerCoverage.id)))


def _place(session: Session, ids: Sequence[UUID], now: datetime) -> int:
    """Say what some waiting movements are about, and the reductions that waited for them, and let it take effect."""
    rows = _locked(session, LedgerCoverage.id.in_(ids))
    firsts = [row for row in rows if row.kind not in _REDUCTIONS]
    own = own_postings(session, ids={row.payment_id for row in firsts if row.payment_id})
    claims = _claims_of(session, firsts)
    placed = [row for row in firsts if _find(row, own, claims)]
    followers = _locked(session, LedgerCoverage.reduces.in_([row.id for row in placed]))
    takers = {row.id: row for row in [*(row for row in rows if row.kind in _REDUCTIONS), *followers]}
    placed += [row for row in takers.values() if _follow(session, row)]
    session.flush()
    for claim_id in sorted({row.claim_id for row in placed if row.claim_id}):
        _bring(session, claim_id, {row.id for row in placed}, now)
    for posting in _concerned(session, placed).values():
        coverage_tasks.check_posting(session, posting=posting, now=now)
    return len(placed)


def _locked(session: Session, chosen: object) -> list[LedgerCoverage]:
    rows = select(LedgerCoverage).where(LedgerCoverage.state == WAITING, chosen)  # type: ignore[arg-type]
    ordered = rows.order_by(LedgerCoverage.id).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(ordered))


def _claims_of(session: Session, rows: Iterable[LedgerCoverage]) -> dict[tuple[str, str], UUID]:
    named = {row.ledger_claim_id for row in rows if row.ledger_claim_id}
    known = select(Claim.municipality_code, Claim.ledger_claim_id, Claim.id).where(Claim.ledger_claim_id.in_(named))
    return {(code, name): claim_id for code, name, claim_id in session.execute(known) if name is not None}


def _find(row: LedgerCoverage, own: dict[UUID, OwnPosting], claims: dict[tuple[str, str], UUID]) -> bool:
    """Say what a coverage or write-off is about; whether that is known."""
    posting = own.get(row.payment_id) if row.payment_id else None
    if posting is not None and posting.is_about(row.ledger_claim_id):
        row.state = OWN
        return True
    claim_id = claims.get((row.municipality_code, row.ledger_claim_id or ""))
    if claim_id is not None:
        row.state, row.claim_id = APPLIED, claim_id
    return claim_id is not None


def _follow(session: Session, row: LedgerCoverage) -> bool:
    """Say what a reduction is about: what it takes from."""
    taken_from = session.get(LedgerCoverage, row.reduces) if row.reduces else None
    if taken_from is None or taken_from.state == WAITING:
        return False
    row.state, row.claim_id = taken_from.state, taken_from.claim_id
    return True


def _bring(session: Session, claim_id: UUID, news: set[UUID], now: datetime) -> None:
    """Bring one claim to all that was told of it, and let its source know."""
    # Locked before it is looked up when the ledger was last asked: an answer that is just coming in is seen then.
    session.execute(select(Claim.id).where(Claim.id == claim_id).with_for_update(key_share=True))
    told, listed_at = _told_of(session, claim_id), _listed_at(session, claim_id)
    claim = elsewhere.take_in(session, claim_id=claim_id, told=told, news=news, listed_at=listed_at, now=now)
    if claim.closed_reason in rules.SETTLED_ELSEWHERE:
        settled.promise(session, claim=claim, is_paid=claim.closed_reason != Settled.WRITTEN_OFF, now=now)
    elif claim.closed_at is None:
        settled.withdraw(session, claim=claim, now=now)
    coverage_tasks.check_paid_twice(session, claim=claim, now=now)


def _told_of(session: Session, claim_id: UUID) -> list[Told]:
    """Every movement of a claim that came from elsewhere. No more is taken back of one than it was."""
    rows = session.scalars(
        select(LedgerCoverage)
        .where(LedgerCoverage.claim_id == claim_id)
        .order_by(LedgerCoverage.registered_at, LedgerCoverage.id)
    ).all()
    firsts = {row.id: row for row in rows if row.kind not in _REDUCTIONS}
    left = {row.id: row.amount_ore for row in firsts.values()}
    told = []
    for row in rows:
        ore = -row.amount_ore
        if row.kind in _REDUCTIONS and row.reduces:
            ore = min(row.amount_ore, left[row.reduces])
            left[row.reduces] -= ore
        how = _how(firsts[row.reduces] if row.kind in _REDUCTIONS and row.reduces else row)
        told.append(Told(row.id, row.registered_at, ore, how, row.reason))
    return told


def _how(row: LedgerCoverage) -> Settled:
    """A coverage without a payment behind it is an offset (docs/sf1590-assumed-fields.md)."""
    if row.kind == Kind.WRITE_OFF:
        return Settled.WRITTEN_OFF
    return Settled.PAID if row.payment_id else Settled.OFFSET


def _listed_at(session: Session, claim_id: UUID) -> datetime | None:
    """When the ledger was asked for its last answer about anybody who owes the claim."""
    heard = (
        select(func.max(SourceHearing.asked_at))
        .join(ClaimSighting, ClaimSighting.person_id == SourceHearing.person_id)
        .where(
            ClaimSighting.claim_id == claim_id,
            ClaimSighting.source == rules.LEDGER,
            SourceHearing.source == rules.LEDGER,
            SourceHearing.municipality_code == ClaimSighting.municipality_code,
            SourceHearing.answered_at.is_not(None),
        )
    )
    return session.scalar(heard)


def _concerned(session: Session, placed: Sequence[LedgerCoverage]) -> dict[UUID, OwnPosting]:
    """The postings of ours that some movements are about."""
    taken_from = select(LedgerCoverage.payment_id).where(
        LedgerCoverage.id.in_([row.reduces for row in placed if row.reduces])
    )
    named = {row.payment_id for row in placed if row.payment_id} | set(session.scalars(taken_from))
    return own_postings(session, ids={one for one in named if one})
