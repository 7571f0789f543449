"""One process that sweeps all open payments, at merchants in memory: `python -m bench.sweeper URL`."""

import json
import math
import resource
import sys
import threading
import time
from collections.abc import Sequence

from app import tables  # noqa: F401 - the metadata must be whole: foreign keys cross rooms
from app.foundation.clock import utc_now
from app.foundation.db import engine_for, sessions_on
from app.payments import sweep
from app.payments.port import PaymentProvider
from bench.till import Till


class Time:
    """A time in which nothing lasts but waiting, and all wait side by side."""

    def __init__(self) -> None:
        self._now, self._lock = 0.0, threading.Lock()

    def clock(self) -> float:
        """Seconds since it began."""
        return self._now

    def pause(self, seconds: float) -> None:
        """Be some seconds later, unless another has waited longer meanwhile."""
        until = self._now + seconds
        with self._lock:
            self._now = max(self._now, until)


def main(database_url: str) -> None:
    """Sweep until nothing is due, and say how it went."""
    sessions, simulated = sessions_on(engine_for(database_url, pool_size=20)), Time()
    merchants: dict[str, Till] = {}

    def provider_of(code: str, name: str) -> PaymentProvider:
        return merchants.setdefault(code, Till(name, clock=simulated.clock))

    began = time.perf_counter()
    done = sweep.unfinished(
        sessions, provider_of=provider_of, now=utc_now(), clock=simulated.clock, pause=simulated.pause, seconds=math.inf
    )
    told = {
        "seconds": time.perf_counter() - began,
        "simulated_seconds": simulated.clock(),
        "asked": done.asked,
        "is_in_order": all(one.is_in_order for one in merchants.values()),
        "most_in_a_second": max(_most_in_a_second(one.fetched_at) for one in merchants.values()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(told))


def _most_in_a_second(moments: Sequence[float]) -> int:
    """The most of these moments, which are in order, that any one second holds."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


if __name__ == "__main__":
    main(sys.argv[1])
