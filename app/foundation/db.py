"""PostgreSQL: the engine, the sessions and the declarative base that every room's models share."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Annotated, Any, ClassVar

import psycopg
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, MetaData, Text, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from app.foundation.jsons import Json

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Ore = Annotated[int, mapped_column(BigInteger)]
Sessions = sessionmaker[Session]
RESTED_SECONDS = 30.0
"""A connection unused for so long is asked whether it lives: a host that was lost says nothing."""


class Base(DeclarativeBase):
    """What all tables have in common: names of constraints that a migration can rely on, and the types used."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: DateTime(timezone=True),
        Json: JSONB(),
        list[Json]: JSONB(),
        list[str]: JSONB(),
    }


def engine_for(url: str, *, pool_size: int = 10) -> Engine:
    """An engine on one PostgreSQL database. Connections are checked before use: a restarted server costs no error.

    The check costs no round trip while a connection is in use and quiet. `url` may begin with `postgresql://`; the
    driver is always psycopg 3.
    """
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_recycle=1800,
        connect_args={"connect_timeout": 5, "application_name": "bdk"},
    )
    # Rows that are inserted together go in one statement, where psycopg would take several turns.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "checkout", partial(_must_live, engine.dialect))
    event.listen(engine, "checkin", _note_use)
    return engine


def _must_live(dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A server that ends a connection says so: there is something to read. Then, or after a long rest, it is asked."""
    used_at = record.info.get("used_at")
    if used_at is None or (monotonic() - used_at < RESTED_SECONDS and not _has_something_to_read(connection)):
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _has_something_to_read(connection: DBAPIConnection) -> bool:
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except psycopg.Error:
        return True  # closed already: asking it says so


def _note_use(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:  # noqa: ARG001 - the event's
    record.info["used_at"] = monotonic()


def sessions_on(engine: Engine) -> Sessions:
    """A factory of sessions. Objects stay readable after commit: what a short transaction read is used after it."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with sessions.begin() as session:
        yield session
