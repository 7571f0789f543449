"""The schema goes up and down over rows, and the portal's role gets what it needs and no more."""

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from app import embedded
from app.foundation import schema
from tests.conftest import Database

pytestmark = pytest.mark.database


def test_the_database_is_at_the_newest_revision(engine: Engine) -> None:
    with engine.connect() as connection:
        assert schema.current(connection) == schema.head()


def test_upgrading_again_changes_nothing(database: Database) -> None:
    assert schema.upgrade(database.owner_url, app_role=embedded.APP) == schema.head()


def test_the_portals_role_owns_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        owners = set(connection.execute(text("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")).scalars())
    assert owners == {embedded.OWNER}


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE claim_event SET kind = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE journal_line",
        "UPDATE alembic_version SET version_num = 'x'",
        "DROP TABLE claim",
        "ALTER TABLE claim ADD COLUMN x int",
        "CREATE TABLE mine (x int)",
        "ALTER TABLE journal_line DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_what_the_portals_role_may_not_do(engine: Engine, forbidden: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), engine.begin() as connection:
        connection.execute(text(forbidden))


def test_one_login_for_both_needs_no_grant(database: Database) -> None:
    assert schema.upgrade(database.owner_url, app_role=embedded.OWNER) == schema.head()


def test_a_url_names_the_driver_and_keeps_its_password() -> None:
    assert schema.sqlalchemy_url("postgresql://me:word@host/db") == "postgresql+psycopg://me:word@host/db"
    assert create_engine(schema.sqlalchemy_url("postgresql://me@host/db")).driver == "psycopg"
