"""A real PostgreSQL for every test that asks: migrated once a run, emptied before each test."""

import logging
import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from app import embedded
from app.foundation import schema
from app.foundation.db import Sessions, engine_for, sessions_on

EMPTY = """
    DO $$
    DECLARE
        name text;
        has_rows boolean;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO has_rows;
            IF has_rows THEN
                EXECUTE format('DELETE FROM %I', name);
            END IF;
        END LOOP;
    END $$
"""


def pytest_configure(config: pytest.Config) -> None:
    """Say at once where the database comes from, or how to get one."""
    if not os.environ.get("BDK_TEST_DATABASE_URL"):
        raise pytest.UsageError(
            "no database: run `make test`, or `python -m app.supervisor test pytest ...`, or set BDK_TEST_DATABASE_URL "
            "to a PostgreSQL superuser's address"
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A test that was skipped is seen."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"NOT PROVED: {report.nodeid}: {reason.removeprefix('Skipped: ')}", yellow=True)


class Database:
    """One database of a test run, with the addresses of its two roles."""

    def __init__(self, admin_url: str, name: str) -> None:
        self.name = name
        self.admin_url = self._url(admin_url, None)
        self.owner_url = self._url(admin_url, embedded.OWNER)
        self.app_url = self._url(admin_url, embedded.APP)

    def _url(self, admin_url: str, role: str | None) -> str:
        url = make_url(admin_url).set(database=self.name)
        if role:
            url = url.set(username=role, password=role if url.password else None)
        return url.render_as_string(hide_password=False)

    def empty(self) -> None:
        """Take every row out; the triggers and keys that forbid it are asleep for this one session.

        Most tables are empty after most tests, and TRUNCATE makes new files for each all the same.
        """
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(EMPTY)

    def leave_statistics_alone(self) -> None:
        """No plan changes from test to test because something was counted in between."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
                connection.execute(
                    sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(sql.Identifier(name))
                )


def new_database(name: str) -> Database:
    """An empty database of that name, made anew."""
    admin_url = os.environ["BDK_TEST_DATABASE_URL"]
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    embedded.make_roles(admin_url, with_passwords=bool(make_url(admin_url).password))
    embedded.make_database(admin_url, name=name, owner=embedded.OWNER)
    return Database(admin_url, name)


@pytest.fixture(scope="session")
def database(worker_id: str) -> Database:
    """The run's database, migrated to head; one for each process of a parallel run."""
    made = new_database(f"bdk_test_{worker_id}")
    schema.upgrade(made.owner_url, app_role=embedded.APP)
    made.leave_statistics_alone()
    return made


@pytest.fixture(scope="session")
def engine(database: Database) -> Iterator[Engine]:
    """Connections as the portal's own role."""
    made = engine_for(database.app_url, pool_size=30)
    yield made
    made.dispose()


@pytest.fixture
def sessions(database: Database, engine: Engine) -> Sessions:
    """Sessions of the portal's own role on an empty database."""
    database.empty()
    return sessions_on(engine)


@pytest.fixture(scope="session")
def owner_engine(database: Database) -> Iterator[Engine]:
    """Connections as the owner of the tables."""
    made = engine_for(database.owner_url)
    yield made
    made.dispose()


@pytest.fixture
def owner_sessions(sessions: Sessions, owner_engine: Engine) -> Sessions:
    """Sessions of the owner, beside those of the portal, on the same emptied database."""
    return sessions_on(owner_engine)


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """The factory sends the log of the whole process elsewhere; afterwards it goes where it went."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
