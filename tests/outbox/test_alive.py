"""Who is alive: those, and only those, who hold a worker's lock."""

import pytest
from sqlalchemy import text

from app.foundation.db import Sessions
from app.outbox.alive import Life, LifeLost, living, workers_alive
from tests.outbox.conftest import Born, eventually

pytestmark = pytest.mark.database


def alive(sessions: Sessions) -> set[int]:
    with sessions() as session:
        return set(workers_alive(session))


def is_lost(life: Life) -> bool:
    try:
        life.check()
    except LifeLost:
        return True
    return False


def test_workers_are_alive_from_birth_to_death_each_under_its_own_key(
    sessions: Sessions, born: Born, database_url: str
) -> None:
    first = born()
    with living(database_url) as second:
        assert alive(sessions) == {first.key, second.key}
    eventually(lambda: alive(sessions) == {first.key}, seconds=2)


def test_a_role_that_owns_nothing_is_told(sessions: Sessions, born: Born) -> None:
    life = born()
    with sessions() as session:
        owned = session.scalar(text("select count(*) from pg_class where relowner = current_user::regrole"))
        is_super = session.scalar(text("select rolsuper from pg_roles where rolname = current_user"))
        assert (owned, is_super, workers_alive(session)) == (0, False, [life.key])


def test_another_lock_is_no_worker(sessions: Sessions) -> None:
    with sessions() as session:
        session.execute(text("select pg_advisory_xact_lock(42), pg_advisory_xact_lock(42, 43)"))
        assert workers_alive(session) == []


def test_a_lost_connection_is_noticed_at_once(sessions: Sessions, born: Born) -> None:
    life = born()
    life.check()
    with sessions() as session:
        session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1"
                " and database = (select oid from pg_database where datname = current_database())"  # ours alone
            )
        )
    eventually(lambda: is_lost(life), seconds=1)


def test_no_life_without_a_database() -> None:
    with pytest.raises(LifeLost), living("postgresql://nobody@127.0.0.1:1/none"):
        pass
