"""PostgreSQL: the engine, the sessions and the declarative base that every room's models share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Text, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from app.foundation.jsons import Json

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Ore = Annotated[int, mapped_column(BigInteger)]
Sessions = sessionmaker[Session]


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

    `url` may begin with `postgresql://`; the driver is always psycopg 3.
    """
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 5, "application_name": "bdk"},
    )


def sessions_on(engine: Engine) -> Sessions:
    """A factory of sessions. Objects stay readable after commit: what a short transaction read is used after it."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with sessions.begin() as session:
        yield session
