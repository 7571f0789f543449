"""Solving by hand: which ways a row has depends on what it is and where its money is; each leaves the money right."""

from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.identity.people import StaffMember
from app.ledger import by_hand
from app.outbox.by_hand import settle
from app.outbox.models import DEAD
from app.payments.failure_rows import Failure
from app.payments.returns import refund_queries, refunds
from app.tasks import register
from app.web import trail
from app.web.operations.retrying import REJECTED
from app.web.visit import current_wires

BOOKED = "booked"
"""A person has booked the payment in the ledger."""
BANK = "bank"
"""A person has paid the money out from the municipality's bank, to the citizen's NemKonto."""
DONE = "done"
"""A person has done what a dead message was to do."""
NOTE = "note"
"""Nothing is to be booked: a person has seen to it."""
WAITING_MONEY = frozenset({"refund", "refund_failed"})
# What these promise a person can do elsewhere, and nothing of ours waits for their answer.
REPLACEABLE = frozenset({"source.tell", "source.observe", "receipt.email"})


class NoSuchWay(ValueError):
    """The row cannot be solved in this way."""


class MoneyElsewhere(Exception):
    """The money is on its way back, has gone, or is held by a bank: this cannot be booked now."""


def ways_of(session: Session, row: Failure) -> tuple[str, ...]:
    """The ways in which a person may solve a row; none while the worker still tries it."""
    if not row.is_open:
        return ()
    if row.message_id is not None:
        ways = {BOOKED: row.posting_id is not None, DONE: row.kind in REPLACEABLE}
        return tuple(way for way, fits in ways.items() if fits and row.message_state == DEAD)
    if row.kind == REJECTED:
        return (BOOKED,)
    if row.kind in WAITING_MONEY and loose_ore(session, row):
        return (BANK,)
    return (NOTE,)


def loose_ore(session: Session, row: Failure) -> int:
    """How much of the row's payment waits with us, free to go back."""
    left = refund_queries.left_of(session, payment_id=row.payment_id) if row.payment_id else ()
    return sum(part.left_ore for part in left if part.claim_id is None)


def solve(session: Session, staff: StaffMember, *, row: Failure, way: str, note: str) -> None:
    """Solve a row that the caller holds, and write it into the trail.

    :raises NoSuchWay: not one of `ways_of`
    :raises MoneyElsewhere: its money is not where that would take it from
    """
    if way not in ways_of(session, row):
        raise NoSuchWay(way)
    {BOOKED: _booked, BANK: _paid_by_bank, DONE: _done, NOTE: _noted}[way](session, staff, row, note)
    facts = {"row": str(row.id), "kind": row.kind, "way": way, "amount_ore": row.amount_ore}
    trail.keep(session, staff, action="failure.solve", reason=note, facts=facts)


def _booked(session: Session, staff: StaffMember, row: Failure, note: str) -> None:
    if row.posting_id is None:
        raise NoSuchWay(BOOKED)
    try:
        by_hand.booked(
            session, posting_id=row.posting_id, municipality_code=staff.municipality_code, by=staff.subject, why=note,
            now=current_wires().clock(),
        )  # fmt: skip
    except (by_hand.UnknownPosting, by_hand.NothingLeft, by_hand.GoingBack) as error:
        raise MoneyElsewhere(type(error).__name__) from error


def _paid_by_bank(session: Session, staff: StaffMember, row: Failure, note: str) -> None:
    """All that waits: what one person may not decide alone waits for a colleague, and the task with it."""
    wires = current_wires()
    assert row.payment_id is not None
    try:
        refunds.ask(
            session, refund_id=new_row_id(), payment_id=row.payment_id, municipality_code=staff.municipality_code,
            shares={None: loose_ore(session, row)}, reason=note, by=staff.subject, is_by_bank=True,
            alone_up_to_ore=wires.facts(staff.municipality_code).refund_alone_up_to_ore, now=wires.clock(),
        )  # fmt: skip
    except (refunds.NotNow, refunds.MoreThanLeft, refunds.NothingAsked) as error:
        raise MoneyElsewhere(type(error).__name__) from error


def _done(session: Session, staff: StaffMember, row: Failure, note: str) -> None:
    assert row.message_id is not None
    now = current_wires().clock()
    settle(session, message_id=row.message_id, now=now)
    if row.task_id is not None:
        register.close_task(session, task_id=row.task_id, reason=note, by=staff.subject, now=now)


def _noted(session: Session, staff: StaffMember, row: Failure, note: str) -> None:
    assert row.task_id is not None
    register.close_task(session, task_id=row.task_id, reason=note, by=staff.subject, now=current_wires().clock())
