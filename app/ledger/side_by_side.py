"""The portal's claims and postings beside the ledger's own, with what differs between them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from app.ledger.port import BookedPayment, LedgerClaim


class Difference(StrEnum):
    """What is not the same on the two sides, or explains why it is not."""

    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    AMOUNT = "amount"
    ON_ITS_WAY = "on_its_way"
    """The whole of the difference is what one side has not heard of yet: it heals by itself."""
    DUE = "due"
    AGENCY = "agency"
    CLOSED_HERE = "closed_here"
    TAKEN_BACK = "taken_back"
    """Not the same has been taken back of a payment."""
    REJECTED = "rejected"
    """The ledger said no to our posting, as its absence there shows."""


EXPLAINED = frozenset({Difference.ON_ITS_WAY, Difference.REJECTED})
"""What is known here already and needs nobody."""


@dataclass(frozen=True)
class OurClaim:
    """A claim as the portal has it."""

    id: UUID
    claim_type: str
    origin_ref: str
    holder: str
    account: str | None
    ledger_claim_id: str | None
    outstanding_ore: int
    """What its holder last said."""
    covered_ore: int
    """Paid here, and not taken off yet."""
    due_on: date | None
    is_closed: bool

    @property
    def rest_ore(self) -> int:
        """What the portal asks for."""
        return 0 if self.is_closed else max(self.outstanding_ore - self.covered_ore, 0)


@dataclass(frozen=True)
class OurPosting:
    """A payment's posting to one account; `reversed_ore` of it was given back."""

    id: UUID
    account: str
    amount_ore: int
    reversed_ore: int
    state: Literal["accepted", "rejected", "waiting", "replaced", "by_hand"]
    """`waiting`: promised, and not answered yet; `replaced`, `by_hand`: as `LedgerPosting` says."""
    at: datetime
    """When it was answered; of one that waits, when the money was taken."""


@dataclass(frozen=True)
class ClaimRow:
    """One claim on both sides; None on the side that does not know it."""

    account: str | None
    ours: OurClaim | None
    theirs: LedgerClaim | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class PaymentRow:
    """One payment on both sides."""

    id: UUID
    ours: OurPosting | None
    theirs: BookedPayment | None
    differences: tuple[Difference, ...]


def claims_beside(ours: Sequence[OurClaim], theirs: Mapping[str, Sequence[LedgerClaim]]) -> list[ClaimRow]:
    """Every claim of either side once; `theirs` by account. Ours first, in their order, then what only the ledger has.

    What its source still holds need not be in the ledger, and what is settled on one side is no difference on the
    other: a claim of theirs with nothing left, or a closed one of ours, is left out when it is alone.
    """
    listed = {one.ledger_claim_id: (account, one) for account, claims in theirs.items() for one in claims}
    rows = []
    for claim in ours:
        account, there = listed.pop(claim.ledger_claim_id or "", (claim.account, None))
        if there is not None or not claim.is_closed:
            rows.append(ClaimRow(account, claim, there, _of_claim(claim, there)))
    alone = [(account, one) for account, one in listed.values() if one.outstanding_ore]
    return rows + [ClaimRow(account, None, one, (Difference.ONLY_THERE,)) for account, one in alone]


def payments_beside(ours: Sequence[OurPosting], theirs: Sequence[BookedPayment]) -> list[PaymentRow]:
    """Every payment on an account once, ours first. One that only the ledger has was made elsewhere: no difference."""
    booked = {one.payment_id: one for one in theirs}
    rows = []
    for posting in ours:
        there = booked.pop(posting.id, None)
        rows.append(PaymentRow(posting.id, posting, there, _of_payment(posting, there)))
    return rows + [PaymentRow(one.payment_id, None, one, ()) for one in booked.values()]


def needs_somebody(rows: Sequence[ClaimRow | PaymentRow]) -> int:
    """How many rows have a difference that nothing here explains."""
    return sum(any(one not in EXPLAINED for one in row.differences) for row in rows)


def _of_claim(ours: OurClaim, theirs: LedgerClaim | None) -> tuple[Difference, ...]:
    if theirs is None:
        return () if ours.holder == "source" else (Difference.ONLY_HERE,)
    if ours.is_closed:
        return (Difference.CLOSED_HERE,) if theirs.outstanding_ore else ()
    found = []
    if theirs.outstanding_ore != ours.rest_ore:
        is_on_its_way = theirs.outstanding_ore == ours.outstanding_ore
        found.append(Difference.ON_ITS_WAY if is_on_its_way else Difference.AMOUNT)
    if theirs.due_on and ours.due_on and theirs.due_on != ours.due_on:
        found.append(Difference.DUE)
    if theirs.is_at_agency != (ours.holder == "agency"):
        found.append(Difference.AGENCY)
    return tuple(found)


_MISSING: Final[Mapping[str, tuple[Difference, ...]]] = {
    "accepted": (Difference.ONLY_HERE,),
    "rejected": (Difference.REJECTED,),
    "waiting": (Difference.ON_ITS_WAY,),
    # What was posted anew, and what a person booked there, does not bear this UUID in the ledger.
    "replaced": (),
    "by_hand": (),
}


def _of_payment(ours: OurPosting, theirs: BookedPayment | None) -> tuple[Difference, ...]:
    if theirs is None:
        return _MISSING[ours.state]
    if ours.state == "waiting":
        return (Difference.ON_ITS_WAY,)
    if ours.state in {"rejected", "replaced", "by_hand"}:
        return (Difference.ONLY_THERE,)
    found = []
    if theirs.amount_ore != ours.amount_ore:
        found.append(Difference.AMOUNT)
    if theirs.reduced_ore != ours.reversed_ore:
        found.append(Difference.TAKEN_BACK)
    return tuple(found)
