"""How many no-op messages one worker process drains in a second, every one of them done exactly once."""

import subprocess
import sys
import time
import uuid
from pathlib import Path

from sqlalchemy import func, select

from app.foundation.clock import utc_now
from app.foundation.db import Sessions, engine_for, sessions_on
from app.outbox import queue
from app.outbox.delivery import Worker, run_worker
from app.outbox.models import DONE, OutboxMessage
from app.outbox.port import Finish, Kind, Message, nothing
from app.outbox.queries import oldest_due, workers_alive

TARGET_PER_SECOND = 1_000
_NUMBER = 6_000
_KIND = "bench_nothing"
_LIMIT_SECONDS = 60.0


def outbox_drain(database_url: str) -> float:
    """Messages per second, from the commit that puts 6,000 of them until the last is done.

    The outbox must be empty and no other worker alive.

    :raises RuntimeError: a message was lost, or handled more than once, or the worker did not get through in a minute
    """
    sessions = sessions_on(engine_for(database_url))
    _require_quiet(sessions)
    worker = subprocess.Popen(
        [sys.executable, "-m", "bench.outbox", "--worker", database_url], cwd=Path(__file__).parent.parent
    )
    try:
        _wait_for_worker(sessions)
        ids = _put(sessions)
        started = time.perf_counter()
        _wait_for_drain(sessions)
        seconds = time.perf_counter() - started
    finally:
        worker.terminate()
        worker.wait(timeout=10)
    _check(sessions, ids)
    return len(ids) / seconds


def measure(database_url: str) -> list[tuple[str, float, str, float]]:
    """The figure with its unit and target, as the runner prints it."""
    return [("outbox_drain", outbox_drain(database_url), "messages/s", TARGET_PER_SECOND)]


def _require_quiet(sessions: Sessions) -> None:
    with sessions() as session:
        if workers_alive(session) or oldest_due(session, now=utc_now()):
            raise RuntimeError("the outbox is not quiet: another worker lives, or messages wait")


def _wait_for_worker(sessions: Sessions) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        with sessions() as session:
            if workers_alive(session):
                return
        time.sleep(0.05)
    raise RuntimeError("the worker did not start")


def _put(sessions: Sessions) -> list[uuid.UUID]:
    promises = [queue.Promise(_KIND, uuid.uuid4(), "0000", str(uuid.uuid4()), {}) for _ in range(_NUMBER)]
    with sessions.begin() as session:
        queue.put_many(session, promises=promises, now=utc_now())
    return [promise.message_id for promise in promises]


def _wait_for_drain(sessions: Sessions) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        with sessions() as session:
            if oldest_due(session, now=utc_now()) is None:
                return
        time.sleep(0.05)
    raise RuntimeError("the worker did not get through in time")


def _check(sessions: Sessions, ids: list[uuid.UUID]) -> None:
    with sessions() as session:
        once = session.scalar(
            select(func.count()).where(
                OutboxMessage.id.in_(ids), OutboxMessage.state == DONE, OutboxMessage.attempts == 1
            )
        )
    if once != len(ids):
        raise RuntimeError(f"only {once} of {len(ids)} messages are done with one attempt")


def _handle(_wires: None, _message: Message) -> Finish:
    return nothing


def _work(database_url: str) -> None:
    run_worker(
        Worker(
            sessions=sessions_on(engine_for(database_url)),
            database_url=database_url,
            wires=None,
            handlers={_KIND: Kind(_handle)},
            periodic=(),
            clock=utc_now,
            on_dead=lambda _session, _message, _reason: None,
        )
    )


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        _work(sys.argv[2])
    else:
        for name, value, unit, target in measure(sys.argv[1]):
            print(f"{name} {value:.0f} {unit} {target} {'ok' if value >= target else 'short'}")
