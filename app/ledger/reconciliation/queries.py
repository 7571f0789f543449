"""What the pages ask of reconciliation: the days, what differs, what is parked, and what a day's money was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.foundation.clock import day_bounds
from app.journal.models import JournalEntry, JournalLine
from app.ledger.reconciliation.differences import KIND, beginning
from app.ledger.reconciliation.models import ParkedLine, ReconciliationDay
from app.payments.models import Payment, PayoutMovement, PayoutRow
from app.tasks.models import Task

DAYS_A_PAGE = 31
MOST_LISTED = 200


@dataclass(frozen=True)
class MethodTotal:
    """What was taken by one method on a day."""

    method: str
    payments: int
    captured_ore: int


@dataclass(frozen=True)
class PaidOut:
    """Money that a provider sent to the bank on a day, and what it kept of it."""

    provider: str
    reference: str
    amount_ore: int
    fee_ore: int
    difference_ore: int


def days_of(session: Session, *, municipality_code: str, page: int = 1) -> tuple[list[ReconciliationDay], bool]:
    """A page of days, newest first, and whether there is another."""
    rows = (
        select(ReconciliationDay)
        .where(ReconciliationDay.municipality_code == municipality_code)
        .order_by(ReconciliationDay.day.desc())
        .limit(DAYS_A_PAGE + 1)
        .offset((page - 1) * DAYS_A_PAGE)
    )
    found = list(session.scalars(rows))
    return found[:DAYS_A_PAGE], len(found) > DAYS_A_PAGE


def day_of(session: Session, *, municipality_code: str, day: date) -> ReconciliationDay | None:
    """One day; None where it was never reconciled."""
    chosen = select(ReconciliationDay).where(
        ReconciliationDay.municipality_code == municipality_code, ReconciliationDay.day == day
    )
    return session.scalar(chosen)


def open_differences(session: Session, *, municipality_code: str, day: date | None = None) -> Sequence[Task]:
    """The open differences of a day, or of all days; oldest first."""
    rows = select(Task).where(
        Task.municipality_code == municipality_code, Task.kind.like(f"{KIND}%"), Task.closed_at.is_(None)
    )
    if day is not None:
        rows = rows.where(Task.key.like(f"{beginning(municipality_code, day)}%"))
    return session.scalars(rows.order_by(Task.created_at, Task.id).limit(MOST_LISTED)).all()


def closed_differences(session: Session, *, municipality_code: str, day: date) -> Sequence[Task]:
    """The differences of a day that are closed, with the reason; the last one closed first."""
    rows = select(Task).where(Task.key.like(f"{beginning(municipality_code, day)}%"), Task.closed_at.is_not(None))
    return session.scalars(rows.order_by(Task.closed_at.desc(), Task.id).limit(MOST_LISTED)).all()


def parked_of(session: Session, *, municipality_code: str, day: date | None) -> Sequence[ParkedLine]:
    """What is parked of a day; None: of no day that can be read."""
    rows = select(ParkedLine).where(ParkedLine.municipality_code == municipality_code)
    rows = rows.where(ParkedLine.day.is_(None) if day is None else ParkedLine.day == day)
    order = ParkedLine.origin, ParkedLine.name, ParkedLine.line_no
    return session.scalars(rows.order_by(*order).limit(MOST_LISTED)).all()


def by_method(session: Session, *, municipality_code: str, day: date) -> list[MethodTotal]:
    """What was booked as taken on a day, by method."""
    taken = func.coalesce(func.sum(JournalLine.amount_ore), 0)
    booked = _booked(municipality_code, day).where(JournalEntry.kind == "capture").group_by(Payment.method)
    rows = session.execute(booked.with_only_columns(Payment.method, func.count(), taken).order_by(Payment.method))
    return [MethodTotal(method, count, int(ore)) for method, count, ore in rows]


def sent_back_ore(session: Session, *, municipality_code: str, day: date) -> int:
    """What was booked as gone back to payers on a day, less what came back of it."""
    rows = _booked(municipality_code, day).where(JournalEntry.kind != "capture")
    total = rows.with_only_columns(func.coalesce(func.sum(JournalLine.amount_ore), 0))
    return -int(session.scalar(total) or 0)


def paid_out(session: Session, *, municipality_code: str, day: date) -> list[PaidOut]:
    """What the providers sent to the bank on a day."""
    fees = (
        select(func.coalesce(func.sum(PayoutMovement.fee_ore), 0))
        .where(PayoutMovement.payout_id == PayoutRow.id)
        .scalar_subquery()
    )
    rows = (
        select(PayoutRow.provider, PayoutRow.reference, PayoutRow.amount_ore, fees, PayoutRow.difference_ore)
        .where(PayoutRow.municipality_code == municipality_code, PayoutRow.paid_on == day)
        .order_by(PayoutRow.provider, PayoutRow.reference)
    )
    return [PaidOut(*row) for row in session.execute(rows.limit(MOST_LISTED))]


def _booked(municipality_code: str, day: date) -> Select[Any]:
    began, ended = day_bounds(day)
    return (
        select(JournalEntry.id)
        .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .join(Payment, Payment.id == JournalEntry.payment_id)
        .where(
            JournalEntry.municipality_code == municipality_code, JournalEntry.at >= began, JournalEntry.at < ended,
            JournalLine.account.like("provider/%"),
        )
    )  # fmt: skip
