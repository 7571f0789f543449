"""The table of limits for tests that run before a migration makes it."""

from sqlalchemy import Engine, Table, inspect, text

from app import embedded
from app.web.models import RateLimit


def make_limit_table(owner_engine: Engine) -> None:
    """Make the table and let the portal's role use it, unless a migration did."""
    if inspect(owner_engine).has_table(RateLimit.__tablename__):
        return
    table = RateLimit.__table__
    assert isinstance(table, Table)
    with owner_engine.begin() as connection:
        table.create(connection)
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit TO {embedded.APP}"))
