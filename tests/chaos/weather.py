"""Bad weather on the wires: the ledger's answers lost and its calls doubled, Stripe's notices lost, late or doubled."""

import threading
from random import Random

import httpx

from tests.chaos.town import Town

PAYMENTS_BETWEEN = 1, 6
"""How many payments come between two faults, at least and at most: where few pay, few answers are lost."""
_CALLS = "/service/"


class Weather:
    """A thread that puts a fault in force now and then, each for one or two times."""

    def __init__(self, town: Town, random: Random, per_second: float) -> None:
        self._town, self._random, self._per_second = town, random, per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._blow)

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def stop(self) -> None:
        """No new faults any more."""
        self._stop.set()
        self._thread.join()

    def clear(self) -> None:
        """Take away those that are in force; everybody must be back."""
        for url, standin in ((self._town.ledger, "ledger"), (self._town.standins_url, "stripe")):
            self._town.http.delete(f"{url}/control/{standin}/faults", timeout=30).raise_for_status()

    def _blow(self) -> None:
        while not self._stop.wait(self._random.uniform(*PAYMENTS_BETWEEN) / self._per_second):
            times = self._random.randint(1, 2)
            if self._random.random() < 0.6:
                kind = self._random.choice(("drop_reply", "duplicate"))
                self._set(self._town.ledger, "ledger", {"kind": kind, "times": times, "path": _CALLS})
            else:
                kind = self._random.choice(("duplicate", "out_of_order", "lost"))
                late = {"seconds": self._random.uniform(0.2, 3.0)} if kind == "out_of_order" else {}
                self._set(self._town.standins_url, "stripe", {"kind": kind, "times": times, **late})

    def _set(self, url: str, standin: str, fault: dict[str, object]) -> None:
        try:
            self._town.http.post(f"{url}/control/{standin}/faults", json=fault, timeout=5).raise_for_status()
        except httpx.TransportError:
            return  # it is dead just now, which is weather enough


def faults_done(town: Town) -> dict[str, int]:
    """How often each has been done, by stand-in and kind."""
    done: dict[str, int] = {}
    for url in (town.ledger, town.standins_url):
        done |= town.http.get(f"{url}/control/faults", timeout=30).raise_for_status().json()
    return done
