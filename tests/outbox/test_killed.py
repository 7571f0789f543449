"""Real worker processes: killed between every two steps they lose nothing, and two of them never hold one message."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queue
from app.outbox.alive import workers_alive
from app.outbox.models import DONE, OutboxMessage
from tests.outbox.child import STEPS
from tests.outbox.conftest import Put, eventually

pytestmark = [pytest.mark.database, pytest.mark.long]
Start = Callable[[str], "subprocess.Popen[bytes]"]
ROOT = Path(__file__).parents[2]
HANDS = 20  # what one worker holds at most


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    path = tmp_path / "wire"
    path.touch()
    return path


@pytest.fixture
def start(database_url: str, wire: Path) -> Iterator[Start]:
    """Starts worker processes; those that live at the end of the test are stopped."""
    with ExitStack() as started:

        def start_one(step: str) -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "tests.outbox.child", database_url, str(wire), step]
            process = started.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
            started.callback(process.kill)
            return process

        yield start_one


def number_done(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.state == DONE)) or 0


def effects(sessions: Sessions) -> list[uuid.UUID]:
    with sessions() as session:
        return sorted(session.scalars(select(OutboxMessage.subject_id).where(OutboxMessage.kind == "effect")))


def number_held(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.taken_by.is_not(None))) or 0


def number_alive(sessions: Sessions) -> int:
    with sessions() as session:
        return len(workers_alive(session))


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_loses_nothing(
    step: str, sessions: Sessions, put: Put, start: Start, wire: Path
) -> None:
    ids = sorted(put(lane=f"lane {number % 3}") for number in range(6))
    assert start(step).wait(timeout=20) == -signal.SIGKILL

    survivor = start("none")
    eventually(lambda: number_done(sessions) == len(ids), seconds=10)
    survivor.terminate()
    assert survivor.wait(timeout=10) == 0
    assert effects(sessions) == ids
    spoken = {line.split()[0] for line in wire.read_text(encoding="ascii").splitlines()}
    assert spoken == {str(message_id) for message_id in ids}


def test_the_survivor_takes_over_within_two_seconds(sessions: Sessions, put: Put, start: Start) -> None:
    for _ in range(HANDS):
        put()
    doomed = start("hold")
    eventually(lambda: number_held(sessions) == HANDS, seconds=10)
    survivor_is_ready = put()
    start("none")
    eventually(lambda: effects(sessions) == [survivor_is_ready], seconds=10)
    time.sleep(0.7)
    assert effects(sessions) == [survivor_is_ready]

    doomed.kill()
    killed_at = time.monotonic()
    eventually(lambda: number_done(sessions) == HANDS + 1, seconds=10)
    assert time.monotonic() - killed_at < 2


def test_two_processes_share_the_work_and_never_hold_one_message(sessions: Sessions, start: Start, wire: Path) -> None:
    processes = [start("none"), start("none")]
    eventually(lambda: number_alive(sessions) == 2, seconds=20)
    lanes, number = 60, 600
    promises = [queue.Promise("test", uuid.uuid4(), "0999", f"lane{n % lanes}", {}) for n in range(number)]
    with sessions.begin() as session:
        queue.put_many(session, promises=promises, now=utc_now())
    eventually(lambda: number_done(sessions) == number, seconds=40)

    assert [process.poll() for process in processes] == [None, None]
    spoken = [line.split() for line in wire.read_text(encoding="ascii").splitlines()]
    assert sorted(line[0] for line in spoken) == sorted(str(promise.message_id) for promise in promises)
    assert {line[2] for line in spoken} == {str(process.pid) for process in processes}
    for lane in range(lanes):
        in_order = [str(promise.message_id) for promise in promises[lane::lanes]]
        assert [line[0] for line in spoken if line[1] == f"lane{lane}"] == in_order
