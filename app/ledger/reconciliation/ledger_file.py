"""A statement of the ledger's accounts as a file from the finance system, in place of asking account by account.

CSV with the columns `posteringsid`, `konto`, `beløb`, `bogført` in any order (others are left alone), apart by
semicolon, comma or tab; UTF-8, or Windows' Danish letters. It is read row by row, however long it is; a row that cannot
be read is parked, and the rest goes on. The days it holds are stated by it alone from then on. A negative amount is a
payment taken back: it says nothing of the day on which it was booked first.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.clock import COPENHAGEN, Clock
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.foundation.money import NotAnAmount, ore_from_text
from app.ledger.reconciliation.alone import alone
from app.ledger.reconciliation.models import NUMBERS, ParkedLine, ReconciliationDay, StatementLine
from app.ledger.reconciliation.statements import POSTING, Line, Page, Unread, batches, copy, park

COLUMNS = ("posteringsid", "konto", "beløb", "bogført")
ORIGIN = "file"
BATCH = 5_000
LONGEST_ROW = 10_000
_ENCODINGS = ("utf-8-sig", "cp1252")
_DANISH_DAY = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?:[ T].*)?", re.ASCII)


class CannotRead(Exception):
    """The file as a whole cannot be read; the message says why, in Danish."""


@dataclass(frozen=True)
class Stated:
    """A row of the file that could be read."""

    day: date
    line: Line


@dataclass
class Loaded:
    """What a file held."""

    rows: int = 0
    parked: int = 0
    days: tuple[date, ...] = ()


def load(sessions: Sessions, *, path: Path, municipality_code: str, clock: Clock) -> Loaded:
    """Take a file in, in place of what the ledger's side of its days was before. The same file again changes nothing.

    A file that cannot be read at all is parked whole, and nothing else changes.

    :raises AlreadyRunning: the municipality is being reconciled just now
    """
    with alone(sessions, municipality_code=municipality_code):
        return _load(sessions, path, municipality_code, clock)


def _load(sessions: Sessions, path: Path, municipality_code: str, clock: Clock) -> Loaded:
    loaded = Loaded()
    with sessions.begin() as session:
        _unpark(session, municipality_code, path.name)
        first = session.scalar(select(func.max(StatementLine.id))) or 0
    try:
        for batch in batches(read(path), BATCH):
            _take(sessions, batch, loaded, municipality_code, clock())
    except CannotRead as error:
        with sessions.begin() as session:
            _forget_after(session, municipality_code, first)
            whole = Unread(path.name, 0, str(error), "", None)
            park(session, municipality_code=municipality_code, origin=ORIGIN, unread=[whole], now=clock())
        return Loaded(parked=1)
    with sessions.begin() as session:
        loaded.days = _put_in_force(session, municipality_code, first)
    return loaded


def read(path: Path) -> Iterator[Stated | Unread]:
    """The rows of a file, each as it can be read; pure but for the file.

    :raises CannotRead: no file, no text, or columns missing
    """
    with path.open("r", encoding=_encoding(path), newline="") as file:
        head = file.readline(LONGEST_ROW)
        separator = max(";,\t", key=head.count)
        names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
        if missing := [name for name in COLUMNS if name not in names]:
            raise CannotRead(f"kolonnerne mangler: {', '.join(missing)}")
        places = [names.index(name) for name in COLUMNS]
        # Line by line: a quotation mark that is never closed must not swallow the rest of the file.
        for number, raw in enumerate(file, start=2):
            if raw.strip():
                yield _row(path.name, number, raw, separator, places)


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with path.open("r", encoding=encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise CannotRead(f"filen kan ikke åbnes ({error.strerror})") from error
        return encoding
    raise CannotRead("filen er ikke tekst i UTF-8 eller Windows-1252")


def _row(name: str, number: int, raw: str, separator: str, places: list[int]) -> Stated | Unread:
    day: date | None = None
    try:
        cells = next(csv.reader([raw], delimiter=separator, strict=True))
        posting, account, amount, booked = (cells[place].strip() for place in places)
        day = _day(booked)
        return Stated(day, Line(account, POSTING, posting, None, UUID(posting), _ore(amount), 0))
    except IndexError:
        reason = "rækken har for få felter"
    except csv.Error:
        reason = "rækken er ikke CSV"
    except _Wrong as error:
        reason = str(error)
    except ValueError:
        reason = "posteringsid er ikke et UUID"
    return Unread(name, number, reason, raw.rstrip("\r\n"), day)


class _Wrong(Exception):
    """One field that cannot be read."""


def _day(said: str) -> date:
    danish = _DANISH_DAY.fullmatch(said)
    try:
        if danish:
            return date(int(danish[3]), int(danish[2]), int(danish[1]))
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise _Wrong("bogført er ikke en dato") from error
    return moment.astimezone(COPENHAGEN).date() if moment.tzinfo else moment.date()


def _ore(said: str) -> int:
    is_negative, amount = said.startswith("-"), said.lstrip("+-")
    try:
        # As Danes write it, or with a point for the øre as systems do.
        ore = ore_from_text(amount.replace(".", ",") if re.fullmatch(r"\d+\.\d{2}", amount, re.ASCII) else amount)
    except NotAnAmount as error:
        raise _Wrong("beløb er ikke et beløb") from error
    return -ore if is_negative else ore


def _take(sessions: Sessions, batch: list[Stated | Unread], loaded: Loaded, code: str, now: datetime) -> None:
    unread = [one for one in batch if isinstance(one, Unread)]
    by_day: dict[date, list[Line]] = {}
    for one in batch:
        if isinstance(one, Stated):
            by_day.setdefault(one.day, []).append(one.line)
    with sessions.begin() as session:
        for day, lines in by_day.items():
            copy(session, Page(code, day, "ledger"), lines)
        park(session, municipality_code=code, origin=ORIGIN, unread=unread, now=now)
    loaded.rows += len(batch) - len(unread)
    loaded.parked += len(unread)


def _put_in_force(session: Session, code: str, first: int) -> tuple[date, ...]:
    """What was stated of the file's days before goes; they are the file's from now on."""
    own = StatementLine.municipality_code == code, StatementLine.side == "ledger"
    rows = select(StatementLine.day).where(*own, StatementLine.id > first).distinct()
    days = tuple(session.scalars(rows.order_by(StatementLine.day)))
    session.execute(delete(StatementLine).where(*own, StatementLine.id <= first, StatementLine.day.in_(days)))
    for day in days:
        row = insert(ReconciliationDay).values(
            id=new_row_id(), municipality_code=code, day=day, ledger_by="file", silent=[], differences=0, parked=0,
            **dict.fromkeys(NUMBERS, 0),
        )  # fmt: skip
        session.execute(
            row.on_conflict_do_update(index_elements=["municipality_code", "day"], set_={"ledger_by": "file"})
        )
    return days


def _forget_after(session: Session, code: str, first: int) -> None:
    mine = StatementLine.municipality_code == code, StatementLine.side == "ledger", StatementLine.id > first
    session.execute(delete(StatementLine).where(*mine))


def _unpark(session: Session, code: str, name: str) -> None:
    its = ParkedLine.municipality_code == code, ParkedLine.origin == ORIGIN, ParkedLine.name == name
    session.execute(delete(ParkedLine).where(*its))
