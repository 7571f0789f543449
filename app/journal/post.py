"""Booking: the only way into the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.journal.entries import Entry

# Entries and lines in one turn: a settlement books inside the locks of its claims. No row comes back of an entry that
# is there already.
_BOOK = text("""
    with entry as (
        insert into journal_entry (id, key, kind, municipality_code, payment_id, at)
        select * from unnest(
            cast(:ids as uuid[]), cast(:keys as text[]), cast(:kinds as text[]), cast(:codes as text[]),
            cast(:payments as uuid[]), cast(:ats as timestamptz[]))
        on conflict (key) do nothing
        returning id, municipality_code
    )
    insert into journal_line (entry_id, line_no, municipality_code, account, amount_ore)
    select entry.id, line.number, entry.municipality_code, line.account, line.amount_ore
    from entry
    join unnest(
        cast(:entries as uuid[]), cast(:numbers as int[]), cast(:accounts as text[]), cast(:amounts as bigint[])
    ) as line (entry_id, number, account, amount_ore) on line.entry_id = entry.id
    returning entry_id
""")


@dataclass(frozen=True, slots=True)
class Booking:
    """An event to be booked once: `key` names it."""

    key: str
    entry: Entry
    municipality_code: str
    payment_id: UUID | None
    at: datetime


class AlreadyBooked(Exception):
    """An entry with this key is in the journal: the event has been booked before."""


def book(
    session: Session, *, key: str, entry: Entry, municipality_code: str, payment_id: UUID | None, now: datetime
) -> None:
    """Book an event once.

    :raises AlreadyBooked: `key` is in the journal
    """
    book_all(session, bookings=[Booking(key, entry, municipality_code, payment_id, now)])


def book_all(session: Session, *, bookings: Sequence[Booking]) -> None:
    """Book events once, all or none.

    :raises AlreadyBooked: the key of one is in the journal
    """
    made = [(new_row_id(), one) for one in bookings]
    lines = [
        (entry_id, number, account, amount_ore)
        for entry_id, one in made
        for number, (account, amount_ore) in enumerate(one.entry.lines, start=1)
    ]
    asked = {
        "ids": [entry_id for entry_id, _ in made],
        "keys": [one.key for one in bookings],
        "kinds": [one.entry.kind for one in bookings],
        "codes": [one.municipality_code for one in bookings],
        "payments": [one.payment_id for one in bookings],
        "ats": [one.at for one in bookings],
        "entries": [line[0] for line in lines],
        "numbers": [line[1] for line in lines],
        "accounts": [line[2] for line in lines],
        "amounts": [line[3] for line in lines],
    }
    booked = set(session.execute(_BOOK, asked).scalars())
    if missing := [one.key for entry_id, one in made if entry_id not in booked]:
        raise AlreadyBooked(", ".join(missing))
