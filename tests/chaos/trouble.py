"""The trouble itself: SIGKILL at random moments, and a worker that is stopped, replaced, and comes back as a zombie.

Whoever is killed next must have come back from the last time, and have worked for a random while: killing the dead
proves nothing, however slow the machine is.
"""

import time
from dataclasses import dataclass
from random import Random

from bench.figures import say
from tests.chaos.town import MORTALS, Town

ZOMBIE = "zombie"
AFTERWARDS_SECONDS = 3.0
"""How long a worker that came back may go on beside the one that took its place."""


@dataclass(frozen=True)
class Plan:
    """How much trouble there is to be."""

    kills: int
    shortest_seconds: float
    longest_seconds: float
    freezes: int
    freeze_seconds: float


def make(town: Town, plan: Plan, random: Random) -> None:
    """Kill somebody so many times, and freeze the worker now and then."""
    freeze_at = {round((number + 0.5) * plan.kills / plan.freezes) for number in range(plan.freezes)}
    zombie = _Zombie(town, plan.freeze_seconds)
    for number in range(plan.kills):
        if number in freeze_at:
            town.wait_until_back("worker")
            zombie.freeze()
        zombie.look()
        name = random.choice(MORTALS)
        town.wait_until_back(name)
        time.sleep(random.uniform(plan.shortest_seconds, plan.longest_seconds))
        town.crew.kill(name)
        if (number + 1) % 20 == 0:
            say(f"{number + 1} kills")
    zombie.bury()


class _Zombie:
    """A worker that stands still with messages in its hands, while PostgreSQL and everybody else take it for dead."""

    def __init__(self, town: Town, seconds: float) -> None:
        self._town, self._seconds = town, seconds
        self._thaw_at: float | None = None
        self._end_at: float | None = None

    def freeze(self) -> None:
        self.bury()
        self._town.crew.freeze("worker", as_name=ZOMBIE)
        self._town.end_workers_lives()
        self._thaw_at = time.monotonic() + self._seconds

    def look(self) -> None:
        """Let it go on when its time has come; and end it some seconds later, so that there is one worker again."""
        now = time.monotonic()
        if self._thaw_at is not None and now >= self._thaw_at:
            self._town.crew.thaw(ZOMBIE)
            self._thaw_at, self._end_at = None, now + AFTERWARDS_SECONDS
        elif self._end_at is not None and now >= self._end_at:
            self._town.crew.end(ZOMBIE)
            self._end_at = None

    def bury(self) -> None:
        """See it through to its end, now."""
        while self._thaw_at is not None or self._end_at is not None:
            self.look()
            time.sleep(0.1)
