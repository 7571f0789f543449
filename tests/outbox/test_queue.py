"""The queue: in the caller's transaction, one holder, lanes in order, fences, backoff, death and revival."""

import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queue
from app.outbox.alive import Life, living
from app.outbox.models import DEAD, DONE, DUE, OutboxMessage
from app.outbox.port import Message, NoLongerOurs
from tests.outbox.conftest import Born, Put

pytestmark = pytest.mark.database


def take(sessions: Sessions, life: Life, limit: int = 10, ahead: timedelta = timedelta(0)) -> list[Message]:
    with sessions.begin() as session:
        return queue.take(session, worker_key=life.key, limit=limit, now=utc_now() + ahead)


def finish(sessions: Sessions, *messages: Message) -> None:
    with sessions.begin() as session:
        queue.done(session, messages=messages, now=utc_now())


def row(sessions: Sessions, message_id: uuid.UUID) -> OutboxMessage:
    with sessions() as session:
        return session.get_one(OutboxMessage, message_id)


def promise(lane: str, message_id: uuid.UUID | None = None) -> queue.Promise:
    return queue.Promise("test", uuid.uuid4(), "0999", lane, {}, message_id=message_id or uuid.uuid4())


def test_rollback_takes_the_message_along(sessions: Sessions, born: Born) -> None:
    with sessions() as session:
        queue.put_many(session, promises=[promise("a")], now=utc_now())
        session.flush()
        session.rollback()
    assert take(sessions, born()) == []


def test_a_message_keeps_the_id_made_before_and_what_was_put(sessions: Sessions, born: Born) -> None:
    chosen, subject = uuid.uuid4(), uuid.uuid4()
    with sessions.begin() as session:
        answered = queue.put(
            session,
            kind="post",
            subject_id=subject,
            municipality_code="0999",
            lane="a",
            payload={"payment": "7"},
            now=utc_now(),
            message_id=chosen,
        )
    [message] = take(sessions, born())
    assert answered == message.id == chosen
    assert (message.kind, message.subject_id, message.payload, message.attempts) == (
        "post",
        subject,
        {"payment": "7"},
        1,
    )


def test_a_message_is_not_taken_before_it_is_due(sessions: Sessions, born: Born) -> None:
    now = utc_now()
    later = queue.Promise("test", uuid.uuid4(), "0999", "a", {}, due_at=now + timedelta(hours=1))
    with sessions.begin() as session:
        queue.put_many(session, promises=[later], now=now)
    life = born()
    assert take(sessions, life) == []
    assert len(take(sessions, life, ahead=timedelta(hours=2))) == 1


def test_a_lane_is_handled_one_at_a_time_and_in_order(sessions: Sessions, born: Born, put: Put) -> None:
    life, other = born(), born()
    ids = [put(lane="account") for _ in range(3)]
    beside = put(lane="another account")
    for turn, message_id in enumerate(ids):
        taken = take(sessions, life)
        assert [message.id for message in taken] == ([message_id, beside] if turn == 0 else [message_id])
        assert take(sessions, other) == []
        finish(sessions, *taken)


def test_a_message_that_waits_holds_back_its_lane(sessions: Sessions, born: Born, put: Put) -> None:
    life = born()
    first, second = put(lane="account"), put(lane="account")
    [message] = take(sessions, life)
    with sessions.begin() as session:
        queue.later(session, message=message, reason="down", now=utc_now())
    assert take(sessions, life) == []
    assert [message.id for message in take(sessions, life, ahead=timedelta(seconds=2))] == [first]
    assert row(sessions, second).state == DUE


def test_a_dead_message_holds_back_its_own_lane_only_until_revived(sessions: Sessions, born: Born, put: Put) -> None:
    life = born()
    dead, behind = put(lane="account"), put(lane="account")
    [message] = take(sessions, life)
    with sessions.begin() as session:
        queue.give_up(session, message=message, reason="unknown account, CPR 610190-1234")
    beside = put(lane="another account")
    assert [message.id for message in take(sessions, life)] == [beside]
    assert (row(sessions, dead).state, row(sessions, dead).last_error) == (DEAD, "unknown account, CPR [cpr]")

    with sessions.begin() as session:
        queue.revive(session, message_id=dead, now=utc_now())
    [again] = take(sessions, life)
    assert (again.id, again.attempts) == (dead, 1)
    finish(sessions, again)
    assert [message.id for message in take(sessions, life)] == [behind]


