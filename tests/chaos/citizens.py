"""Citizens who pay at a steady pace, whatever is dead just now: most from here, some through the portal's own pages."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.payments.models import Payment
from app.payments.port import ProviderError
from bench.road import NotAllShown, open_payment
from tests.chaos.town import Town
from tests.chaos.walking import BILLS, walk

BATCH = 100
OPENERS = 3
PAYERS = 8
AGAIN_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""How long a citizen tries again when everybody is back, before giving up, which fails the run."""
WALKS_SECONDS = 2.0
"""How long after one citizen has gone through the portal's pages the next one does."""


class GaveUp(Exception):
    """A citizen who could not pay, however often they tried."""


@dataclass
class Citizens:
    """Those who pay. `start`, `begin_to_pay`, then `stop`: whoever has not paid by then walks away."""

    town: Town
    per_second: float
    ahead: int
    """How many opened payments may wait for their turn."""
    opened: "Queue[str]" = field(init=False)
    paid: list[str] = field(default_factory=list)
    unpaid: set[str] = field(default_factory=set)
    """Opened, and never paid."""
    walked: int = 0
    tries_again: int = 0
    most_behind_seconds: float = 0.0
    troubles: list[str] = field(default_factory=list)
    _ended_at: float | None = None
    _pays: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.opened = Queue(maxsize=self.ahead)
        self._made = self._making()

    def start(self) -> None:
        """Begin to open payments."""
        acts = [self._open_always] * OPENERS + [self._walk_always, self._pay_always]
        self._threads = [threading.Thread(target=self._noting, args=(act,)) for act in acts]
        for thread in self._threads:
            thread.start()

    def begin_to_pay(self) -> None:
        """From now on those that wait are paid, at the pace."""
        self._pays.set()

    def stop(self) -> None:
        """Nobody opens or pays any more."""
        self._ended_at = time.monotonic()
        self._stop.set()
        self._pays.set()
        for thread in self._threads:
            thread.join()
        while not self.opened.empty():
            self.unpaid.add(self.opened.get())

    def _noting(self, act: Any) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - a thread's end must be seen in the verdict, whatever it was
            self.troubles.append(f"{type(error).__name__}: {error}")

    def _next(self) -> dict[str, str]:
        with self._lock:
            return next(self._made)

    def _making(self) -> Iterator[dict[str, str]]:
        """One citizen after another, whose debts both processes of the world outside know."""
        while True:
            asked = {"count": BATCH, "with_replacement": True}
            made = self.town.http.post(f"{self.town.standins_url}/control/citizens", json=asked, timeout=60)
            rows = made.raise_for_status().json()
            cprs = [row["cpr"] for row in rows]
            owed = self._act(self.town.standins_url, "owed_by", {"cprs": cprs})
            self._until(lambda owed=owed: self._act(self.town.ledger, "take_over", owed))
            yield from rows

    def _act(self, url: str, name: str, body: object) -> dict[str, Any]:
        answer = self.town.http.post(f"{url}/control/ledger/act/{name}", json=body).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _until(self, act: Any) -> Any:
        """Do something that may be tried again, until it is done.

        :raises GaveUp: the killing has been over for a long while, and still it cannot be done
        """
        while True:
            try:
                return act()
            except (httpx.HTTPError, NotAllShown, ProviderError, SQLAlchemyError) as error:
                if self._ended_at is not None and time.monotonic() > self._ended_at + PATIENCE_SECONDS:
                    raise GaveUp(f"{type(error).__name__}: {error}") from error
                self.tries_again += 1
                time.sleep(AGAIN_SECONDS)

    def _open_always(self) -> None:
        while not self._stop.is_set():
            cpr = self._next()["cpr"]
            token = self._until(lambda cpr=cpr: open_payment(self.town, cpr, bills=BILLS))
            with self.town.wires.sessions() as session:
                chosen = select(Payment.provider_reference).where(Payment.token == token)
                self._put(str(session.scalars(chosen).one()))

    def _put(self, reference: str) -> None:
        while True:
            try:
                self.opened.put(reference, timeout=0.5)
            except Full:
                if self._stop.is_set():
                    self.unpaid.add(reference)
                    return
            else:
                return

    def _pay_always(self) -> None:
        self._pays.wait()
        began, number = time.monotonic(), 0
        with ThreadPoolExecutor(PAYERS) as payers:
            while not self._stop.is_set():
                wait = began + number / self.per_second - time.monotonic()
                self.most_behind_seconds = max(self.most_behind_seconds, -wait)
                time.sleep(max(0.0, wait))
                try:
                    reference = self.opened.get(timeout=0.5)
                except Empty:
                    continue
                number += 1
                payers.submit(self._noting, lambda one=reference: self._pay(one))

    def _pay(self, reference: str) -> None:
        self.town.http.post(
            f"{self.town.standins_url}/stripe/test/pay/{reference}", json={}, timeout=30
        ).raise_for_status()
        self.paid.append(reference)

    def _walk_always(self) -> None:
        while not self._stop.wait(WALKS_SECONDS):
            who = self._next()
            self._put(walk(self.town, cpr=who["cpr"], name=who["name"], until_done=self._until))
            self.walked += 1
