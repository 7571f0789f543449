"""The pool: a connection that the server has ended is noticed before use."""

import pytest
from sqlalchemy import text

from app.foundation.db import Sessions, engine_for, sessions_on
from tests.conftest import Database

pytestmark = pytest.mark.database
WHO = text("SELECT pg_backend_pid()")


def _backend(sessions: Sessions) -> int:
    with sessions.begin() as session:
        return int(session.execute(WHO).scalar_one())


@pytest.fixture
def pool(database: Database) -> Sessions:
    """A pool that keeps one connection."""
    return sessions_on(engine_for(database.app_url, pool_size=1))


def test_a_connection_that_the_server_has_ended_costs_no_error(pool: Sessions) -> None:
    before = _backend(pool)
    end(pool, before)
    assert _backend(pool) != before
    pool.kw["bind"].dispose()


def end(pool: Sessions, backend: int) -> None:
    """Let a second connection of the same role end the first, and wait until it has."""
    other = sessions_on(engine_for(pool.kw["bind"].url.render_as_string(hide_password=False)))
    with other.begin() as session:
        session.execute(text("SELECT pg_terminate_backend(:it, 5000)"), {"it": backend})
    other.kw["bind"].dispose()
