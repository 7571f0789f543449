"""The inbox: a message is stored once, read in its turn, parked when it cannot be, and forgotten in time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.foundation.crypto import CannotUnseal, CprVault
from app.foundation.db import Sessions
from app.ledger import inbox
from app.ledger.inbox import Arrived, Door
from app.ledger.models import LedgerMessage
from app.outbox.models import OutboxMessage
from app.tasks.queries import open_tasks
from tests.demo import ACCOUNT, CODE, NOW, vault

pytestmark = pytest.mark.database
RAW = bytes(range(256))
ONE = Arrived(Door.LEDGER, "k1", "d1", "OpretDækningAfskrivning", CODE, ACCOUNT, RAW)


def store(sessions: Sessions, arrived: Arrived = ONE) -> UUID | None:
    with sessions.begin() as session:
        return inbox.store(session, arrived=arrived, vault=vault(), now=NOW)


def rows(sessions: Sessions) -> dict[str, LedgerMessage]:
    with sessions.begin() as session:
        found = {row.key: row for row in session.scalars(select(LedgerMessage))}
        session.expunge_all()
        return found


def lanes(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(session.scalars(select(OutboxMessage.lane).order_by(OutboxMessage.position)))


def reasons(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return [task.reason for task in open_tasks(session, municipality_code=CODE, limit=9)]


def test_every_byte_comes_back_as_it_came(sessions: Sessions) -> None:
    stored = store(sessions)
    assert stored is not None
    with sessions.begin() as session:
        found = inbox.raw_of(session, message_id=stored, vault=vault())
        assert found is not None
        assert found[1] == RAW
    sealed = rows(sessions)["k1"].sealed
    assert sealed is not None
    assert RAW[:40] not in sealed


def test_another_key_opens_nothing(sessions: Sessions) -> None:
    stored = store(sessions)
    assert stored is not None
    other = CprVault(["another-key-another-key-another-key"], ["another-key-another-key-another-key"])
    with sessions.begin() as session, pytest.raises(CannotUnseal):
        inbox.raw_of(session, message_id=stored, vault=other)


def test_twenty_that_come_at_once_are_one(sessions: Sessions) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda _: store(sessions), range(20)))
    assert len([one for one in made if one]) == 1
    assert len(rows(sessions)) == len(lanes(sessions)) == 1


def test_the_same_id_at_two_doors_is_two_messages(sessions: Sessions) -> None:
    assert store(sessions)
    assert store(sessions, replace(ONE, door=Door.BESKEDFORDELER))


def test_messages_of_one_account_share_a_lane_and_others_have_their_own(sessions: Sessions) -> None:
    store(sessions)
    store(sessions, replace(ONE, key="k2"))
    alone = store(sessions, replace(ONE, key="k3", account=None))
    assert lanes(sessions) == [f"back/{ACCOUNT}", f"back/{ACCOUNT}", f"back/{alone}"]


def test_a_fault_parks_it_at_once_and_asks_people(sessions: Sessions) -> None:
    store(sessions, replace(ONE, fault="broken by 7503724996"))
    assert rows(sessions)["k1"].reason == "broken by [cpr]"
    assert lanes(sessions) == []
    assert reasons(sessions) == ["En besked fra debitorsystemet kan ikke læses: broken by [cpr]"]


def test_a_known_id_with_other_content_is_parked_once(sessions: Sessions) -> None:
    made = [store(sessions, one) for one in (ONE, replace(ONE, digest="d2"), replace(ONE, digest="d2"), ONE)]
    assert [one is not None for one in made] == [True, True, False, False]
    assert {row.state for row in rows(sessions).values()} == {"waiting", "parked"}
    assert len(lanes(sessions)) == len(reasons(sessions)) == 1


def test_it_is_handled_once(sessions: Sessions) -> None:
    stored = store(sessions)
    assert stored is not None
    with sessions.begin() as session:
        assert inbox.handled(session, message_id=stored, attempts=3, now=NOW)
        assert not inbox.handled(session, message_id=stored, attempts=4, now=NOW)
        assert inbox.raw_of(session, message_id=stored, vault=vault()) is None
    row = rows(sessions)["k1"]
    assert (row.state, row.attempts) == ("handled", 3)


def test_a_parked_one_can_be_read_again(sessions: Sessions) -> None:
    stored = store(sessions)
    assert stored is not None
    with sessions.begin() as session:
        inbox.park(session, message_id=stored, attempts=1, reason="unknown", now=NOW)
        inbox.park(session, message_id=stored, attempts=2, reason="again", now=NOW)
    with sessions.begin() as session:
        assert [one.reason for one in inbox.parked(session, limit=9)] == ["unknown"]
        inbox.read_again(session, message_id=stored, now=NOW)
    assert rows(sessions)["k1"].state == "waiting"
    assert len(lanes(sessions)) == 2
    for unknown in (stored, uuid4()):
        with sessions.begin() as session, pytest.raises(inbox.NoSuchParked):
            inbox.read_again(session, message_id=unknown, now=NOW)


def test_what_was_handled_is_forgotten_in_time_and_still_known(sessions: Sessions) -> None:
    ids = [store(sessions, replace(ONE, key=key)) for key in ("k1", "k2", "k3")]
    for message_id, days in zip(ids[:2], (91, 89), strict=True):
        assert message_id is not None
        with sessions.begin() as session:
            inbox.handled(session, message_id=message_id, attempts=1, now=NOW - timedelta(days=days))
    with sessions.begin() as session:
        assert inbox.forget(session, now=NOW) == 1
        assert inbox.forget(session, now=NOW) == 0
    assert {key: row.sealed is None for key, row in rows(sessions).items()} == {"k1": True, "k2": False, "k3": False}
    assert store(sessions) is None