def test_only_a_dead_message_is_revived(sessions: Sessions, put: Put) -> None:
    due = put()
    with sessions.begin() as session, pytest.raises(queue.NoSuchDeadMessage):
        queue.revive(session, message_id=due, now=utc_now())


def test_what_a_dead_worker_held_is_taken_over_and_its_word_no_longer_counts(
    sessions: Sessions, born: Born, put: Put, database_url: str
) -> None:
    first, second = put(lane="account"), put(lane="account")
    survivor = born()
    with living(database_url) as doomed:
        [held] = take(sessions, doomed)
        assert take(sessions, survivor) == []
    [taken_over] = take(sessions, survivor)
    assert (held.id, taken_over.id, taken_over.attempts) == (first, first, 2)

    with pytest.raises(NoLongerOurs):
        finish(sessions, held)
    with sessions.begin() as session, pytest.raises(NoLongerOurs):
        queue.later(session, message=held, reason="x", now=utc_now())
    with sessions.begin() as session, pytest.raises(NoLongerOurs):
        queue.give_up(session, message=held, reason="x")
    finish(sessions, taken_over)
    assert (row(sessions, first).state, row(sessions, second).state) == (DONE, DUE)


def test_an_earlier_attempt_of_the_same_worker_no_longer_counts(sessions: Sessions, born: Born, put: Put) -> None:
    put()
    life = born()
    [early] = take(sessions, life)
    with sessions.begin() as session:
        queue.later(session, message=early, reason="down", now=utc_now(), after=timedelta(0))
    [late] = take(sessions, life, ahead=timedelta(seconds=1))
    with pytest.raises(NoLongerOurs):
        finish(sessions, early)
    finish(sessions, late)


def test_done_counts_once_and_for_all_or_none(sessions: Sessions, born: Born, put: Put) -> None:
    one, other = put(), put()
    taken = take(sessions, born())
    finish(sessions, taken[0])
    with pytest.raises(NoLongerOurs):
        finish(sessions, *taken)
    assert [row(sessions, one).state, row(sessions, other).state] == [DONE, DUE]


def test_a_worker_that_has_lost_its_lock_takes_nothing(sessions: Sessions, put: Put, database_url: str) -> None:
    put()
    with living(database_url) as life:
        pass
    assert take(sessions, life) == []


def test_an_elder_committed_late_waits_for_the_younger_that_has_begun(
    sessions: Sessions, born: Born, put: Put, database_url: str
) -> None:
    elder, survivor = uuid.uuid4(), born()
    with sessions() as slow:
        queue.put_many(slow, promises=[promise("account", elder)], now=utc_now())
        slow.flush()
        younger = put(lane="account")
        with living(database_url) as doomed:
            assert [message.id for message in take(sessions, doomed)] == [younger]
            slow.commit()
            assert take(sessions, survivor) == []
    [begun] = take(sessions, survivor)
    assert begun.id == younger
    finish(sessions, begun)
    assert [message.id for message in take(sessions, survivor)] == [elder]


def test_the_database_refuses_a_second_holder_in_a_lane(sessions: Sessions, born: Born, put: Put) -> None:
    """The elder's taker cannot see yet that the younger is being taken: the index stops it, and it comes back later."""
    elder, life, other, answers = uuid.uuid4(), born(), born(), list[list[Message]]()
    with sessions() as slow, sessions() as first:
        queue.put_many(slow, promises=[promise("account", elder)], now=utc_now())
        slow.flush()
        younger = put(lane="account")
        [held] = queue.take(first, worker_key=life.key, limit=10, now=utc_now())
        slow.commit()
        second = threading.Thread(target=lambda: answers.append(take(sessions, other)))
        second.start()
        second.join(timeout=0.3)
        first.commit()
        second.join(timeout=10)
    assert (held.id, answers) == (younger, [[]])


