"""Booking: the only way into the journal."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.journal.entries import Entry
from app.journal.models import JournalEntry, JournalLine


class AlreadyBooked(Exception):
    """An entry with this key is in the journal: the event has been booked before."""


def book(
    session: Session, *, key: str, entry: Entry, municipality_code: str, payment_id: UUID | None, now: datetime
) -> None:
    """Book an event once.

    :raises AlreadyBooked: `key` is in the journal
    """
    made = insert_once(JournalEntry).values(
        id=new_row_id(), key=key, kind=entry.kind, municipality_code=municipality_code, payment_id=payment_id, at=now
    )
    entry_id = session.scalar(made.on_conflict_do_nothing(index_elements=["key"]).returning(JournalEntry.id))
    if entry_id is None:
        raise AlreadyBooked(key)
    session.execute(
        insert(JournalLine),
        [
            {
                "entry_id": entry_id,
                "line_no": number,
                "municipality_code": municipality_code,
                "account": account,
                "amount_ore": amount_ore,
            }
            for number, (account, amount_ore) in enumerate(entry.lines, start=1)
        ],
    )
