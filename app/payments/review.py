"""The review: what the citizen is shown before paying, kept so that any change since is named before money moves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, delete, exists, select
from sqlalchemy.orm import Session

from app.claims.queries import Bill, bills_of
from app.claims.status import Key
from app.foundation.clock import danish_day
from app.municipalities.facts import Facts
from app.payments.models import Payment, Review
from app.payments.queries import beside

# A review from yesterday is shown anew, not paid: the page has been open too long.
LASTS = timedelta(hours=2)
KEPT = timedelta(days=30)
"""How long a review is kept that no payment came of."""


class ReviewUnknown(LookupError):
    """No review of this person's has this id."""


class Change(StrEnum):
    """What has happened to a bill since it was shown."""

    AMOUNT = "amount"
    PAID = "paid"
    BEING_PAID = "being_paid"
    GONE = "gone"


@dataclass(frozen=True)
class Changed:
    """One bill that is not as it was shown; `bill` is None where it may no longer be seen."""

    claim_id: UUID
    change: Change
    shown_ore: int
    bill: Bill | None


@dataclass(frozen=True)
class Shown:
    """A stored review with its bills as they are now."""

    id: UUID
    bills: tuple[Bill, ...]
    amounts: dict[UUID, int]
    """What is to be paid of each bill."""
    outstanding: dict[UUID, int]
    """What was owed of each when it was shown: more than is to be paid where a part is."""
    created_at: datetime
    code_id: UUID | None = None
    """The code that it is shown to the holder of; None: to the person whose bills these are."""

    @property
    def total_ore(self) -> int:
        """What the citizen is asked to pay."""
        return sum(self.amounts.values())

    @property
    def parts(self) -> dict[UUID, int]:
        """The bills of which a part is to be paid, and how much."""
        return {claim_id: ore for claim_id, ore in self.amounts.items() if ore < self.outstanding[claim_id]}

    def is_over(self, *, now: datetime) -> bool:
        """Too old to be paid by."""
        return now - self.created_at > LASTS


def make(
    session: Session, *, person_id: UUID, facts: Facts, claim_ids: Sequence[UUID], now: datetime,
    code_id: UUID | None = None, parts: Mapping[UUID, int] | None = None,
) -> tuple[Shown, tuple[Changed, ...]]:  # fmt: skip
    """Store a review of those of the chosen claims that may be paid; the others are named.

    With `code_id` it is shown to whoever holds that code, and to nobody else; the claims are still `person_id`'s.
    `parts` says of which claims only a part is to be paid; a part that a claim does not allow (any more) is no part.
    """
    own = {bill.id: bill for bill in _bills(session, person_id=person_id, facts=facts, now=now)}
    chosen = [(claim_id, own.get(claim_id)) for claim_id in dict.fromkeys(claim_ids)]
    bills = [bill for _, bill in chosen if bill and bill.status.selectable]
    left_out = [Changed(claim_id, _why(bill), bill.outstanding_ore if bill else 0, bill)
                for claim_id, bill in chosen if not (bill and bill.status.selectable)]  # fmt: skip
    lines = [
        {"claim_id": str(bill.id), "amount_ore": _amount(bill, parts or {}), "outstanding_ore": bill.outstanding_ore}
        for bill in bills
    ]
    review = Review(person_id=person_id, code_id=code_id, municipality_code=facts.code, lines=lines, created_at=now)
    session.add(review)
    session.flush()
    return _shown(review, {bill.id: bill for bill in bills}), tuple(left_out)


def _amount(bill: Bill, parts: Mapping[UUID, int]) -> int:
    bounds = part_of(bill)
    part_ore = parts.get(bill.id)
    return part_ore if bounds and part_ore and bounds.allow(part_ore) else bill.outstanding_ore


@dataclass(frozen=True)
class PartBounds:
    """Between which amounts a part of a bill may lie; the whole may be paid too."""

    least_ore: int
    whole_ore: int

    def leaves_too_little(self, part_ore: int) -> bool:
        """Whether so little would be left that it could hardly be paid."""
        return self.whole_ore - self.least_ore < part_ore < self.whole_ore

    def allow(self, part_ore: int) -> bool:
        """Whether this much may be paid now."""
        return self.least_ore <= part_ore <= self.whole_ore and not self.leaves_too_little(part_ore)


