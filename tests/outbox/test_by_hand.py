"""What people do to messages: have one tried now, or settle a dead one by hand."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.foundation.db import Sessions
from app.outbox import by_hand, queue
from app.outbox.models import OutboxMessage, OutboxRoad
from tests.demo import NOW

pytestmark = pytest.mark.database


def promised(sessions: Sessions, **changes: object) -> uuid.UUID:
    with sessions.begin() as session:
        made = queue.put(
            session, kind="letter", subject_id=uuid.uuid4(), municipality_code="0991", lane="a", payload={}, now=NOW
        )
        for name, value in changes.items():
            setattr(session.get_one(OutboxMessage, made), name, value)
    return made


def message(sessions: Sessions, made: uuid.UUID) -> OutboxMessage:
    with sessions() as session:
        return session.get_one(OutboxMessage, made)


def test_one_that_was_put_off_is_due_now(sessions: Sessions) -> None:
    made = promised(sessions, due_at=NOW + timedelta(hours=1), attempts=7)
    with sessions.begin() as session:
        assert by_hand.try_now(session, message_id=made, now=NOW) == "hurried"
    row = message(sessions, made)
    assert (row.due_at, row.attempts, row.state) == (NOW, 7, "due")


def test_a_silent_road_is_probed_at_once(sessions: Sessions) -> None:
    made = promised(sessions)
    with sessions.begin() as session:
        for code in ("0991", "0992"):
            session.add(
                OutboxRoad(
                    wire="ledger", municipality_code=code, silent_since=NOW, reason="r", rests=5,
                    rests_until=NOW + timedelta(seconds=20),
                )
            )  # fmt: skip
    with sessions.begin() as session:
        by_hand.try_now(session, message_id=made, now=NOW)
    with sessions() as session:
        ends = {one.municipality_code: one.rests_until for one in session.scalars(select(OutboxRoad))}
    assert ends == {"0991": NOW, "0992": NOW + timedelta(seconds=20)}


def test_a_dead_one_lives_again(sessions: Sessions) -> None:
    made = promised(sessions, state="dead", attempts=7)
    with sessions.begin() as session:
        assert by_hand.try_now(session, message_id=made, now=NOW) == "revived"
    assert (message(sessions, made).state, message(sessions, made).attempts) == ("due", 0)


def test_one_in_a_workers_hands_is_being_tried(sessions: Sessions) -> None:
    made = promised(sessions, taken_by=7, due_at=NOW + timedelta(hours=1))
    with sessions.begin() as session:
        assert by_hand.try_now(session, message_id=made, now=NOW) == "held"
    assert message(sessions, made).due_at == NOW + timedelta(hours=1)


def test_one_that_was_delivered_or_forgotten_needs_nothing(sessions: Sessions) -> None:
    made = promised(sessions, state="done", done_at=NOW)
    with sessions.begin() as session:
        assert by_hand.try_now(session, message_id=made, now=NOW) == "delivered"
        assert by_hand.try_now(session, message_id=uuid.uuid4(), now=NOW) == "delivered"


def test_only_a_dead_one_is_settled_by_hand(sessions: Sessions) -> None:
    dead, due = promised(sessions, state="dead"), promised(sessions, lane="b")
    with sessions.begin() as session:
        by_hand.settle(session, message_id=dead, now=NOW)
        for other in (due, dead):
            with pytest.raises(by_hand.NotDead):
                by_hand.settle(session, message_id=other, now=NOW)
    assert (message(sessions, dead).state, message(sessions, due).state) == ("done", "due")
