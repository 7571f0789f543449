"""Where limits are counted: one unlogged table that every web host shares, one statement for each request counted."""

import itertools
from datetime import timedelta

from limits.storage import Storage
from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Sessions, transaction
from app.web.models import RateLimit

SCHEME = "bdk-postgresql"
# Windows that are over are swept now and then, a bounded number at a time, by whoever opens a new one.
SWEEP_EVERY = 200
SWEPT_AT_ONCE = 1000


class PostgresLimitStorage(Storage):
    """Fixed windows on `rate_limit`, for Flask-Limiter. Each act is a short transaction of its own on `sessions`."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - the attribute that `limits` reads

    def __init__(
        self,
        uri: str | None = None,
        *,
        sessions: Sessions,
        clock: Clock,
        wrap_exceptions: bool = False,
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._sessions = sessions
        self._clock = clock
        self._windows_opened = itertools.count(1)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong in a database."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more in the key's window, and say how many there are.

        A window lasts `expiry` seconds from its first count; the next count after that opens a new one.
        """
        now = self._clock()
        fresh = {"key": key, "count": amount, "expires_at": now + timedelta(seconds=expiry)}
        put = insert(RateLimit).values(fresh)
        is_over = RateLimit.expires_at <= now
        count = put.on_conflict_do_update(
            index_elements=[RateLimit.key],
            set_={
                "count": case((is_over, put.excluded.count), else_=RateLimit.count + put.excluded.count),
                "expires_at": case((is_over, put.excluded.expires_at), else_=RateLimit.expires_at),
            },
        ).returning(RateLimit.count)
        with transaction(self._sessions) as session:
            counted = session.execute(count).scalar_one()
            if counted == amount and next(self._windows_opened) % SWEEP_EVERY == 0:
                self._sweep(session)
        return counted

    def get(self, key: str) -> int:
        """How many there are in the key's window."""
        with transaction(self._sessions) as session:
            found = select(RateLimit.count).where(RateLimit.key == key, RateLimit.expires_at > self._clock())
            return session.execute(found).scalar_one_or_none() or 0

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, in seconds since 1970; now where there is none."""
        now = self._clock()
        with transaction(self._sessions) as session:
            found = session.execute(select(RateLimit.expires_at).where(RateLimit.key == key)).scalar_one_or_none()
        return max(found or now, now).timestamp()

    def check(self) -> bool:
        """Whether the table can be read."""
        try:
            self.get("")
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        """Forget everything; how many windows there were."""
        with transaction(self._sessions) as session:
            return len(session.execute(delete(RateLimit).returning(RateLimit.key)).all())

    def clear(self, key: str) -> None:
        """Forget one key."""
        with transaction(self._sessions) as session:
            session.execute(delete(RateLimit).where(RateLimit.key == key))

    def _sweep(self, session: Session) -> None:
        # Rows that somebody counts on just now are left for another time.
        over = (
            select(RateLimit.key)
            .where(RateLimit.expires_at <= self._clock())
            .limit(SWEPT_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        session.execute(delete(RateLimit).where(RateLimit.key.in_(over)))
