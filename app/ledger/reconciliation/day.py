"""A day: one municipality's sides are read, compared, asked about, and what differs is marked. Again gives the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.ledger.port import LedgerError
from app.ledger.reconciliation import accounts
from app.ledger.reconciliation.alone import alone
from app.ledger.reconciliation.asking import Sides, Silence, ask
from app.ledger.reconciliation.comparing import Compared, Day, compare
from app.ledger.reconciliation.differences import Difference, What
from app.ledger.reconciliation.marking import AT_PROVIDER, IN_LEDGER, Marked, mark
from app.ledger.reconciliation.models import NUMBERS, ParkedLine, ReconciliationDay
from app.ledger.reconciliation.statements import of_ledger, of_provider
from app.payments.port import ProviderError

LOOK_BACK = timedelta(days=14)
"""So long a day that is not clean is looked at again each night."""


@dataclass(frozen=True)
class Outcome:
    """How a day came out."""

    day: date
    differences: int
    mended: int
    parked: int
    silent: tuple[Silence, ...]

    @property
    def line(self) -> str:
        """In a few words, for operators."""
        said = [f"{self.day}: {self.differences} differences, {self.mended} mended, {self.parked} parked"]
        return "; ".join([*said, *(f"{one.side} not read ({one.reason})" for one in self.silent)])


@dataclass
class _Read:
    """What could be read of a day."""

    roads: list[str] = field(default_factory=list)
    has_ledger: bool = False
    unread_accounts: list[str] = field(default_factory=list)
    silent: list[Silence] = field(default_factory=list)
    from_file: bool = False


def reconcile(
    sessions: Sessions, *, sides: Sides, municipality_code: str, days: Sequence[date], clock: Clock
) -> list[Outcome]:
    """Reconcile days of one municipality (speaks over wires: takes the session factory).

    A side that does not answer is said to be silent, and stops no other.

    :raises alone.AlreadyRunning: another run is under way
    """
    with alone(sessions, municipality_code=municipality_code):
        return [_reconcile(sessions, sides, municipality_code, day, clock) for day in days]


def days_to_look_at(session: Session, *, municipality_code: str, today: date) -> list[date]:
    """Yesterday, and the days of the last two weeks that are not clean; oldest first."""
    unclean = select(ReconciliationDay).where(
        ReconciliationDay.municipality_code == municipality_code, ReconciliationDay.day >= today - LOOK_BACK,
        ReconciliationDay.day < today,
    )  # fmt: skip
    again = [row.day for row in session.scalars(unclean) if not row.is_clean]
    return sorted({*again, today - timedelta(days=1)})


def _reconcile(sessions: Sessions, sides: Sides, code: str, on: date, clock: Clock) -> Outcome:
    began = clock()
    with sessions.begin() as session:
        from_file = _begin(session, code, on, began)
    read = _read(sessions, sides, code, on, began, from_file=from_file)
    day = Day(
        code, on, tuple(read.roads), has_ledger=read.has_ledger, unread_accounts=tuple(read.unread_accounts),
        collecting=sides.collecting, now=began, counts_reversed=not from_file,
    )  # fmt: skip
    with sessions.begin() as session:
        first = last = compare(session, day=day)
    if ask(sessions, sides=sides, found=first, day=day, clock=clock, from_file=from_file):
        with sessions.begin() as session:
            last = compare(session, day=day)
    mended = _mended(first, last)
    with sessions.begin() as session:
        return _finish(session, day, read, last, mended, clock())


def _mended(first: Compared, last: Compared) -> list[Difference]:
    """What was found and is gone: only money is told of; a posting that stands on another day was no difference."""
    still = {(one.what, one.matter) for one in last.differences}
    kinds = (What.NOT_IN_JOURNAL, What.PROVIDER_AMOUNT)
    return [one for one in first.of(*kinds) if (one.what, one.matter) not in still]


def _begin(session: Session, code: str, day: date, now: datetime) -> bool:
    """Say that a run is under way; whether the ledger's side came in a file."""
    row = insert(ReconciliationDay).values(
        id=new_row_id(), municipality_code=code, day=day, began_at=now, silent=[], differences=0, parked=0,
        **dict.fromkeys(NUMBERS, 0),
    )  # fmt: skip
    session.execute(
        row.on_conflict_do_update(index_elements=["municipality_code", "day"], set_={"began_at": row.excluded.began_at})
    )
    return _row(session, code, day).ledger_by == "file"


def _read(sessions: Sessions, sides: Sides, code: str, day: date, now: datetime, *, from_file: bool) -> _Read:
    read = _Read(silent=list(sides.missing), has_ledger=from_file, from_file=from_file)
    for merchant in sides.merchants:
        name = merchant.provider.name
        try:
            of_provider(
                sessions, provider=merchant.provider, is_home=merchant.is_home, municipality_code=code, day=day,
                now=now,
            )  # fmt: skip
            read.roads.append(name)
        except ProviderError as error:
            read.silent.append(Silence(name, f"{type(error).__name__}: {error}"))
    if sides.ledger is not None and not from_file:
        with sessions.begin() as session:
            posted_to = accounts.posted_to(session, municipality_code=code, day=day, also=sides.collecting)
        try:
            read.unread_accounts = of_ledger(
                sessions, ledger=sides.ledger, accounts=posted_to, municipality_code=code, day=day, now=now
            )
            read.has_ledger = True
        except LedgerError as error:
            read.silent.append(Silence("ledger", f"{type(error).__name__}: {error}"))
    return read


def _finish(
    session: Session, day: Day, read: _Read, found: Compared, mended: Sequence[Difference], now: datetime
) -> Outcome:
    row = _row(session, day.municipality_code, day.day)
    silent = {one.side for one in read.silent}
    judged = set(What)
    if silent - {"ledger"}:
        judged -= AT_PROVIDER
    if not read.has_ledger or read.unread_accounts:
        judged -= IN_LEDGER
    marked = Marked(day.municipality_code, day.day, row.id)
    row.differences = mark(session, marked=marked, found=found.differences, mended=mended, judged=judged, now=now)
    for name, value in found.totals.items():
        setattr(row, name, value)
    row.parked = _parked(session, day.municipality_code, day.day)
    row.silent = [{"side": one.side, "reason": one.reason} for one in read.silent]
    row.ledger_by = "file" if read.from_file else "wire" if read.has_ledger else row.ledger_by
    row.began_at, row.finished_at = None, now
    return Outcome(day.day, row.differences, len(mended), row.parked, tuple(read.silent))


def _row(session: Session, code: str, day: date) -> ReconciliationDay:
    chosen = select(ReconciliationDay).where(ReconciliationDay.municipality_code == code, ReconciliationDay.day == day)
    return session.scalars(chosen.with_for_update()).one()


def _parked(session: Session, code: str, day: date) -> int:
    rows = select(func.count()).select_from(ParkedLine)
    return session.scalar(rows.where(ParkedLine.municipality_code == code, ParkedLine.day == day)) or 0
