"""A few background threads that do things when their time comes: notices, payments that take a while, expiry."""

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

THREADS = 12


class Clockwork:
    """Acts to be done later, each by whichever thread is free; the threads begin with the first act."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = threads
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._began = False

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do `act` once, `seconds` from now."""
        with self._changed:
            if not self._began:
                self._began = True
                for number in range(self._threads):
                    threading.Thread(target=self._work, name=f"clockwork-{number}", daemon=True).start()
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), act))
            self._changed.notify()

    def forget(self) -> None:
        """Nothing is to be done any more."""
        with self._changed:
            self._due.clear()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                _moment, _number, act = heapq.heappop(self._due)
            try:
                act()
            except Exception as fault:  # noqa: BLE001 - a thread of the clockwork must outlive whatever it is given
                print(f"stand-ins: {type(fault).__name__}: {fault}", file=sys.stderr)
