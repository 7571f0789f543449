"""A figure: what was measured, what was hoped for, and the line that says both."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_BEGAN = time.monotonic()


@dataclass(frozen=True)
class Figure:
    """One figure. `at_most`: the less the better; otherwise the target is the least that will do."""

    name: str
    value: float
    unit: str
    target: float
    at_most: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether the target is met."""
        return self.value <= self.target if self.at_most else self.value >= self.target

    @property
    def line(self) -> str:
        """`name value unit target ok|short`."""
        return f"{self.name} {_number(self.value)} {self.unit} {self.target:g} {'ok' if self.is_ok else 'short'}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def say(words: str) -> None:
    """Tell whoever waits how far it has come."""
    print(f"[{time.monotonic() - _BEGAN:5.1f} s] {words}", file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def median(values: Iterable[float]) -> float:
    """The value in the middle."""
    return percentile(list(values), 0.5)


def write(path: Path, figures: Sequence[Figure], *, notes: dict[str, object], books: Sequence[str]) -> None:
    """Keep the figures as JSON: one object a figure, what lies behind them, and what the check of the books said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"name": one.name, "value": one.value, "unit": one.unit, "target": one.target,
         "verdict": "ok" if one.is_ok else "short"}
        for one in figures
    ]  # fmt: skip
    path.write_text(json.dumps({"figures": rows, "notes": notes, "books": list(books)}, indent=2) + "\n")
