"""How much and how long, as people read it, in the language of the visit: counts, shares, and stretches of time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask_babel import gettext, ngettext

from app.web.language import is_english

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


def number(value: float) -> str:
    """`1.234` or, in English, `1,234`."""
    english = f"{round(value):,}"
    return english if is_english() else english.replace(",", ".")


def percent(value: float) -> str:
    """`98,7 %`; what is not quite all of it is never said to be all of it."""
    tenths = 99.9 if 99.9 < value < 100 else value
    english = f"{tenths:.1f}".removesuffix(".0")
    return f"{english}%" if is_english() else f"{english.replace('.', ',')}\N{NO-BREAK SPACE}%"


def duration(seconds: float) -> str:
    """`0,8 sekunder`, `45 sekunder`, `3 minutter`, `2 timer 5 minutter`, `3 dage 2 timer`."""
    if seconds < 10:
        tenths = f"{seconds:.1f}".removesuffix(".0")
        return str(gettext("%(number)s sekunder", number=tenths if is_english() else tenths.replace(".", ",")))
    if round(seconds) < 2 * _MINUTE:
        return str(gettext("%(number)s sekunder", number=round(seconds)))
    return age(timedelta(seconds=seconds))


def short_duration(seconds: float) -> str:
    """For an axis: `0`, `30 s`, `5 min.`, `2 t`, `3 d`."""
    if not seconds:
        return "0"
    units: tuple[tuple[float, Callable[[str], str]], ...] = (
        (_DAY, lambda many: str(gettext("%(number)s d.", number=many))),
        (_HOUR, lambda many: str(gettext("%(number)s t.", number=many))),
        (_MINUTE, lambda many: str(gettext("%(number)s min.", number=many))),
    )
    for size, said in units:
        if seconds >= size:
            many = f"{seconds / size:.1f}".removesuffix(".0")
            return said(many if is_english() else many.replace(".", ","))
    return str(gettext("%(number)s s", number=f"{seconds:g}"))


def age(waited: timedelta) -> str:
    """`12 minutter`, `3 timer 10 minutter`, `2 dage 4 timer`."""
    minutes = max(0, round(waited.total_seconds() / _MINUTE))
    hours, days = minutes // 60, minutes // 1440
    if days:
        return _two(ngettext("%(num)s dag", "%(num)s dage", days), hours % 24, "%(num)s time", "%(num)s timer")
    if hours:
        return _two(ngettext("%(num)s time", "%(num)s timer", hours), minutes % 60, "%(num)s minut", "%(num)s minutter")
    return str(ngettext("%(num)s minut", "%(num)s minutter", minutes))


def _two(first: str, rest: int, one: str, many: str) -> str:
    return f"{first} {ngettext(one, many, rest)}" if rest else str(first)
