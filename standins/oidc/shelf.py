"""A small shelf for things that may be fetched for a while: codes, sessions, used token ids."""

import threading
import time
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps each thing for `seconds`, and at most `most` of them: the oldest fall off first."""

    def __init__(self, *, seconds: float, most: int = 20_000) -> None:
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._things: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def __len__(self) -> int:
        """How many lie here, forgotten ones perhaps among them."""
        return len(self._things)

    def put(self, key: str, thing: T) -> None:
        """Lay a thing on the shelf under a key, in place of any other."""
        with self._lock:
            self._things.pop(key, None)
            self._things[key] = (time.monotonic() + self._seconds, thing)
            self._tidy()

    def put_new(self, key: str, thing: T) -> bool:
        """Lay a thing down unless the key is taken; False when it is."""
        with self._lock:
            self._tidy()
            if key in self._things:
                return False
            self._things[key] = (time.monotonic() + self._seconds, thing)
            return True

    def get(self, key: str) -> T | None:
        """The thing under this key, left lying."""
        with self._lock:
            until, thing = self._things.get(key, (0.0, None))
            return thing if until > time.monotonic() else None

    def take(self, key: str) -> T | None:
        """The thing under this key, gone from the shelf: only one caller ever gets it."""
        with self._lock:
            until, thing = self._things.pop(key, (0.0, None))
            return thing if until > time.monotonic() else None

    def things(self) -> list[T]:
        """Everything that lies here."""
        now = time.monotonic()
        with self._lock:
            return [thing for until, thing in self._things.values() if until > now]

    def clear(self) -> None:
        """Sweep the shelf."""
        with self._lock:
            self._things.clear()

    def _tidy(self) -> None:
        now = time.monotonic()
        while self._things:
            until, _thing = next(iter(self._things.values()))
            if until > now and len(self._things) < self._most:
                return
            self._things.popitem(last=False)
