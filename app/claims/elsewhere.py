"""What the ledger tells of beside its lists: claims paid elsewhere or written off, and accounts closed to payment."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims import register, rules, sightings
from app.claims.history import note
from app.claims.models import Claim, DebtorAccount
from app.claims.sighting import Settled, Told


def take_in(
    session: Session,
    *,
    claim_id: UUID,
    told: Sequence[Told],
    news: Collection[UUID],
    listed_at: datetime | None,
    now: datetime,
) -> Claim:
    """Bring a claim to all that the ledger has told of it (`told`, of which `news` had not been told before).

    `listed_at` is when the ledger was asked for its last word on the claim's amount: what it had registered by then is
    in that amount already. The same telling in any order, and again, ends in the same claim. A claim of which nothing
    is left is closed with its reason; one that something is put on again is opened. Returns it, locked.
    """
    claim = register.lock(session, claim_ids=[claim_id])[claim_id]
    for one in told:
        if one.id in news:
            _tell(session, claim, one, now)
    claim.unlisted = rules.unlisted(
        told, listed_at=max((at for at in (listed_at, claim.stated_at) if at), default=None)
    )
    _let_off(claim, told)
    rows = sightings.sightings_of(session, claim_ids=[claim_id]).get(claim_id, [])
    owed_ore = rules.owed_ore(rules.merged(sightings.seen_in(rows)), claim.unlisted)
    if claim.closed_at is None:
        claim.outstanding_ore = owed_ore
        if not owed_ore:
            claim.closed_at, claim.closed_reason = now, rules.settled_by(told)
            note(session, claim, "closed", now, {"source": rules.LEDGER, "reason": claim.closed_reason})
    elif claim.closed_reason in rules.SETTLED_ELSEWHERE or _explains(claim, told):
        claim.closed_reason = rules.settled_by(told)
        if owed_ore:
            claim.outstanding_ore, claim.closed_at, claim.closed_reason = owed_ore, None, None
            note(session, claim, "reopened", now, {"source": rules.LEDGER})
    return claim


def _tell(session: Session, claim: Claim, one: Told, now: datetime) -> None:
    facts: dict[str, object] = {"amount_ore": abs(one.ore), "movement_id": str(one.id)}
    if one.why:
        facts["why"] = one.why
    note(session, claim, one.how.value if one.ore < 0 else f"{one.how}_reduced", min(one.at, now), facts)


def _let_off(claim: Claim, told: Sequence[Told]) -> None:
    claim.let_off_ore = rules.let_off_ore(told)
    offs = (one for one in told if one.how is Settled.WRITTEN_OFF and one.ore < 0)
    last = max(offs, key=lambda one: (one.at, one.id), default=None)
    is_let_off = last is not None and claim.let_off_ore > 0
    claim.let_off_at = last.at if last is not None and is_let_off else None
    claim.let_off_why = last.why if last is not None and is_let_off else None


def _explains(claim: Claim, told: Sequence[Told]) -> bool:
    """Whether what was told is why nobody lists the claim any more: the list was heard before the reason."""
    since_ore: int = sum(row["ore"] for row in claim.unlisted)
    taken_off_ore = since_ore - sum(one.ore for one in told)
    return claim.closed_reason == "no_longer_listed" and taken_off_ore >= claim.outstanding_ore


def set_account(
    session: Session, *, municipality_code: str, account: str, is_closed: bool, said_at: datetime, now: datetime
) -> None:
    """Note that the ledger has closed an account, or opened it again. An older word than known changes nothing."""
    was_closed = bool(closed_accounts(session, municipality_code=municipality_code, accounts=[account]))
    values = {"is_closed": is_closed, "said_at": said_at}
    row = insert(DebtorAccount).values(municipality_code=municipality_code, account=account, **values)
    taken = row.on_conflict_do_update(
        index_elements=["municipality_code", "account"], set_=values, where=DebtorAccount.said_at < said_at
    )
    if session.scalar(taken.returning(DebtorAccount.account)) is None or was_closed == is_closed:
        return
    on_it = select(Claim.id).where(
        Claim.municipality_code == municipality_code, Claim.debtor_account == account, Claim.closed_at.is_(None)
    )
    for claim in register.lock(session, claim_ids=session.scalars(on_it).all()).values():
        note(session, claim, "account_closed" if is_closed else "account_reopened", min(said_at, now))


def closed_accounts(session: Session, *, municipality_code: str, accounts: Iterable[str]) -> frozenset[str]:
    """Which of some accounts the ledger has closed."""
    rows = select(DebtorAccount.account).where(
        DebtorAccount.municipality_code == municipality_code,
        DebtorAccount.account.in_(set(accounts)),
        DebtorAccount.is_closed,
    )
    return frozenset(session.scalars(rows))
