"""Tasks by the clock: once in each stretch whatever the number of workers, taken over, retried, and missed."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.db import Sessions
from app.outbox import periodic
from app.outbox.alive import Life, living
from app.outbox.models import PeriodicTask
from app.outbox.port import Periodic
from tests.outbox.conftest import Born

pytestmark = pytest.mark.database

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def act(wires: list[datetime], now: datetime) -> str:
    wires.append(now)
    return f"run {len(wires)}"


def fail(_wires: list[datetime], _now: datetime) -> str:
    raise ConnectionError("no line to 610190-1234")


SWEEP = Periodic("sweep", every=MINUTE, act=act)


@pytest.fixture(autouse=True)
def _registered(sessions: Sessions) -> None:
    with sessions.begin() as session:
        periodic.register(session, tasks=[SWEEP], now=NOON)
        periodic.register(session, tasks=[SWEEP], now=NOON + MINUTE)


def claim(
    sessions: Sessions, life: Life, at: datetime, tasks: Sequence[Periodic[list[datetime]]] = (SWEEP,)
) -> list[str]:
    with sessions.begin() as session:
        return [task.name for task in periodic.claim(session, tasks=tasks, worker_key=life.key, now=at)]


def run(sessions: Sessions, life: Life, at: datetime, task: Periodic[list[datetime]] = SWEEP) -> list[datetime]:
    acted = list[datetime]()
    periodic.run(sessions, task=task, wires=acted, worker_key=life.key, clock=lambda: at)
    return acted


def row(sessions: Sessions) -> PeriodicTask:
    with sessions() as session:
        return session.get_one(PeriodicTask, "sweep")


def late(sessions: Sessions, at: datetime) -> list[str]:
    with sessions() as session:
        return [task.name for task in periodic.late(session, now=at)]


def test_stretches_begin_at_the_same_moment_for_all() -> None:
    at = NOON + timedelta(minutes=7, seconds=31)
    assert periodic.stretch_began(every=MINUTE * 5, offset=timedelta(0), now=at) == NOON + MINUTE * 5
    night = periodic.stretch_began(every=timedelta(days=1), offset=timedelta(hours=2), now=at)
    assert night == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    assert periodic.stretch_began(every=MINUTE, offset=timedelta(0), now=NOON) == NOON


def test_a_task_is_claimed_once_in_a_stretch_and_never_while_it_runs(sessions: Sessions, born: Born) -> None:
    one, other = born(), born()
    assert claim(sessions, one, NOON) == ["sweep"]
    assert claim(sessions, other, NOON + MINUTE) == []
    assert run(sessions, one, NOON + MINUTE) == [NOON + MINUTE]
    assert claim(sessions, other, NOON + MINUTE) == ["sweep"]


def test_due_times_do_not_drift(sessions: Sessions, born: Born) -> None:
    life = born()
    starts = list[datetime]()
    for second in range(0, 300, 7):
        at = NOON + timedelta(seconds=second)
        if claim(sessions, life, at):
            starts.append(at)
            run(sessions, life, at + timedelta(seconds=6))
    assert [(start - NOON) // MINUTE for start in starts] == [0, 1, 2, 3, 4]


def test_of_many_workers_at_once_one_runs(sessions: Sessions, born: Born) -> None:
    lives = [born() for _ in range(6)]
    claimed, start = list[list[str]](), threading.Barrier(len(lives))

    def try_to(life: Life) -> None:
        start.wait()
        claimed.append(claim(sessions, life, NOON))

    workers = [threading.Thread(target=try_to, args=(life,)) for life in lives]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=10)
    assert sorted(claimed) == [[], [], [], [], [], ["sweep"]]


def test_what_a_dead_worker_began_is_taken_over_and_its_word_no_longer_counts(
    sessions: Sessions, born: Born, database_url: str
) -> None:
    survivor = born()
    with living(database_url) as doomed:
        assert claim(sessions, doomed, NOON) == ["sweep"]
    assert claim(sessions, survivor, NOON) == ["sweep"]
    run(sessions, doomed, NOON)
    assert (row(sessions).taken_by, row(sessions).last_finished_at) == (survivor.key, None)
    run(sessions, survivor, NOON)
    assert (row(sessions).taken_by, row(sessions).last_finished_at, row(sessions).last_result) == (None, NOON, "run 1")


def test_a_worker_that_has_lost_its_lock_claims_nothing(sessions: Sessions, database_url: str) -> None:
    with living(database_url) as life:
        pass
    assert claim(sessions, life, NOON) == []


def test_a_failed_task_says_why_and_is_tried_again_after_five_minutes(sessions: Sessions, born: Born) -> None:
    life = born()
    nightly = Periodic("sweep", every=timedelta(days=1), act=fail)
    assert claim(sessions, life, NOON, [nightly]) == ["sweep"]
    run(sessions, life, NOON, nightly)
    assert (row(sessions).last_error, row(sessions).last_finished_at) == ("ConnectionError: no line to [cpr]", None)
    assert claim(sessions, life, NOON + MINUTE * 4, [nightly]) == []
    assert claim(sessions, life, NOON + MINUTE * 5, [nightly]) == ["sweep"]
    run(sessions, life, NOON + MINUTE * 5)
    assert row(sessions).last_error is None
    assert claim(sessions, life, NOON + MINUTE * 10, [nightly]) == []


def test_one_that_did_not_run_when_it_should_is_late(sessions: Sessions, born: Born) -> None:
    assert late(sessions, NOON + MINUTE * 2) == []
    assert late(sessions, NOON + MINUTE * 2.1) == ["sweep"]
    life = born()
    claim(sessions, life, NOON + MINUTE * 3)
    assert late(sessions, NOON + MINUTE * 3) == ["sweep"]
    run(sessions, life, NOON + MINUTE * 3)
    assert late(sessions, NOON + MINUTE * 5) == []
    assert late(sessions, NOON + MINUTE * 6) == ["sweep"]


def test_failing_is_not_running(sessions: Sessions, born: Born) -> None:
    life = born()
    failing = Periodic("sweep", every=MINUTE, act=fail)
    for minute in range(4):
        claim(sessions, life, NOON + MINUTE * minute, [failing])
        run(sessions, life, NOON + MINUTE * minute, failing)
    assert late(sessions, NOON + MINUTE * 4) == ["sweep"]
