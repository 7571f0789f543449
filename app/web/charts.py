"""Figures as geometry: numbers become columns, points and ticks that a template only has to draw. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Key = Literal["a", "b"]
"""Which look a series has: each has a colour, a pattern or dash, and a marker of its own (static/css/charts.css)."""
Told = Callable[[float], str]

MOST_TICKS: Final = 5
COUNT_STEPS: Final = (1, 2, 5, 10, 20, 50)
SECOND_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_LABEL_APART: Final = 18.0
"""Two labels at the ends of lines stand at least so far from one another."""


@dataclass(frozen=True)
class Frame:
    """A drawing's size and what is left around the plot, in the drawing's own units."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    most_labels: int
    """How many days have room below the axis."""

    @property
    def plot_width(self) -> int:
        """The breadth between the axes."""
        return self.width - self.left - self.right

    @property
    def floor(self) -> int:
        """Where zero is."""
        return self.height - self.bottom


WIDE: Final = Frame("wide", 720, 300, left=64, right=116, top=28, bottom=36, most_labels=8)
BROAD: Final = replace(WIDE, right=24)
"""As wide, without room for labels at the ends of lines."""
NARROW: Final = Frame("narrow", 360, 300, left=62, right=16, top=44, bottom=36, most_labels=4)


@dataclass(frozen=True)
class Series:
    """One row of numbers; None where there is nothing to show."""

    key: Key
    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Mark:
    """A place on an axis with what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class Bar:
    """One part of one column."""

    key: Key
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Point:
    """One value of a line."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A series as a path, its points, and the label at its end."""

    key: Key
    path: str
    points: tuple[Point, ...]
    label: str
    label_y: float


@dataclass(frozen=True)
class Columns:
    """Stacked columns, ready to be drawn; `top` marks the highest one."""

    frame: Frame
    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    days: tuple[Mark, ...]
    top: tuple[float, float, str] | None


@dataclass(frozen=True)
class Lines:
    """Lines with a target, ready to be drawn."""

    frame: Frame
    lines: tuple[Line, ...]
    ticks: tuple[Mark, ...]
    days: tuple[Mark, ...]
    target: Mark


def columns(days: Sequence[str], series: Sequence[Series], *, frame: Frame, told: Told) -> Columns:
    """One column a day, the series stacked from zero in their order."""
    totals = [sum(one.values[number] or 0 for one in series) for number in range(len(days))]
    roof = _roof(max(totals, default=0), COUNT_STEPS)
    slot = frame.plot_width / max(len(days), 1)
    breadth = _rounded(slot * 0.7)
    bars = []
    for number in range(len(days)):
        stacked = 0.0
        for one in series:
            value = one.values[number] or 0
            stacked += value
            if value:
                high, x = _up(frame, value, roof), frame.left + slot * (number + 0.15)
                bars.append(Bar(one.key, _rounded(x), _at(frame, stacked, roof), breadth, high))
    return Columns(frame, tuple(bars), _ticks(frame, roof, COUNT_STEPS, told), _days(days, frame),
                   _top(totals, frame, roof, slot, told))  # fmt: skip


def lines(days: Sequence[str], series: Sequence[Series], *, target: Mark, frame: Frame, told: Told) -> Lines:
    """One line a series over the days, in seconds, with the line that they should stay below."""
    highest = max((value for one in series for value in one.values if value is not None), default=0)
    roof = _roof(max(highest, target.at), SECOND_STEPS)
    drawn = [_line(one, frame, roof) for one in series]
    return Lines(
        frame,
        tuple(_apart([line for line in drawn if line is not None])),
        _ticks(frame, roof, SECOND_STEPS, told),
        _days(days, frame),
        Mark(_at(frame, target.at, roof), target.text),
    )


def _line(series: Series, frame: Frame, roof: float) -> Line | None:
    slot = frame.plot_width / len(series.values) if series.values else 0
    path, points, is_drawing = [], [], False
    for number, value in enumerate(series.values):
        if value is None:
            is_drawing = False
            continue
        point = Point(_rounded(frame.left + slot * (number + 0.5)), _at(frame, value, roof))
        path.append(f"{'L' if is_drawing else 'M'}{point.x:g} {point.y:g}")
        points.append(point)
        is_drawing = True
    return Line(series.key, "".join(path), tuple(points), series.name, points[-1].y) if points else None


def _apart(lines: list[Line]) -> list[Line]:
    """The same lines; where two labels would lie on one another, the upper is lifted."""
    lowest_first = sorted(lines, key=lambda line: -line.label_y)
    placed: list[Line] = []
    for line in lowest_first:
        limit = placed[-1].label_y - _LABEL_APART if placed else line.label_y
        y = min(line.label_y, limit)
        placed.append(Line(line.key, line.path, line.points, line.label, _rounded(y)))
    return [next(one for one in placed if one.key == line.key) for line in lines]


def _top(
    totals: Sequence[float], frame: Frame, roof: float, slot: float, told: Told
) -> tuple[float, float, str] | None:
    highest = max(totals, default=0)
    if not highest:
        return None
    number = totals.index(highest)
    x = frame.left + slot * (number + 0.5)
    return _rounded(x), _rounded(_at(frame, highest, roof) - 6), told(highest)


def _step(highest: float, steps: Sequence[int]) -> float:
    """The smallest step with which few ticks reach the highest value; beyond the list it grows tenfold or by days."""
    factor = 1
    while True:
        for step in steps:
            if step * factor * (MOST_TICKS - 1) >= highest:
                return step * factor
        factor *= 10


def _roof(highest: float, steps: Sequence[int]) -> float:
    step = _step(highest, steps)
    return step * max(1, -(-highest // step))


def _ticks(frame: Frame, roof: float, steps: Sequence[int], told: Told) -> tuple[Mark, ...]:
    step = _step(roof, steps)
    return tuple(Mark(_at(frame, step * number, roof), told(step * number)) for number in range(round(roof / step) + 1))


def _days(days: Sequence[str], frame: Frame) -> tuple[Mark, ...]:
    """Every so many days, counted back from the last one, so that today is always named."""
    every = max(1, -(-len(days) // frame.most_labels))
    slot = frame.plot_width / max(len(days), 1)
    return tuple(
        Mark(_rounded(frame.left + slot * (number + 0.5)), day)
        for number, day in enumerate(days)
        if (len(days) - 1 - number) % every == 0
    )


def _up(frame: Frame, value: float, roof: float) -> float:
    return _rounded((frame.floor - frame.top) * value / roof)


def _at(frame: Frame, value: float, roof: float) -> float:
    return _rounded(frame.floor - (frame.floor - frame.top) * value / roof)


def _rounded(value: float) -> float:
    return round(value, 1)


def share_of(value: float, highest: float) -> int:
    """How long a bar is, in percent of the longest; what is there at all is seen."""
    if value <= 0 or highest <= 0:
        return 0
    return max(1, round(100 * value / highest))
