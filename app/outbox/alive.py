"""Who is alive: a worker lives while it holds an advisory lock on a direct connection of its own."""

import secrets
import select as readiness
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import text
from sqlalchemy.orm import Session

# The upper 16 bits of every worker's key, so that no other advisory lock in the database is taken for a worker.
_FAMILY = 0x0B0C
_KEY_BITS = 48
# Both ends notice a lost host within about five seconds; the server's end is what frees the lock.
_SERVER_SIDE = (
    "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=5000"
    " -c idle_session_timeout=0"
)
ALIVE_SQL = f"""
    select (classid::bigint << 32) | objid::bigint from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted and classid::bigint >> 16 = {_FAMILY}
      and database = (select oid from pg_database where datname = current_database())
"""  # noqa: S608 - the only thing put in is a constant of ours
"""The keys of all living workers of this database. Any role may ask."""


class LifeLost(Exception):
    """The connection that holds the worker's lock is gone, and with it the right to take work."""


class Life:
    """One life of a worker: its key, and the connection whose end is its death."""

    def __init__(self, connection: psycopg.Connection[TupleRow], key: int) -> None:
        self._connection = connection
        self.key = key

    def check(self) -> None:
        """Notice at once that the connection has ended; costs no round trip while it is quiet.

        :raises LifeLost: it has ended
        """
        try:
            heard, _, _ = readiness.select([self._connection.fileno()], [], [], 0)
            if heard:
                self._connection.execute("select true")
        except (psycopg.Error, OSError, ValueError) as error:
            raise LifeLost("the connection that holds the worker's lock is gone") from error


@contextmanager
def living(database_url: str) -> Iterator[Life]:
    """Hold a lock that says this worker lives, under a key that no other life has had.

    `database_url` must lead to PostgreSQL itself, not to a pooler that shares connections.

    :raises LifeLost: the database cannot be reached
    """
    try:
        connection = psycopg.connect(
            "postgresql://" + database_url.split("://", 1)[1],
            autocommit=True,
            connect_timeout=5,
            application_name="bdk worker",
            keepalives_idle=2,
            keepalives_interval=1,
            keepalives_count=3,
            options=_SERVER_SIDE,
        )
    except psycopg.Error as error:
        raise LifeLost("the database cannot be reached") from error
    with closing(connection):
        key = _locked_key(connection)
        try:
            yield Life(connection, key)
        finally:
            # Said aloud, because the server notices a closed connection some milliseconds later.
            with suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock(%s)", (key,))


def _locked_key(connection: psycopg.Connection[TupleRow]) -> int:
    key = (_FAMILY << _KEY_BITS) | secrets.randbits(_KEY_BITS)
    try:
        row = connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
    except psycopg.Error as error:
        raise LifeLost("the database cannot be reached") from error
    if row is None or not row[0]:
        raise LifeLost("another worker has the same key")
    return key


def workers_alive(session: Session) -> list[int]:
    """The keys of the workers that live at this moment, on whatever host."""
    return list(session.execute(text(ALIVE_SQL)).scalars())
