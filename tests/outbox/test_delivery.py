"""The engine: handled with no transaction open, settled in one, put off, buried, stopped and begun anew."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queue
from app.outbox.alive import workers_alive
from app.outbox.delivery import Worker
from app.outbox.models import DEAD, DONE, DUE, OutboxMessage, PeriodicTask
from app.outbox.port import Finish, GiveUp, Handler, Kind, Later, Message, OnDead, Periodic, Together, nothing
from tests.outbox.conftest import Put, eventually

pytestmark = pytest.mark.database
FOLLOWED = "followed"


class SourceUnavailable(Exception):
    """A room's own error."""


class Engine:
    """Starts workers in threads of this process."""

    def __init__(self, sessions: Sessions, database_url: str) -> None:
        self.sessions = sessions
        self._database_url = database_url
        self.buried: list[tuple[uuid.UUID, str]] = []

    @contextmanager
    def working(
        self,
        handle: Handler[str],
        *,
        patience: timedelta = timedelta(days=1),
        periodic: tuple[Periodic[str], ...] = (),
        on_dead: OnDead | None = None,
    ) -> Iterator[threading.Event]:
        handlers: Mapping[str, Kind[str]] = {"test": Kind(handle, patience=patience)}
        worker = Worker(
            sessions=self.sessions,
            database_url=self._database_url,
            wires="wires",
            handlers=handlers,
            periodic=periodic,
            clock=utc_now,
            on_dead=on_dead or self.bury,
        )
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join(timeout=15)
            assert not thread.is_alive()

    def bury(self, _session: Session, message: Message, reason: str) -> None:
        self.buried.append((message.id, reason))

    def row(self, message_id: uuid.UUID) -> OutboxMessage:
        with self.sessions() as session:
            return session.get_one(OutboxMessage, message_id)

    def becomes(self, message_id: uuid.UUID, state: str) -> None:
        eventually(lambda: self.row(message_id).state == state, seconds=5)

    def is_put_off(self, message_id: uuid.UUID) -> bool:
        row = self.row(message_id)
        return row.state == DUE and row.taken_by is None and row.attempts == 1

    def followers(self) -> list[uuid.UUID]:
        with self.sessions() as session:
            return list(session.scalars(select(OutboxMessage.subject_id).where(OutboxMessage.kind == FOLLOWED)))


@pytest.fixture
def engine(sessions: Sessions, database_url: str) -> Engine:
    return Engine(sessions, database_url)


def follow(session: Session, message: Message) -> None:
    after = utc_now() + timedelta(days=1)
    promise = queue.Promise(FOLLOWED, message.id, "0999", str(message.id), {}, due_at=after)
    queue.put_many(session, promises=[promise], now=utc_now())


def raising(error: Exception) -> Callable[[str, Message], Finish]:
    def handle(_wires: str, _message: Message) -> Finish:
        raise error

    return handle


def test_the_wire_is_spoken_without_a_transaction_and_the_answer_stored_with_done(engine: Engine, put: Put) -> None:
    seen = list[tuple[str, bool]]()

    def handle(wires: str, message: Message) -> Finish:
        with engine.sessions() as session:
            free = session.get_one(OutboxMessage, message.id, with_for_update={"nowait": True})
            seen.append((wires, free.taken_by == message.taken_by))
        return lambda session: follow(session, message)

    message_id = put()
    with engine.working(handle):
        engine.becomes(message_id, DONE)
    assert seen == [("wires", True)]
    assert engine.followers() == [message_id]


def test_a_finish_that_raises_is_undone_and_put_off_and_spoils_nothing_for_others(engine: Engine, put: Put) -> None:
    bad, good = put(), [put() for _ in range(5)]

    def handle(_wires: str, message: Message) -> Finish:
        def finish(session: Session) -> None:
            follow(session, message)
            session.flush()
            if message.id == bad:
                raise SourceUnavailable("no answer about 610190-1234")

        return finish

    with engine.working(handle):
        for message_id in good:
            engine.becomes(message_id, DONE)
        eventually(lambda: engine.is_put_off(bad), seconds=5)
    assert sorted(engine.followers()) == sorted(good)
    assert engine.row(bad).last_error == "SourceUnavailable: no answer about [cpr]"


def test_answers_of_one_kind_are_written_together_and_what_spoils_them_is_put_off_alone(
    engine: Engine, put: Put
) -> None:
    bad, good = put(), [put() for _ in range(5)]
    all_heard, written = threading.Barrier(6), list[set[uuid.UUID]]()

    def write(session: Session, messages: Sequence[Message]) -> None:
        written.append({message.id for message in messages})
        for message in messages:
            follow(session, message)
        if bad in written[-1]:
            raise SourceUnavailable("one of these")

    def handle(_wires: str, message: Message) -> Finish:
        if message.attempts == 1:
            all_heard.wait(timeout=5)
        return Together(write, (message,))

    with engine.working(handle):
        for message_id in good:
            engine.becomes(message_id, DONE)
        eventually(lambda: engine.is_put_off(bad), seconds=5)
    assert max(len(those) for those in written) > 1
    assert sorted(engine.followers()) == sorted(good), "each once, whoever it was written with"


