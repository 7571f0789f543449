"""Statements: what a provider and the ledger say of a day is copied into the database, a batch at a time.

A wire is read between the batches, never inside their transactions. The lines that were there before go only when the
new ones are whole, so that a statement that breaks off takes nothing away.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice, starmap
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.foundation.cpr import hide_cprs
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.ledger.port import BookedPayment, Ledger, LedgerNonsense, LedgerUnavailable
from app.ledger.reconciliation import whose_sql
from app.ledger.reconciliation.models import ParkedLine, StatementLine
from app.payments.movements import Illegible
from app.payments.port import PaymentProvider

BATCH = 10_000
PIECE = 500
"""So many lines are sent at a time: the database takes them in while the next ones are made."""
LONGEST_RAW = 500
POSTING = "posting"
_COPY = (
    "COPY statement_line (municipality_code, day, side, road, kind, reference, payment_reference, matter, amount_ore, "
    "less_ore) FROM STDIN"
)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "?"})
T = TypeVar("T")


class Line(NamedTuple):
    """One line of a statement, in the order of the columns after municipality, day and side."""

    road: str
    kind: str
    reference: str
    payment_reference: str | None
    matter: UUID | None
    amount_ore: int
    less_ore: int


class Unread(NamedTuple):
    """A line that cannot be read, as it is parked."""

    name: str
    line_no: int
    reason: str
    raw: str
    day: date | None


@dataclass(frozen=True)
class Page:
    """Whose statement, of which day, by which side."""

    municipality_code: str
    day: date
    side: str


def of_provider(
    sessions: Sessions, *, provider: PaymentProvider, is_home: bool, municipality_code: str, day: date, now: datetime
) -> None:
    """Read what moved at a merchant's provider on a day (speaks over a wire: takes the session factory).

    `is_home`: money that belongs to no payment of ours is this municipality's to explain, where a merchant has several.

    :raises ProviderError: the list could not be read; what was read of it before stands
    """
    page, road = Page(municipality_code, day, "provider"), provider.name
    with _in_place_of(sessions, page, roads=[road]):
        with sessions.begin() as session:
            _unpark(session, municipality_code, road, day=day)
        for batch in batches(provider.movements(on=day), BATCH):
            lines = (
                Line(road, one.kind, one.reference, one.payment_reference, one.payment_id, one.gross_ore, one.fee_ore)
                for one in batch if not isinstance(one, Illegible)
            )  # fmt: skip
            unread = [Unread(one.where, 0, one.reason, "", day) for one in batch if isinstance(one, Illegible)]
            with sessions.begin() as session:
                copy(session, page, lines)
                park(session, municipality_code=municipality_code, origin=road, unread=unread, now=now)
    with sessions.begin() as session:
        whose_sql.find(session, municipality_code=municipality_code, day=day, road=road, is_home=is_home)


def of_ledger(
    sessions: Sessions, *, ledger: Ledger, accounts: Sequence[str], municipality_code: str, day: date,
    now: datetime,
) -> list[str]:  # fmt: skip
    """Read what the ledger booked on debtor accounts on a day (speaks over a wire: takes the session factory).

    Returns the accounts whose answer could not be understood: each is parked, and the others are read.

    :raises LedgerUnavailable: the ledger does not answer; what was read of it before stands
    """
    page, unread = Page(municipality_code, day, "ledger"), list[Unread]()
    with _in_place_of(sessions, page, roads=None):
        stated = ((account, one) for account in accounts for one in _stated(ledger, account, day, unread))
        for batch in batches(stated, BATCH):
            with sessions.begin() as session:
                copy(session, page, starmap(posting_line, batch))
    with sessions.begin() as session:
        _unpark(session, municipality_code, "ledger", day=day)
        park(session, municipality_code=municipality_code, origin="ledger", unread=unread, now=now)
    return [one.name for one in unread]


def _stated(ledger: Ledger, account: str, day: date, unread: list[Unread]) -> Sequence[BookedPayment]:
    for is_last in (False, True):
        try:
            view = ledger.account(account, since=day, until=day)
        except LedgerUnavailable:
            if is_last:
                raise
        except LedgerNonsense as error:
            unread.append(Unread(account, 0, f"kontoen kan ikke læses: {error}", "", day))
            return ()
        else:
            return view.payments if view else ()
    raise AssertionError("the second try returns or raises")


def posting_line(account: str, booked: BookedPayment) -> Line:
    """A payment on an account as a line of the ledger's statement."""
    name = str(booked.payment_id)
    return Line(account, POSTING, name, None, booked.payment_id, booked.amount_ore, booked.reduced_ore)


def copy(session: Session, page: Page, lines: Iterable[Line]) -> None:
    """Put lines in by COPY, in the caller's transaction."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    head = f"{page.municipality_code}\t{page.day}\t{page.side}"
    with connection.cursor().copy(_COPY) as writer:
        for piece in batches(lines, PIECE):
            writer.write("".join([_row(head, *line) for line in piece]))


def _row(
    head: str, road: str, kind: str, reference: str, payment_reference: str | None, matter: UUID | None,
    amount_ore: int, less_ore: int,
) -> str:  # fmt: skip
    """A line as COPY reads text: much faster than to hand over its values one by one."""
    name = "\\N" if payment_reference is None else _said(payment_reference)
    about = "\\N" if matter is None else f"{matter.int:032x}"
    return f"{head}\t{_said(road)}\t{kind}\t{_said(reference)}\t{name}\t{about}\t{amount_ore}\t{less_ore}\n"


def _said(text: str) -> str:
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPED)


def park(
    session: Session, *, municipality_code: str, origin: str, unread: Sequence[Unread], now: datetime,
) -> None:  # fmt: skip
    """Keep lines that cannot be read, with CPR numbers hidden."""
    if unread:
        session.execute(
            insert(ParkedLine),
            [
                {
                    "id": new_row_id(), "municipality_code": municipality_code, "day": one.day, "origin": origin,
                    "name": hide_cprs(one.name), "line_no": one.line_no, "reason": hide_cprs(one.reason),
                    "raw": hide_cprs(one.raw.replace("\x00", "?"))[:LONGEST_RAW], "parked_at": now,
                }
                for one in unread
            ],
        )  # fmt: skip


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in lists of at most so many."""
    rest = iter(things)
    while some := list(islice(rest, size)):
        yield some


def _unpark(session: Session, municipality_code: str, origin: str, *, day: date) -> None:
    """What was parked of a statement is forgotten when it is read anew: it may be readable now."""
    session.execute(
        delete(ParkedLine).where(
            ParkedLine.municipality_code == municipality_code, ParkedLine.origin == origin, ParkedLine.day == day
        )
    )


@contextmanager
def _in_place_of(sessions: Sessions, page: Page, *, roads: Sequence[str] | None) -> Iterator[None]:
    """What is copied in the block takes the place of the page's lines; where it breaks off, it goes again instead."""
    lines = [
        StatementLine.municipality_code == page.municipality_code, StatementLine.day == page.day,
        StatementLine.side == page.side,
    ]  # fmt: skip
    if roads is not None:
        lines.append(StatementLine.road.in_(roads))
    with sessions.begin() as session:
        last = session.scalar(select(func.max(StatementLine.id))) or 0
    try:
        yield
    except BaseException:
        with sessions.begin() as session:
            session.execute(delete(StatementLine).where(*lines, StatementLine.id > last))
        raise
    with sessions.begin() as session:
        session.execute(delete(StatementLine).where(*lines, StatementLine.id <= last))
