"""Faults on demand: slow, down, an error, a lost answer; and notices sent twice, out of order or never.

`duplicate` with a `path` means the calls to those addresses: each is carried out twice, and answered once.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("down", "slow", "error", "drop_reply", "duplicate", "out_of_order", "lost")
# A stand-in that sleeps longer than this would only block a test run.
MAX_SECONDS = 120.0


class BadFault(ValueError):
    """The fault asked for makes no sense; the message says why."""


@dataclass(slots=True)
class Fault:
    """One fault in force; `times` counts down, None means until it is removed; `path` spares the other addresses."""

    kind: str
    seconds: float = 0.0
    times: int | None = None
    path: str = ""


def read_fault(body: object) -> Fault:
    """The fault that a control request describes.

    :raises BadFault: it is of no known kind, or a number is none
    """
    if not isinstance(body, dict):
        raise BadFault("the body must be a JSON object")
    unknown = set(body) - {"kind", "seconds", "times", "path"}
    if unknown:
        raise BadFault(f"unknown members: {', '.join(sorted(map(str, unknown)))}")
    kind, seconds, times = body.get("kind"), body.get("seconds", 0), body.get("times")
    if kind not in KINDS:
        raise BadFault(f"kind must be one of {', '.join(KINDS)}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MAX_SECONDS:
        raise BadFault(f"seconds must be a number from 0 to {MAX_SECONDS:.0f}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise BadFault("times must be a whole number from 1")
    path = body.get("path", "")
    if not isinstance(path, str):
        raise BadFault("path must be a part of the addresses that it is done to")
    return Fault(str(kind), float(seconds), times, path)


class Faults:
    """The faults in force, per stand-in."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        """How often each has been done, by stand-in and kind (`ledger drop_reply`), since the process began."""
        self.on_taken: Callable[[str], None] = lambda _which: None
        self._lock = threading.Lock()
        self._by_standin: dict[str, list[Fault]] = {}

    def set(self, standin: str, fault: Fault) -> None:
        """Put a fault in force; one of the same kind is replaced."""
        with self._lock:
            others = [other for other in self._by_standin.get(standin, ()) if other.kind != fault.kind]
            self._by_standin[standin] = [*others, fault]

    def clear(self, standin: str | None = None) -> None:
        """Remove the faults of one stand-in, or all."""
        with self._lock:
            if standin is None:
                self._by_standin.clear()
            else:
                self._by_standin.pop(standin, None)

    def in_force(self, standin: str) -> list[Fault]:
        """The faults of one stand-in now."""
        with self._lock:
            return list(self._by_standin.get(standin, ()))

    def take(self, standin: str, kind: str, *, path: str = "") -> Fault | None:
        """The fault of this kind if it is in force for a request to this path, counted as used once."""
        if standin not in self._by_standin:
            return None
        fault = self._take(standin, kind, path)
        if fault is not None:
            self.count(f"{standin} {kind}")
            self.on_taken(f"{standin} {kind}")
        return fault

    def count(self, which: object) -> None:
        """One more has been done of this kind to this stand-in."""
        with self._lock:
            self.taken[str(which)] = self.taken.get(str(which), 0) + 1

    def _take(self, standin: str, kind: str, path: str) -> Fault | None:
        with self._lock:
            faults = self._by_standin.get(standin, [])
            for fault in faults:
                if fault.kind != kind or fault.path not in path:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        faults.remove(fault)
                        if not faults:
                            del self._by_standin[standin]
                return fault
            return None
