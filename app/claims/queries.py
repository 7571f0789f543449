"""What the register knows, for pages: a person's bills and one bill's history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.claims.elsewhere import closed_accounts
from app.claims.models import Claim, ClaimEvent, ClaimLiability
from app.claims.status import Group, Key, Standing, Status, is_old, status_of
from app.foundation.clock import danish_day, workdays_after
from app.foundation.jsons import Json
from app.municipalities.facts import ClaimType, Facts


@dataclass(frozen=True)
class Item:
    """A library item behind a bill. `title` is None where the catalogue does not know it."""

    record_id: str
    item_number: str
    group: str
    title: str | None
    author: str | None
    periodical: str | None


@dataclass(frozen=True)
class Bill:
    """A claim as a page shows it."""

    id: UUID
    claim_type: str
    type: ClaimType
    area: str
    origin_system: str
    origin_ref: str
    holder: str
    outstanding_ore: int
    """What is to be paid: without what was paid here already. Of one paid whole here: what it was."""
    principal_ore: int
    status: Status
    shared: bool
    founded_on: date | None
    due_on: date | None
    period_from: date | None
    period_to: date | None
    reminded_on: date | None
    instalments: tuple[tuple[date, int], ...]
    items: tuple[Item, ...]
    returned: str | None
    """For library bills: `late` (came back late), `missing` (not returned), None where the library does not say."""
    source_text: str | None
    """The source's own words about it."""
    text_lines: tuple[str, ...]
    is_old: bool
    first_seen_at: datetime
    let_off_ore: int = 0
    """How much of it the municipality has written off."""


@dataclass(frozen=True)
class Happening:
    """One event in a bill's history."""

    at: datetime
    kind: str
    facts: Json


@dataclass(frozen=True)
class Beside:
    """What higher rooms know of claims, handed in by the door: rooms on lower storeys do not ask upwards."""

    being_paid: frozenset[UUID] = frozenset()
    going_back: Mapping[UUID, tuple[int, datetime]] = field(default_factory=dict)
    """Claims whose money is on its way back: how much (øre), and since when it is known to be."""
    answers_due: Mapping[UUID, date] = field(default_factory=dict)
    """Claims that the reader has asked about, and the day by which they are answered."""


def claims_of(person_id: UUID, municipality_code: str) -> Select[Claim]:
    """The rows that a person may see: liable, in this municipality (I10)."""
    return (
        select(Claim)
        .join(ClaimLiability, ClaimLiability.claim_id == Claim.id)
        .where(ClaimLiability.person_id == person_id, Claim.municipality_code == municipality_code)
    )


def bills_of(
    session: Session,
    *,
    person_id: UUID,
    facts: Facts,
    beside: Beside,
    today: date,
    closed_since: datetime | None = None,
) -> list[Bill]:
    """A person's bills in one municipality, in the order of the page; closed ones only since a moment."""
    chosen = claims_of(person_id, facts.code)
    still_open = Claim.closed_at.is_(None)
    chosen = chosen.where(still_open | (Claim.closed_at >= closed_since)) if closed_since else chosen.where(still_open)
    bills = _bills(session, chosen, facts=facts, beside=beside, today=today)
    order = {group: place for place, group in enumerate(type(bills[0].status.group))} if bills else {}
    return sorted(bills, key=lambda bill: (order[bill.status.group], bill.due_on or date.max, str(bill.id)))


def bill_of(
    session: Session, *, claim_id: UUID, person_id: UUID, facts: Facts, beside: Beside, today: date
) -> Bill | None:
    """One bill; None when unknown or not this person's, which look the same."""
    chosen = claims_of(person_id, facts.code).where(Claim.id == claim_id)
    return next(iter(_bills(session, chosen, facts=facts, beside=beside, today=today)), None)


def _bills(session: Session, chosen: Select[Claim], *, facts: Facts, beside: Beside, today: date) -> list[Bill]:
    claims = session.scalars(chosen).all()
    accounts = {claim.debtor_account for claim in claims if claim.debtor_account}
    closed = closed_accounts(session, municipality_code=facts.code, accounts=accounts) if accounts else frozenset()
    return [bill_from(claim, facts=facts, beside=beside, closed_accounts=closed, today=today) for claim in claims]