def part_of(bill: Bill) -> PartBounds | None:
    """How much of a bill may be paid alone; None where it is paid whole.

    Only what the ledger holds: a source such as the library closes a fee whole or not at all, and shows a fee that the
    ledger holds as paid only once all of it is.
    """
    least_ore = bill.type.part_payment_from_ore
    if least_ore is None or bill.holder != "ledger" or bill.origin_system == "fbs" or not bill.status.selectable:
        return None
    return PartBounds(least_ore, bill.outstanding_ore) if bill.outstanding_ore >= 2 * least_ore else None


def lock(
    session: Session, *, review_id: UUID, person_id: UUID, facts: Facts, code_id: UUID | None = None
) -> list[UUID]:
    """Lock a review for this transaction, so that one intent comes of it; the claims it shows.

    :raises ReviewUnknown: not this payer's, or not in this municipality
    """
    review = _stored(session, select(Review).with_for_update(), review_id, (person_id, code_id), facts)
    return [UUID(line["claim_id"]) for line in review.lines]


def find(
    session: Session, *, review_id: UUID, person_id: UUID, facts: Facts, now: datetime, code_id: UUID | None = None
) -> tuple[Shown, tuple[Changed, ...]]:
    """A stored review, and what has changed since it was shown.

    :raises ReviewUnknown: not this payer's, or not in this municipality
    """
    review = _stored(session, select(Review), review_id, (person_id, code_id), facts)
    own = {bill.id: bill for bill in _bills(session, person_id=person_id, facts=facts, now=now)}
    shown = _shown(review, own)
    return shown, tuple(changes(shown.outstanding, own))


def forget(session: Session, *, now: datetime, at_most: int = 50_000) -> int:
    """Delete reviews from more than 30 days ago that no payment came of. Returns how many went."""
    unused = (
        select(Review.id)
        .where(Review.created_at <= now - KEPT, ~exists().where(Payment.review_id == Review.id))
        .limit(at_most)
    )
    gone = delete(Review).where(Review.id.in_(unused)).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(gone)).rowcount


def _stored(
    session: Session, chosen: Select[Review], review_id: UUID, shown_to: tuple[UUID, UUID | None], facts: Facts
) -> Review:
    # What a code holder was shown is not the person's own review, nor the other way round.
    person_id, code_id = shown_to
    whose = (Review.person_id == person_id, Review.code_id.is_not_distinct_from(code_id))
    review = session.scalar(chosen.where(Review.id == review_id, *whose, Review.municipality_code == facts.code))
    if review is None:
        raise ReviewUnknown(review_id)
    return review


def changes(outstanding: dict[UUID, int], own: dict[UUID, Bill]) -> Iterable[Changed]:
    """What is no longer as it was shown."""
    for claim_id, shown_ore in outstanding.items():
        bill = own.get(claim_id)
        if bill is None or not bill.status.selectable:
            yield Changed(claim_id, _why(bill), shown_ore, bill)
        elif bill.outstanding_ore != shown_ore:
            yield Changed(claim_id, Change.AMOUNT, shown_ore, bill)


def _why(bill: Bill | None) -> Change:
    if bill is None:
        return Change.GONE
    return {
        Key.PAYING: Change.BEING_PAID,
        Key.PAID_PENDING: Change.PAID,
        Key.PAID: Change.PAID,
        Key.PAID_ELSEWHERE: Change.PAID,
        Key.OFFSET: Change.PAID,
    }.get(bill.status.key, Change.GONE)


def _bills(session: Session, *, person_id: UUID, facts: Facts, now: datetime) -> list[Bill]:
    """Every bill that may matter to a review: also those closed since it was made."""
    known = beside(session, person_id=person_id, municipality_code=facts.code)
    return bills_of(
        session, person_id=person_id, facts=facts, beside=known.beside, today=danish_day(now), closed_since=now - LASTS
    )


def _shown(review: Review, own: dict[UUID, Bill]) -> Shown:
    amounts = {UUID(line["claim_id"]): int(line["amount_ore"]) for line in review.lines}
    # Reviews from before parts could be paid say nothing of what was owed: they are of whole bills.
    owed = amounts | {UUID(one["claim_id"]): int(one["outstanding_ore"]) for one in review.lines if len(one) > 2}
    bills = tuple(own[claim_id] for claim_id in amounts if claim_id in own)
    return Shown(review.id, bills, amounts, owed, review.created_at, review.code_id)
