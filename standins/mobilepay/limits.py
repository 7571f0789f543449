"""The vendor's limits on calls about one payment: five changes of a kind a minute, 120 looks."""

import threading
from collections import deque
from datetime import datetime, timedelta

from standins.mobilepay.clock import Clock
from standins.mobilepay.refusals import Refusal

WITHIN = timedelta(minutes=1)
CHANGES, LOOKS = 5, 120


class Limits:
    """Calls of the last minute, by operation and reference."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[datetime]] = {}

    def forget(self) -> None:
        """Nobody has called."""
        with self._lock:
            self._calls.clear()

    def take(self, operation: str, reference: str, most: int) -> None:
        """Count a call.

        :raises Refusal: there were too many in a minute
        """
        now = self._clock.now()
        with self._lock:
            calls = self._calls.setdefault((operation, reference), deque(maxlen=most))
            if len(calls) == most and now - calls[0] < WITHIN:
                wait = int((calls[0] + WITHIN - now).total_seconds()) + 1
                raise Refusal("Too Many Requests", "Slow down.", status=429, retry_after=wait)
            calls.append(now)
