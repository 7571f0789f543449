"""The journal: booked once, balanced, and never changed, which the database itself sees to."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.foundation.db import Sessions
from app.journal.entries import Entry, accepted, capture
from app.journal.models import JournalEntry, JournalLine
from app.journal.post import AlreadyBooked, Booking, book, book_all
from app.journal.queries import balances

pytestmark = pytest.mark.database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAPTURE = capture(provider="stripe", municipality_code="0991", wanted_ore=6000, overpaid_ore=500)


def put(session: Session, entry: Entry = CAPTURE, key: str = "capture/1", code: str = "0991") -> None:
    book(session, key=key, entry=entry, municipality_code=code, payment_id=None, now=NOON)


def test_balances_follow_what_is_booked(sessions: Sessions) -> None:
    with sessions.begin() as session:
        put(session)
        put(session, accepted(municipality_code="0991", amount_ore=6000), "accepted/1")
        put(session, accepted(municipality_code="0992", amount_ore=1), "accepted/2", "0992")
    with sessions() as session:
        assert balances(session, municipality_code="0991") == {
            "provider/stripe/0991": 6500,
            "transit/0991": 0,
            "overpaid/0991": -500,
            "ledger/0991": -6000,
        }
        assert balances(session)["ledger/0992"] == -1
        assert sum(balances(session).values()) == 0


def test_an_event_is_booked_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        put(session)
    with sessions.begin() as session:
        with pytest.raises(AlreadyBooked, match="capture/1"):
            put(session)
        put(session, key="capture/2")
    with sessions() as session:
        assert balances(session)["provider/stripe/0991"] == 2 * 6500


def test_many_events_are_booked_as_if_alone_or_not_at_all(sessions: Sessions) -> None:
    taken = accepted(municipality_code="0991", amount_ore=6000)
    bookings = [Booking("capture/1", CAPTURE, "0991", None, NOON), Booking("accepted/1", taken, "0991", None, NOON)]
    with sessions.begin() as session:
        book_all(session, bookings=bookings)
    again = [Booking("capture/2", CAPTURE, "0991", None, NOON), bookings[1]]
    with pytest.raises(AlreadyBooked, match=r"^accepted/1$"), sessions.begin() as session:
        book_all(session, bookings=again)
    with sessions() as session:
        entries = list(session.scalars(select(JournalEntry).order_by(JournalEntry.key)))
        lines = list(session.execute(select(JournalLine.entry_id, JournalLine.line_no, JournalLine.account,
                                            JournalLine.amount_ore)))  # fmt: skip
    assert [(one.key, one.kind, one.at) for one in entries] == [
        ("accepted/1", "accepted", NOON), ("capture/1", "capture", NOON),
    ]  # fmt: skip
    expected = [(one, number, account, ore) for one, entry in zip(entries, (taken, CAPTURE), strict=True)
                for number, (account, ore) in enumerate(entry.lines, start=1)]  # fmt: skip
    assert sorted(map(tuple, lines)) == sorted((one.id, *rest) for one, *rest in expected)


def test_ten_at_once_book_it_once(sessions: Sessions) -> None:
    def come(_turn: int) -> bool:
        try:
            with sessions.begin() as session:
                put(session)
        except AlreadyBooked:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(come, range(10))) == 1
    with sessions() as session:
        assert balances(session)["provider/stripe/0991"] == 6500


def test_an_entry_that_does_not_sum_to_zero_is_refused_at_commit(sessions: Sessions) -> None:
    crooked = Entry("capture", (("provider/stripe/0991", 100), ("transit/0991", -99)))
    with pytest.raises(IntegrityError, match="not to zero"), sessions.begin() as session:
        put(session, crooked)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0


def test_a_line_added_later_is_refused_too(sessions: Sessions) -> None:
    with sessions.begin() as session:
        put(session)
        entry_id = session.scalars(select(JournalEntry.id)).one()
    late = {"entry_id": entry_id, "line_no": 9, "municipality_code": "0991", "account": "bank/0991", "amount_ore": 1}
    with pytest.raises(IntegrityError, match="not to zero"), sessions.begin() as session:
        session.execute(insert(JournalLine).values(late))


def test_an_entry_without_lines_is_refused_at_commit(sessions: Sessions) -> None:
    bare = {"id": uuid4(), "key": "capture/1", "kind": "capture", "municipality_code": "0991", "at": NOON}
    with pytest.raises(IntegrityError, match="has no lines"), sessions.begin() as session:
        session.execute(insert(JournalEntry).values(bare))


CHANGES = [
    update(JournalLine).values(amount_ore=0),
    delete(JournalLine),
    update(JournalEntry).values(kind="other"),
    delete(JournalEntry),
    text("TRUNCATE journal_line"),
    text("TRUNCATE journal_entry CASCADE"),
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
@pytest.mark.parametrize("role", ["app", "owner"])
def test_nothing_booked_is_ever_changed(
    sessions: Sessions, owner_sessions: Sessions, change: object, role: str
) -> None:
    with sessions.begin() as session:
        put(session)
    who = sessions if role == "app" else owner_sessions
    with pytest.raises(DBAPIError, match=r"append only|permission denied"), who.begin() as session:
        session.execute(change)  # type: ignore[call-overload]  # statements of several kinds
    with sessions() as session:
        assert balances(session)["transit/0991"] == -6000
