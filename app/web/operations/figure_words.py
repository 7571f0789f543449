"""The figures of the desk in words: the sentence, the table and the drawing of each, all from the same numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from babel.dates import format_date
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from app.ledger.figures import ByItself, DayTimes, Failure
from app.payments.figures import DayCount
from app.web import charts
from app.web.charts import BROAD, NARROW, WIDE, Columns, Lines, Mark, Series
from app.web.filters import day, near_moment
from app.web.language import is_english
from app.web.measures import age, duration, number, percent, short_duration

MOST_REASONS: Final = 10
REASONS: Mapping[str, LazyString] = {
    "posting_rejected": lazy_gettext("Debitorsystemet har afvist en indbetaling"),
    "source_refused": lazy_gettext("Biblioteket vil ikke lukke regningen"),
    "payout_difference": lazy_gettext("En udbetaling passer ikke"),
    "refund_failed": lazy_gettext("Penge kunne ikke sendes tilbage"),
    "refund_stopped": lazy_gettext("Debitorsystemet vil ikke føre tilbage"),
    "coverage_differs": lazy_gettext("Debitorsystemet har brugt en betaling anderledes"),
    "coverage_taken_back": lazy_gettext("Debitorsystemet har taget en betaling af kravet igen"),
    "coverage_waits": lazy_gettext("Debitorsystemet fortæller om noget, vi ikke kender"),
    "paid_twice": lazy_gettext("Betalt både her og i banken"),
    "dead": lazy_gettext("Opgivet: %(what)s"),
    "waiting": lazy_gettext("Venter på svar: %(what)s"),
    "difference": lazy_gettext("Afstemningen fandt en forskel"),
    "rest": lazy_gettext("Andre grunde"),
}
MESSAGES: Mapping[str, LazyString] = {
    "ledger.register": lazy_gettext("registrering i debitorsystemet"),
    "ledger.post": lazy_gettext("bogføring i debitorsystemet"),
    "ledger.reverse": lazy_gettext("tilbageførsel i debitorsystemet"),
    "ledger.came_back": lazy_gettext("læsning af en besked fra debitorsystemet"),
    "ledger.reconcile": lazy_gettext("afstemning af en dag"),
    "source.tell": lazy_gettext("besked til biblioteket"),
    "source.observe": lazy_gettext("biblioteket viser ikke betalingen"),
    "receipt.email": lazy_gettext("kvittering på e-mail"),
    "payments.refund": lazy_gettext("penge tilbage til borgeren"),
}


@dataclass(frozen=True)
class Drawn:
    """A figure with a drawing in two widths; `key` says which look is which series."""

    id: str
    heading: str
    sentence: str
    is_empty: bool
    charts: tuple[Columns, ...] | tuple[Lines, ...]
    key: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class BarRow:
    """One row of a table whose last column is a bar: what, its cells, and how long the bar is in percent."""

    name: str
    cells: tuple[str, ...]
    share: int


@dataclass(frozen=True)
class Barred:
    """A figure that is a table with bars; one without rows has only its sentence."""

    id: str
    heading: str
    sentence: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[BarRow, ...]


def payments_drawn(days: Sequence[DayCount]) -> Drawn:
    """Payments per day, carried through and not."""
    done, failed = sum(one.done for one in days), sum(one.failed for one in days)
    names = str(gettext("Gennemført")), str(gettext("Ikke gennemført"))
    series = [Series("a", names[0], [one.done for one in days]), Series("b", names[1], [one.failed for one in days])]
    labels = [_short_day(one.on) for one in days]
    return Drawn(
        id="payments",
        heading=gettext("Betalinger pr. dag"),
        sentence=_payments_said(days, done, failed),
        is_empty=not done + failed,
        charts=tuple(charts.columns(labels, series, frame=frame, told=number) for frame in (BROAD, NARROW)),
        key=(("a", names[0]), ("b", names[1])),
        columns=((gettext("Dag"), ""), (names[0], "amount"), (names[1], "amount")),
        rows=tuple((day(one.on), number(one.done), number(one.failed)) for one in days),
    )


def _payments_said(days: Sequence[DayCount], done: int, failed: int) -> str:
    if not done + failed:
        return str(gettext("Der har ikke været betalinger de sidste %(days)s dage.", days=len(days)))
    busiest = max(days, key=lambda one: one.done + one.failed)
    return str(
        gettext(
            "Betalinger de sidste %(days)s dage: %(done)s gennemført og %(failed)s ikke gennemført. "
            "Flest var der %(busiest)s: %(most)s.",
            days=len(days),
            done=number(done),
            failed=number(failed),
            busiest=day(busiest.on),
            most=number(busiest.done + busiest.failed),
        )
    )


def times_drawn(days: Sequence[DayTimes], *, id: str, heading: str, goal: timedelta) -> Drawn:  # noqa: A002 - it is one
    """How long payments took by the day they were paid: half of them, and all but the slowest twentieth."""
    goal_seconds = goal.total_seconds()
    names = str(gettext("Halvdelen")), str(gettext("95 af 100"))
    series = [Series("a", names[0], [one.p50 for one in days]), Series("b", names[1], [one.p95 for one in days])]
    labels = [_short_day(one.on) for one in days]
    target = Mark(goal_seconds, str(gettext("Mål: %(time)s", time=duration(goal_seconds))))
    return Drawn(
        id=id,
        heading=heading,
        sentence=_times_said(days, goal_seconds),
        is_empty=not any(one.count for one in days),
        charts=tuple(
            charts.lines(labels, series, target=target, frame=frame, told=short_duration) for frame in (WIDE, NARROW)
        ),
        key=(("a", names[0]), ("b", names[1])),
        columns=(
            (gettext("Dag"), ""), (gettext("Betalinger"), "amount"), (names[0], "amount"), (names[1], "amount"),
        ),
        rows=tuple((day(one.on), number(one.count), _or_none(one.p50), _or_none(one.p95)) for one in days),
    )  # fmt: skip


def _times_said(days: Sequence[DayTimes], goal_seconds: float) -> str:
    seen = [(one.p95, one.p50, one.on) for one in days if one.p95 is not None and one.p50 is not None]
    if not seen:
        return str(gettext("Ingen betaling er nået frem de sidste %(days)s dage.", days=len(days)))
    p95, p50, on = seen[-1]
    worst, _half, worst_on = max(seen)
    over = sum(seconds > goal_seconds for seconds, _half, _on in seen)
    return str(
        gettext(
            "%(last)s var halvdelen fremme inden for %(p50)s, og 95 af 100 inden for %(p95)s. "
            "Langsomst gik det %(worst_on)s: %(worst)s. "
            "Målet på %(goal)s blev overskredet på %(over)s af %(seen)s dage.",
            last=_begun(day(on)),
            p50=duration(p50),
            p95=duration(p95),
            worst_on=day(worst_on),
            worst=duration(worst),
            goal=duration(goal_seconds),
            over=over,
            seen=len(seen),
        )
    )


def failures_barred(failures: Sequence[Failure], *, now: datetime) -> Barred:
    """What waits, by reason, with how long the oldest of each has waited."""
    named = [(reason_words(one.kind), one.count, one.oldest_at) for one in failures]
    if len(named) > MOST_REASONS:
        rest = named[MOST_REASONS - 1 :]
        oldest_at = min(at for _name, _count, at in rest)
        named = [
            *named[: MOST_REASONS - 1],
            (str(REASONS["rest"]), sum(count for _name, count, _at in rest), oldest_at),
        ]
    highest = max((count for _name, count, _at in named), default=0)
    return Barred(
        id="failures",
        heading=gettext("Fejl efter årsag"),
        sentence=_failures_said(named, now),
        columns=((gettext("Årsag"), ""), (gettext("Antal"), "amount"), (gettext("Den ældste"), "")),
        rows=tuple(
            BarRow(name, (number(count), age(now - at)), charts.share_of(count, highest)) for name, count, at in named
        ),
    )


def _failures_said(named: Sequence[tuple[str, int, datetime]], now: datetime) -> str:
    if not named:
        return str(gettext("Ingen fejl venter. Sidst tjekket %(time)s.", time=near_moment(now)))
    count = sum(many for _name, many, _at in named)
    name, _many, at = min(named, key=lambda one: one[2])
    said = ngettext(
        "%(num)s fejl venter. Den ældste har ventet %(age)s: %(reason)s.",
        "%(num)s fejl venter. Den ældste har ventet %(age)s: %(reason)s.",
        count, age=age(now - at), reason=name,
    )  # fmt: skip
    return str(said)


def by_itself_barred(found: ByItself, *, days: int) -> Barred:
    """How many payments no person had to touch."""
    names = str(gettext("Helt af sig selv")), str(gettext("Et menneske hjalp til"))
    counts = found.untouched, found.count - found.untouched
    return Barred(
        id="by-itself",
        heading=gettext("Bogført uden menneskehånd"),
        sentence=_by_itself_said(found, days),
        columns=((gettext("Hvordan"), ""), (gettext("Betalinger"), "amount"), (gettext("Andel"), "amount")),
        rows=tuple(
            BarRow(name, (number(count), percent(100 * count / found.count)), charts.share_of(count, found.count))
            for name, count in zip(names, counts, strict=True)
        )
        if found.count
        else (),
    )


def _by_itself_said(found: ByItself, days: int) -> str:
    if found.percent is None:
        return str(gettext("Ingen betaling er bogført de sidste %(days)s dage.", days=days))
    return str(
        gettext(
            "%(share)s af de betalinger, som debitorsystemet har svaret på de sidste %(days)s dage, gik af sig selv: "
            "%(untouched)s af %(count)s.",
            share=percent(found.percent),
            days=days,
            untouched=number(found.untouched),
            count=number(found.count),
        )
    )


def reason_words(kind: str) -> str:
    """Why something waits, as staff say it; a kind that nobody has put into words stands as it is."""
    how, colon, message = kind.partition(":")
    if colon:
        return str(REASONS[how]) % {"what": str(MESSAGES.get(message, message))}
    if kind.startswith("difference."):
        return str(REASONS["difference"])
    return str(REASONS.get(kind, kind))


def _or_none(seconds: float | None) -> str:
    return duration(seconds) if seconds is not None else "–"


def _short_day(on: date) -> str:
    return format_date(on, "d MMM", locale="en") if is_english() else f"{on.day}.{on.month}."


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
