"""The schema of the database: brought up to date by its owner, granted to the portal's own role, and asked about.

Alembic is imported where the schema is changed: a portal that only asks does without its 13 MiB.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
APPEND_ONLY_TRIGGER = "append_only"


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def sqlalchemy_url(url: str) -> str:
    """The same address, naming the driver that is always used."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def upgrade(owner_url: str, *, app_role: str, revision: str = "head") -> str:
    """Bring the schema up to `revision` as its owner, then grant the portal's role what it needs and no more.

    Append-only tables (those with the trigger `append_only`) may be read and added to, nothing else.
    Returns the revision that the database is then at.
    """
    from alembic import command

    engine = create_engine(sqlalchemy_url(owner_url))
    try:
        with engine.begin() as connection:
            command.upgrade(_config(connection), revision)
            _grant(connection, app_role)
            return current(connection) or "empty"
    finally:
        engine.dispose()


def downgrade(owner_url: str, *, revision: str) -> None:
    """Take the schema back to `revision`, as its owner."""
    from alembic import command

    engine = create_engine(sqlalchemy_url(owner_url))
    try:
        with engine.begin() as connection:
            command.downgrade(_config(connection), revision)
    finally:
        engine.dispose()


def _grant(connection: Connection, role: str) -> None:
    if connection.execute(text("SELECT current_user")).scalar_one() == role:
        return  # one login for both (allowed in development): nothing to grant
    name = connection.dialect.identifier_preparer.quote(role)
    append_only = set(
        connection.execute(
            text("SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = :name"),
            {"name": APPEND_ONLY_TRIGGER},
        ).scalars()
    )
    tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).scalars()
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))
    for table in tables:
        rights = "SELECT, INSERT" if table in append_only else "SELECT, INSERT, UPDATE, DELETE"
        if table == "alembic_version":
            rights = "SELECT"
        connection.execute(text(f'GRANT {rights} ON "{table}" TO {name}'))


def head() -> str:
    """The newest revision that the code knows: revisions are numbered, and bear their file's name."""
    return max((path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py")), default="empty")


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None where it was never migrated."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision
