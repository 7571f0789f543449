"""The stand-in's own time: real time, as far ahead as a test has pushed it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """A moment as the wire has it: UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """A clock that can be pushed forward, and set back to real time by a reset."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment it is here (UTC)."""
        return datetime.fromtimestamp(self._source() + self._ahead, UTC)

    def push(self, seconds: float) -> None:
        """Let time pass at once."""
        with self._lock:
            self._ahead += seconds

    def reset(self) -> None:
        """Back to real time."""
        with self._lock:
            self._ahead = 0.0
