"""Tells the library system of covered library claims about a second later, as ØiR does, until it has been told."""

import threading
import time
from collections.abc import Callable

import requests

from standins.ledger.books import LIBRARY_SYSTEM
from standins.world import Debt

DELAY_SECONDS = 1.0
AGAIN_SECONDS = 0.5
TIMEOUT_SECONDS = 5.0

Tell = Callable[[int], bool]
"""Lets the library know something of a fee: whether that was news to it; raises OSError where it cannot be reached."""


def by_wire(library_url: str, act: str) -> Tell:
    """How a library system in another process is told: by an act of its stand-in."""
    session = requests.Session()
    session.trust_env = False

    def tell(fee_id: int) -> bool:
        address = f"{library_url}/control/fbs/act/{act}"
        answer = session.post(address, json={"fee_id": fee_id}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return bool(answer.json()["is_news"])

    return tell


class Telling:
    """What is still to be told, and a thread that lives only while there is something."""

    def __init__(self, tell: Tell, *, delay_seconds: float = DELAY_SECONDS) -> None:
        self._tell = tell
        self._delay_seconds = delay_seconds
        self.on_told: Callable[[int], None] = lambda _fee_id: None
        self._lock = threading.Lock()
        self._busy = False
        self.is_held = False
        """While an earlier life is remembered, nobody is told anything."""
        self.clear()

    def clear(self) -> None:
        """Forget what is still to be told."""
        with self._lock:
            self.untold: dict[int, float] = {}  # fee -> when
            self.told = 0

    def later(self, debts: list[Debt]) -> None:
        """Tell the library of those claims that came from it."""
        for debt in debts:
            if debt.created_by == LIBRARY_SYSTEM and debt.origin_ref.isdecimal():
                with self._lock:
                    self.untold[int(debt.origin_ref)] = time.monotonic() + self._delay_seconds
        self._begin()

    def was_told(self, fee_id: object) -> None:
        """An earlier life has told this."""
        if isinstance(fee_id, int) and self.untold.pop(fee_id, None) is not None:
            self.told += 1

    def resume(self) -> None:
        """Go on with what an earlier life left untold."""
        self.is_held = False
        with self._lock:
            self.untold = dict.fromkeys(self.untold, time.monotonic() + self._delay_seconds)
        self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._busy or self.is_held or not self.untold:
                return
            self._busy = True
        threading.Thread(target=self._work, daemon=True, name="ledger-tells-library").start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self.untold:
                    self._busy = False
                    return
                fee_id, due = next(iter(self.untold.items()))
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
                continue
            try:
                is_news = self._tell(fee_id)
            except OSError:
                time.sleep(AGAIN_SECONDS)
                continue
            self.on_told(fee_id)
            with self._lock:
                # A reset may have come in between.
                if self.untold.pop(fee_id, None) is not None and is_news:
                    self.told += 1
