"""What operators see of the outbox."""

import uuid
from datetime import timedelta

import pytest

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queries, queue, roads
from app.outbox.models import DEAD, DONE, DUE
from tests.outbox.conftest import Born, Put

pytestmark = pytest.mark.database


def test_an_empty_outbox(sessions: Sessions) -> None:
    with sessions() as session:
        assert queries.messages(session, state=DUE, limit=10) == []
        assert queries.oldest_due(session, now=utc_now()) is None
        assert queries.count(session) == {DUE: 0, DEAD: 0}
        assert queries.workers_alive(session) == []
        assert queries.late_tasks(session, now=utc_now()) == []


def test_roads_that_are_silent_and_what_waits_for_them(sessions: Sessions, put: Put, born: Born) -> None:
    for _ in range(3):
        put()
    now = utc_now()
    with sessions.begin() as session:
        (message,) = queue.take(session, worker_key=born().key, limit=1, now=now)
        assert queries.silent_roads(session) == []
        roads.fell_silent(session, wire="ledger", message=message, reason="away", now=now)
    with sessions.begin() as session:
        (road,) = queries.silent_roads(session)
        assert (road.wire, road.municipality_code, road.silent_since, road.reason) == ("ledger", "0999", now, "away")
        assert queries.waiting_on(session, kinds=["test", "other"], municipality_code="0999") == 3
        assert queries.waiting_on(session, kinds=["test"], municipality_code="0461") == 0
        roads.heard(session, wire="ledger", municipality_code="0999", now=now)
        assert queries.silent_roads(session) == []


def test_messages_by_state_in_order_and_bounded(sessions: Sessions, put: Put, born: Born) -> None:
    ids = [put() for _ in range(5)]
    life = born()
    with sessions.begin() as session:
        first, second = queue.take(session, worker_key=life.key, limit=2, now=utc_now())
    with sessions.begin() as session:
        queue.done(session, messages=[first], now=utc_now())
        queue.give_up(session, message=second, reason="no such account")
    with sessions() as session:
        assert [row.id for row in queries.messages(session, state=DONE, limit=10)] == ids[:1]
        assert [row.last_error for row in queries.messages(session, state=DEAD, limit=10)] == ["no such account"]
        assert [row.id for row in queries.messages(session, state=DUE, limit=2)] == ids[2:4]
        assert queries.count(session) == {DUE: 3, DEAD: 1}


def test_the_oldest_due_is_counted_from_when_it_could_first_be_delivered(sessions: Sessions, born: Born) -> None:
    now, life = utc_now(), born()
    promises = [
        queue.Promise("test", uuid.uuid4(), "0999", "a", {}, due_at=now - timedelta(hours=2)),
        queue.Promise("test", uuid.uuid4(), "0999", "b", {}, due_at=now + timedelta(hours=2)),
    ]
    with sessions.begin() as session:
        queue.put_many(session, promises=promises, now=now)
        [message] = queue.take(session, worker_key=life.key, limit=5, now=now)
        queue.later(session, message=message, reason="down", now=now)
        assert queries.oldest_due(session, now=now) == now - timedelta(hours=2)