def claim_in(session: Session, *, claim_id: UUID, municipality_code: str) -> Claim | None:
    """One claim of a municipality, for its own staff; None when unknown or another's, which look the same."""
    return session.scalar(select(Claim).where(Claim.id == claim_id, Claim.municipality_code == municipality_code))


def bill_from(claim: Claim, *, facts: Facts, beside: Beside, closed_accounts: Collection[str], today: date) -> Bill:
    """A claim's row as a page shows it."""
    claim_type = facts.claim_type(claim.claim_type)
    instalments = tuple((date.fromisoformat(part["on"]), int(part["amount_ore"])) for part in claim.instalments)
    evidence = claim.evidence
    is_closed = claim.debtor_account in closed_accounts
    standing = standing_of(claim, beside=beside, facts=facts, is_account_closed=is_closed, today=today)
    return Bill(
        id=claim.id,
        claim_type=claim.claim_type,
        type=claim_type,
        area=claim_type.area,
        origin_system=claim.origin_system,
        origin_ref=claim.origin_ref,
        holder=claim.holder,
        outstanding_ore=standing.rest_ore if standing.rest_ore > 0 else claim.outstanding_ore or claim.principal_ore,
        principal_ore=claim.principal_ore,
        status=status_of(standing, today=today, preselection_limit_ore=facts.preselection_limit_ore),
        shared=claim.shared,
        founded_on=claim.founded_on,
        due_on=claim.due_on,
        period_from=claim.period_from,
        period_to=claim.period_to,
        reminded_on=claim.reminded_on,
        instalments=instalments,
        items=tuple(_item(material) for material in evidence.get("materials", ())),
        returned={"fee": "late", "compensation": "missing"}.get(evidence.get("kind", "")),
        source_text=evidence.get("reason"),
        text_lines=tuple(evidence.get("text_lines", ())),
        is_old=is_old(claim.founded_on, today=today),
        let_off_ore=claim.let_off_ore,
        first_seen_at=claim.first_seen_at,
    )


def standing_of(claim: Claim, *, beside: Beside, facts: Facts, is_account_closed: bool, today: date) -> Standing:
    """The facts that a claim's status follows from."""
    back = beside.going_back.get(claim.id)
    coming = [(part["on"], int(part["amount_ore"])) for part in claim.instalments if part["on"] >= today.isoformat()]
    return Standing(
        holder=claim.holder,
        outstanding_ore=claim.outstanding_ore,
        principal_ore=claim.principal_ore,
        covered_ore=claim.covered_ore,
        has_account=claim.holder == "source" or claim.debtor_account is not None,
        founded_on=claim.founded_on,
        due_on=claim.due_on,
        reminded_on=claim.reminded_on,
        drawn_on=claim.drawn_on,
        agency_on=claim.agency_on,
        next_instalment=(date.fromisoformat(coming[0][0]), coming[0][1]) if coming else None,
        covered_at=claim.covered_at,
        closed_at=claim.closed_at,
        closed_reason=claim.closed_reason,
        is_being_paid=claim.id in beside.being_paid,
        legacy_payable=facts.claim_type(claim.claim_type).legacy_payable,
        going_back_ore=back[0] if back else 0,
        let_off_ore=claim.let_off_ore,
        let_off_on=danish_day(claim.let_off_at) if claim.let_off_at else None,
        is_account_closed=is_account_closed,
        back_by_on=workdays_after(danish_day(back[1]), facts.refund_workdays) if back else None,
        answer_by_on=beside.answers_due.get(claim.id),
    )


def _item(material: Json) -> Item:
    return Item(
        record_id=material["record_id"],
        item_number=material.get("item_number", ""),
        group=material.get("group", ""),
        title=material.get("title"),
        author=material.get("author"),
        periodical=material.get("periodical"),
    )


def history_of(session: Session, *, claim_id: UUID) -> list[Happening]:
    """What has happened to a claim, oldest first."""
    rows = session.scalars(select(ClaimEvent).where(ClaimEvent.claim_id == claim_id).order_by(ClaimEvent.id).limit(200))
    return [Happening(row.at, row.kind, row.facts) for row in rows]


def total_ore(bills: Sequence[Bill]) -> int:
    """What is still to be paid of some bills: not what is closed, or paid here and on its way."""
    settled = (Key.PAID_PENDING, Key.REFUND)
    owed = [bill for bill in bills if bill.status.group is not Group.CLOSED and bill.status.key not in settled]
    return sum(bill.outstanding_ore for bill in owed)
