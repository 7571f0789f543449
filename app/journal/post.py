"""Booking: the only way into the journal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.journal.entries import Entry

# Entry and lines in one turn: a settlement books inside the locks of its claims. No row comes back of an entry that is
# there already.
_BOOK = text("""
    with entry as (
        insert into journal_entry (id, key, kind, municipality_code, payment_id, at)
        values (:id, :key, :kind, :municipality_code, :payment_id, :at)
        on conflict (key) do nothing
        returning id, municipality_code
    )
    insert into journal_line (entry_id, line_no, municipality_code, account, amount_ore)
    select entry.id, line.number, entry.municipality_code, line.account, line.amount_ore
    from entry, unnest(cast(:accounts as text[]), cast(:amounts as bigint[]))
        with ordinality as line (account, amount_ore, number)
    returning entry_id
""")


class AlreadyBooked(Exception):
    """An entry with this key is in the journal: the event has been booked before."""


def book(
    session: Session, *, key: str, entry: Entry, municipality_code: str, payment_id: UUID | None, now: datetime
) -> None:
    """Book an event once.

    :raises AlreadyBooked: `key` is in the journal
    """
    booked = session.execute(
        _BOOK,
        {
            "id": new_row_id(),
            "key": key,
            "kind": entry.kind,
            "municipality_code": municipality_code,
            "payment_id": payment_id,
            "at": now,
            "accounts": [account for account, _ in entry.lines],
            "amounts": [amount_ore for _, amount_ore in entry.lines],
        },
    )
    if booked.first() is None:
        raise AlreadyBooked(key)