def test_later_rests_as_long_as_the_handler_says(engine: Engine, put: Put) -> None:
    message_id, now = put(), utc_now()
    with engine.working(raising(Later("the ledger is closed", after=timedelta(hours=3)))):
        eventually(lambda: engine.is_put_off(message_id), seconds=5)
    row = engine.row(message_id)
    assert row.last_error == "the ledger is closed"
    assert timedelta(hours=2) < row.due_at - now < timedelta(hours=4)


def test_giving_up_is_death_with_what_follows_in_the_same_transaction(engine: Engine, put: Put) -> None:
    message_id = put()

    def bury(session: Session, message: Message, reason: str) -> None:
        engine.bury(session, message, reason)
        assert session.get_one(OutboxMessage, message.id).state == DEAD
        follow(session, message)

    with engine.working(raising(GiveUp("no such account")), on_dead=bury):
        engine.becomes(message_id, DEAD)
    assert engine.buried == [(message_id, "no such account")]
    assert engine.followers() == [message_id]


def test_impatience_is_death_too(engine: Engine, put: Put) -> None:
    message_id = put()
    with engine.working(raising(SourceUnavailable("down")), patience=timedelta(0)):
        engine.becomes(message_id, DEAD)
    assert engine.buried == [(message_id, "SourceUnavailable: down")]


def test_nothing_dies_unnoticed_when_the_burial_fails(engine: Engine, put: Put) -> None:
    def bury(_session: Session, _message: Message, _reason: str) -> None:
        raise SourceUnavailable("no room for the task")

    message_id = put()
    with engine.working(raising(GiveUp("no such account")), on_dead=bury):
        eventually(lambda: engine.is_put_off(message_id), seconds=5)
    assert engine.row(message_id).last_error == "could not be buried: SourceUnavailable: no room for the task"


def test_a_kind_that_this_worker_does_not_know_waits_for_one_that_does(engine: Engine, put: Put) -> None:
    message_id = put(kind="new")
    with engine.working(raising(GiveUp("never called"))):
        eventually(lambda: engine.is_put_off(message_id), seconds=5)


def test_a_slow_wire_holds_back_nobody_else(engine: Engine, put: Put) -> None:
    slow, release = put(), threading.Event()

    def handle(_wires: str, message: Message) -> Finish:
        if message.id == slow:
            release.wait(timeout=10)
        return nothing

    with engine.working(handle):
        for message_id in [put() for _ in range(40)]:
            engine.becomes(message_id, DONE)
        assert engine.row(slow).state == DUE
        release.set()
        engine.becomes(slow, DONE)


def test_a_stopped_worker_finishes_what_it_holds_and_takes_no_more(engine: Engine, put: Put) -> None:
    begun = threading.Event()

    def handle(_wires: str, _message: Message) -> Finish:
        begun.set()
        time.sleep(0.4)
        return nothing

    held = put()
    with engine.working(handle) as stop:
        assert begun.wait(timeout=5)
        stop.set()
        time.sleep(0.2)
        left = put()
    assert (engine.row(held).state, engine.row(left).attempts) == (DONE, 0)
    with engine.sessions() as session:
        assert workers_alive(session) == []


def test_a_worker_that_loses_its_connection_begins_a_new_life(engine: Engine, put: Put) -> None:
    with engine.working(lambda _wires, _message: nothing):
        engine.becomes(put(), DONE)
        with engine.sessions() as session:
            [first] = workers_alive(session)
            session.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1"
                    " and database = (select oid from pg_database where datname = current_database())"  # ours alone
                )
            )
        engine.becomes(put(), DONE)
        with engine.sessions() as session:
            [second] = workers_alive(session)
    assert first != second


def test_periodic_tasks_run_beside_the_messages(engine: Engine, put: Put) -> None:
    release = threading.Event()

    def act(wires: str, _now: object) -> str:
        release.wait(timeout=10)
        return f"swept over {wires}"

    sweep = Periodic("sweep", every=timedelta(minutes=1), act=act)

    def result() -> str | None:
        with engine.sessions() as session:
            task = session.get(PeriodicTask, "sweep")
            return task.last_result if task else None

    with engine.working(lambda _wires, _message: nothing, periodic=(sweep,)):
        engine.becomes(put(), DONE)
        assert result() is None
        release.set()
        eventually(lambda: result() == "swept over wires", seconds=5)