def test_waits_double_with_jitter_up_to_a_quarter_of_an_hour() -> None:
    for attempts, longest in ((1, 1), (2, 2), (5, 16), (11, 900), (10_000, 900)):
        waits = [queue.wait_after(attempts).total_seconds() for _ in range(50)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


def test_the_receivers_own_pace_is_kept(sessions: Sessions, born: Born, put: Put) -> None:
    message_id, now = put(), utc_now()
    [message] = take(sessions, born())
    with sessions.begin() as session:
        assert not queue.later(session, message=message, reason="busy", now=now, after=timedelta(minutes=7))
    assert row(sessions, message_id).due_at == now + timedelta(minutes=7)


def test_patience_ends_in_death_and_a_revived_one_has_all_of_it_again(sessions: Sessions, born: Born, put: Put) -> None:
    life, message_id, day = born(), put(), timedelta(days=1)
    [message] = take(sessions, life)
    with sessions.begin() as session:
        assert not queue.later(session, message=message, reason="down", now=utc_now() + day / 2, patience=day)
    [message] = take(sessions, life, ahead=day)
    with sessions.begin() as session:
        assert queue.later(session, message=message, reason="down", now=utc_now() + day, patience=day)
    assert row(sessions, message_id).last_error == "older than 1 day, 0:00:00: down"

    with sessions.begin() as session:
        queue.revive(session, message_id=message_id, now=utc_now() + day)
    [message] = take(sessions, life, ahead=day * 1.1)
    with sessions.begin() as session:
        assert not queue.later(session, message=message, reason="down", now=utc_now() + day * 1.5, patience=day)


def test_threads_never_hold_one_message_or_two_of_a_lane(sessions: Sessions, born: Born) -> None:
    lanes, number = 15, 300
    promises = [promise(f"lane {n % lanes}") for n in range(number)]
    with sessions.begin() as session:
        queue.put_many(session, promises=promises, now=utc_now())
    guard, held, handled, clashes = threading.Lock(), set[str](), list[uuid.UUID](), list[str]()

    def work(life: Life) -> None:
        while len(handled) < number and not clashes:
            taken = take(sessions, life, limit=4)
            with guard:
                lanes_taken = {message.lane for message in taken}
                clashes.extend(held & lanes_taken)
                held.update(lanes_taken)
                handled.extend(message.id for message in taken)
            for message in taken:
                with guard:
                    held.discard(message.lane)
                finish(sessions, message)

    workers = [threading.Thread(target=work, args=(born(),)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert not clashes
    assert sorted(handled) == sorted(each.message_id for each in promises)
    for lane in range(lanes):
        expected = [each.message_id for each in promises[lane::lanes]]
        assert [message_id for message_id in handled if message_id in set(expected)] == expected


def test_what_was_delivered_long_ago_is_forgotten_the_oldest_first_and_nothing_else(
    sessions: Sessions, put: Put, born: Born
) -> None:
    oldest, older, young, dead, due = (put() for _ in range(5))
    life, now = born(), utc_now()
    with sessions.begin() as session:
        taken = {one.id: one for one in queue.take(session, worker_key=life.key, limit=4, now=now)}
        queue.done(session, messages=[taken[older]], now=now - queue.KEPT)
        queue.done(session, messages=[taken[oldest]], now=now - queue.KEPT - timedelta(days=1))
        queue.done(session, messages=[taken[young]], now=now - queue.KEPT + timedelta(seconds=1))
        queue.give_up(session, message=taken[dead], reason="no such account")
        session.execute(update(OutboxMessage).values(created_at=now - 2 * queue.KEPT))

    def forget() -> set[uuid.UUID]:
        with sessions.begin() as session:
            assert queue.forget_done(session, now=now, at_most=1) == 1
            return set(session.scalars(select(OutboxMessage.id)))

    assert forget() == {older, young, dead, due}
    assert forget() == {young, dead, due}
    with sessions.begin() as session:
        assert queue.forget_done(session, now=now) == 0
