"""What the tests of the outbox share: the address of the database, lives of workers, and messages to put."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queue
from app.outbox.alive import Life, living
from tests.conftest import Database

Put = Callable[..., uuid.UUID]
Born = Callable[[], Life]


@pytest.fixture
def database_url(database: Database, sessions: Sessions) -> str:
    return database.app_url


@pytest.fixture
def born(database_url: str) -> Iterator[Born]:
    """Makes lives that end with the test."""
    with ExitStack() as lives:
        yield lambda: lives.enter_context(living(database_url))


@pytest.fixture
def put(sessions: Sessions) -> Put:
    """Puts one message in a transaction of its own."""

    def put_one(kind: str = "test", lane: str | None = None) -> uuid.UUID:
        with sessions.begin() as session:
            return queue.put(
                session,
                kind=kind,
                subject_id=uuid.uuid4(),
                municipality_code="0999",
                lane=lane or str(uuid.uuid4()),
                payload={},
                now=utc_now(),
            )

    return put_one


def eventually(is_true: Callable[[], bool], *, seconds: float) -> None:
    """Wait until something is true, and fail when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)
