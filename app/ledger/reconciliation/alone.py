"""Alone: one reconciliation of a municipality at a time, whoever starts it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from app.foundation.db import Sessions

_FAMILY = 0x5EC0
"""The first half of the lock's key, so that no other is taken for it; the other half is the municipality's code."""


class AlreadyRunning(Exception):
    """Somebody is reconciling this municipality just now."""


@contextmanager
def alone(sessions: Sessions, *, municipality_code: str) -> Iterator[None]:
    """Hold the municipality's lock, on a connection of its own with no transaction open on it.

    :raises AlreadyRunning: another holds it
    """
    key = {"family": _FAMILY, "code": int(municipality_code)}
    with sessions() as session:
        connection = session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:family, :code)"), key):
            raise AlreadyRunning(f"{municipality_code} is being reconciled just now")
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:family, :code)"), key)
