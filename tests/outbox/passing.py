"""Time that passes only where a worker waits: its clock and its stop sign in one."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class Passing(threading.Event):
    """Ten minutes go by in the seconds that a worker needs to look around in them.

    `meanwhile` happens, in the worker's own thread, whenever some time has passed. `faster` makes of a second that is
    waited so many that pass.
    """

    def __init__(self, start: datetime, meanwhile: Callable[[datetime], None], *, faster: float = 1) -> None:
        super().__init__()
        self.now = start
        self._meanwhile = meanwhile
        self._faster = faster

    def __call__(self) -> datetime:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timedelta(seconds=timeout or 0) * self._faster
        self._meanwhile(self.now)
        return self.is_set()
