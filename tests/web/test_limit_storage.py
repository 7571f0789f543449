"""Counts are exact under parallel hits, windows begin anew, and old ones are swept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, func, select, text

from app.foundation.db import Sessions, sessions_on, transaction
from app.web import limit_storage
from app.web.limit_storage import PostgresLimitStorage
from app.web.models import RateLimit

pytestmark = pytest.mark.database


class SetClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def storage(sessions: Sessions, clock: SetClock) -> PostgresLimitStorage:
    return PostgresLimitStorage(sessions=sessions, clock=clock)


def rows(sessions: Sessions) -> int:
    with transaction(sessions) as session:
        return session.execute(select(func.count()).select_from(RateLimit)).scalar_one()


def test_each_key_is_counted_for_itself(storage: PostgresLimitStorage) -> None:
    assert [storage.incr("a", 60), storage.incr("a", 60), storage.incr("b", 60)] == [1, 2, 1]
    assert storage.incr("a", 60, amount=5) == 7
    assert (storage.get("a"), storage.get("b"), storage.get("c")) == (7, 1, 0)


def test_a_window_is_fixed_and_the_next_begins_at_one(storage: PostgresLimitStorage, clock: SetClock) -> None:
    storage.incr("a", 60)
    ends = clock.now + timedelta(seconds=60)
    clock.now += timedelta(seconds=59)
    assert storage.incr("a", 60) == 2
    assert storage.get_expiry("a") == ends.timestamp()
    clock.now = ends
    assert storage.get("a") == 0
    assert storage.get_expiry("a") == ends.timestamp()
    assert storage.incr("a", 60) == 1
    assert storage.get_expiry("a") == (ends + timedelta(seconds=60)).timestamp()


def test_a_key_never_seen_ends_now(storage: PostgresLimitStorage, clock: SetClock) -> None:
    assert storage.get_expiry("a") == clock.now.timestamp()


def test_parallel_hits_are_all_counted(storage: PostgresLimitStorage) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: storage.incr("a", 60), range(80)))
    assert sorted(counts) == list(range(1, 81))


def test_keys_can_be_forgotten_one_and_all(storage: PostgresLimitStorage) -> None:
    for key in ("a", "b", "c"):
        storage.incr(key, 60)
    storage.clear("a")
    assert (storage.get("a"), storage.get("b")) == (0, 1)
    assert storage.reset() == 2
    assert storage.get("b") == 0


def test_windows_that_are_over_are_swept(storage: PostgresLimitStorage, clock: SetClock, sessions: Sessions) -> None:
    for number in range(limit_storage.SWEEP_EVERY - 1):
        storage.incr(f"old-{number}", 60)
    clock.now += timedelta(seconds=30)
    storage.incr("young", 60)
    assert rows(sessions) == limit_storage.SWEEP_EVERY
    clock.now += timedelta(seconds=40)
    for number in range(limit_storage.SWEEP_EVERY):
        storage.incr(f"new-{number}", 60)
    assert rows(sessions) == limit_storage.SWEEP_EVERY + 1
    assert storage.get("young") == 1


def test_the_table_is_unlogged(storage: PostgresLimitStorage, sessions: Sessions) -> None:
    with transaction(sessions) as session:
        persistence = session.execute(text("SELECT relpersistence FROM pg_class WHERE relname = 'rate_limit'"))
        assert persistence.scalar_one() in {"u", b"u"}


def test_it_says_whether_it_can_be_read(storage: PostgresLimitStorage, clock: SetClock) -> None:
    assert storage.check()
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", connect_args={"connect_timeout": 1})
    assert not PostgresLimitStorage(sessions=sessions_on(nowhere), clock=clock).check()
