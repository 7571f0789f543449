"""Tells the library system of covered library claims about a second later, as ØiR does."""

import threading
import time
from collections import deque

from standins.ledger.books import LIBRARY_SYSTEM
from standins.world import Debt, World, today

DELAY_SECONDS = 1.0


class Telling:
    """What is still to be told, and a thread that lives only while there is something."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, int]] = deque()
        self._busy = False
        self.told = 0

    def later(self, debts: list[Debt]) -> None:
        """Tell the library of those claims that came from it."""
        fees = [
            int(debt.origin_ref) for debt in debts if debt.created_by == LIBRARY_SYSTEM and debt.origin_ref.isdecimal()
        ]
        if not fees:
            return
        with self._lock:
            self._waiting.extend((time.monotonic() + DELAY_SECONDS, fee_id) for fee_id in fees)
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work, daemon=True, name="ledger-tells-library").start()

    def clear(self) -> None:
        """Forget what is still to be told."""
        with self._lock:
            self._waiting.clear()
            self.told = 0

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    return
                due, fee_id = self._waiting[0]
                wait = due - time.monotonic()
                if wait <= 0:
                    self._waiting.popleft()
            if wait > 0:
                time.sleep(wait)
            elif self._world.on_fee_paid(fee_id, today()):
                with self._lock:
                    self.told += 1
