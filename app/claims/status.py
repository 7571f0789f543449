"""The status model: one table of facts to status that drives every screen. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

DUE_SOON = timedelta(days=7)
LISTED_AS_SOON = timedelta(days=30)
OLD = timedelta(days=365)


class Key(StrEnum):
    """What a claim's badge says (design: status model). Keys that no claim can have yet are not here."""

    UNPAID = "unpaid"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    REMINDED = "reminded"
    AUTO = "auto"
    PAYING = "paying"
    PAID_PENDING = "paid_pending"
    PAID = "paid"
    PART_PAID = "part_paid"
    INSTALMENT = "instalment"
    PAID_ELSEWHERE = "paid_elsewhere"
    CANCELLED = "cancelled"
    OFFSET = "offset"
    WRITTEN_OFF = "written_off"
    REDUCED = "reduced"
    ACCOUNT_CLOSED = "account_closed"
    SENT_GAELDST = "sent_gaeldst"
    LEGACY = "legacy"
    REFUND = "refund"
    QUESTIONED = "questioned"


class Group(StrEnum):
    """The parts of the overview, in their order."""

    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"
    ONGOING = "ongoing"
    AGENCY = "agency"
    CLOSED = "closed"


@dataclass(frozen=True)
class Standing:
    """The facts that a claim's status follows from."""

    holder: str
    outstanding_ore: int
    principal_ore: int
    covered_ore: int
    has_account: bool
    """Somebody can be paid: held by its source, or the ledger's account is known."""
    founded_on: date | None
    due_on: date | None
    reminded_on: date | None
    drawn_on: date | None
    agency_on: date | None
    next_instalment: tuple[date, int] | None
    covered_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None
    is_being_paid: bool
    legacy_payable: bool = True
    going_back_ore: int = 0
    """What was paid for it here and is going back to whoever paid."""
    back_by_on: date | None = None
    let_off_ore: int = 0
    """How much of it is written off."""
    let_off_on: date | None = None
    is_account_closed: bool = False
    """The ledger has closed the account that it would be paid to."""
    answer_by_on: date | None = None
    """The day by which the reader's own open question about it is answered."""

    @property
    def rest_ore(self) -> int:
        """What is still owed: the holder's amount less what was paid here and it does not know of yet."""
        return self.outstanding_ore - self.covered_ore


@dataclass(frozen=True)
class Status:
    """A claim's status: what the badge and the sentence are filled from, and what may be done."""

    key: Key
    group: Group
    selectable: bool
    preselected: bool = False
    on: date | None = None
    at: datetime | None = None
    amount_ore: int | None = None
    of_ore: int | None = None
    asks_first: bool = False
    """May be chosen, but the check page asks once more (Betalingsservice draws it anyway)."""


def status_of(claim: Standing, *, today: date, preselection_limit_ore: int = 500000) -> Status:
    """The status of a claim today. The first rule that fits decides."""
    settled = _settled(claim)
    if settled:
        return settled
    if claim.holder == "agency":
        return Status(Key.SENT_GAELDST, Group.AGENCY, selectable=False, on=claim.agency_on)
    if claim.is_account_closed:
        return Status(Key.ACCOUNT_CLOSED, Group.ONGOING, selectable=False)
    payable = claim.has_account
    if claim.drawn_on and claim.drawn_on >= today:
        return Status(Key.AUTO, Group.ONGOING, selectable=payable, on=claim.drawn_on, asks_first=True)
    if claim.next_instalment:
        on, amount_ore = claim.next_instalment
        return Status(Key.INSTALMENT, Group.ONGOING, selectable=payable, on=on, amount_ore=amount_ore)
    owed = _owed(claim, today=today, payable=payable, limit_ore=preselection_limit_ore)
    # It may be paid, and its deadline still runs; but nobody is led to pay what they have asked about.
    asked_about = replace(owed, key=Key.QUESTIONED, preselected=False, on=claim.answer_by_on)
    return asked_about if claim.answer_by_on else owed


_CLOSED_AS = {
    "paid": Key.PAID,
    "paid_elsewhere": Key.PAID_ELSEWHERE,
    "offset": Key.OFFSET,
    "written_off": Key.WRITTEN_OFF,
}


def _settled(claim: Standing) -> Status | None:
    if claim.going_back_ore and (claim.closed_at or claim.covered_ore >= claim.outstanding_ore):
        # Nothing is owed, so what matters to its reader is the money that is on its way.
        return Status(Key.REFUND, Group.ONGOING, selectable=False, on=claim.back_by_on, amount_ore=claim.going_back_ore)
    if claim.closed_at:
        return Status(
            _CLOSED_AS.get(claim.closed_reason or "", Key.CANCELLED), Group.CLOSED, selectable=False, at=claim.closed_at
        )
    if claim.rest_ore <= 0:
        return Status(Key.PAID_PENDING, Group.ONGOING, selectable=False, at=claim.covered_at)
    if claim.is_being_paid:
        return Status(Key.PAYING, Group.ONGOING, selectable=False)
    return None


def _owed(claim: Standing, *, today: date, payable: bool, limit_ore: int) -> Status:
    due = claim.due_on
    is_overdue = due is not None and due < today
    if is_old(claim.founded_on, today=today):
        group = Group.OVERDUE if is_overdue else Group.LATER
        return Status(Key.LEGACY, group, selectable=payable and claim.legacy_payable, on=claim.founded_on)
    if is_overdue and claim.reminded_on:
        return Status(Key.REMINDED, Group.OVERDUE, payable, preselected=payable, on=claim.reminded_on)
    if is_overdue:
        return Status(Key.OVERDUE, Group.OVERDUE, payable, preselected=payable, on=due)
    group = Group.SOON if due is not None and due <= today + LISTED_AS_SOON else Group.LATER
    is_soon = due is not None and due <= today + DUE_SOON
    preselected = payable and is_soon and claim.rest_ore <= limit_ore
    whole_ore = claim.principal_ore - claim.let_off_ore
    paid_ore = whole_ore - claim.rest_ore
    if paid_ore > 0:
        return Status(Key.PART_PAID, group, payable, preselected, on=due, amount_ore=paid_ore, of_ore=whole_ore)
    if claim.let_off_ore:
        return Status(Key.REDUCED, group, payable, preselected, on=claim.let_off_on, amount_ore=claim.rest_ore)
    return Status(Key.DUE_SOON if is_soon else Key.UNPAID, group, payable, preselected, on=due)


def is_old(founded_on: date | None, *, today: date) -> bool:
    """Whether a claim is more than a year old, so that the page says why it is seen now."""
    return founded_on is not None and founded_on < today - OLD
