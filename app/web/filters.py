"""How money, days, times and numbers are written on the pages, in the language of the visit."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date
from flask import Flask, current_app
from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from app.foundation.clock import COPENHAGEN, Clock, danish_day, utc_now
from app.foundation.cpr import mask
from app.municipalities.facts import Contact, Facts, Text
from app.web.language import current, is_english

NBSP = "\N{NO-BREAK SPACE}"
DAYS_WITH_WEEKDAY = 7
_CLOCK = "bdk_clock"


def money(amount_ore: int) -> str:
    """`1.234,50 kr.` or, in English, `DKK 1,234.50`; the spaces never break."""
    sign, whole, ore = "-" if amount_ore < 0 else "", *divmod(abs(amount_ore), 100)
    english = f"{whole:,}.{ore:02}"
    if is_english():
        return f"DKK{NBSP}{sign}{english}"
    return f"{sign}{english.translate(str.maketrans(',.', '.,'))}{NBSP}kr."


def day(on: date) -> str:
    """`14. maj 2026` or `14 May 2026`."""
    return f"{_day_and_month(on)} {on.year}"


def near_day(on: date) -> str:
    """As `day`, but within a week with the weekday in the year's stead: `torsdag 28. maj`."""
    if abs((on - _today()).days) > DAYS_WITH_WEEKDAY:
        return day(on)
    return f"{format_date(on, 'EEEE', locale=current())} {_day_and_month(on)}"


def short_day(on: date) -> str:
    """`14.05.2026`, for the tables of staff."""
    return f"{on:%d.%m.%Y}"


def clock_time(at: datetime) -> str:
    """`kl. 11.12` in Copenhagen, or `at 11.12`."""
    local = at.astimezone(COPENHAGEN)
    return f"{'at' if is_english() else 'kl.'}{NBSP}{local:%H.%M}"


def moment(at: datetime) -> str:
    """`14. maj 2026 kl. 11.12`."""
    return f"{day(danish_day(at))} {clock_time(at)}"


def near_moment(at: datetime) -> str:
    """`i dag kl. 11.12`, `i går kl. 22.10`, else with the day."""
    days_ago = (_today() - danish_day(at)).days
    if days_ago == 0:
        return str(gettext("i dag %(time)s", time=clock_time(at)))
    if days_ago == 1:
        return str(gettext("i går %(time)s", time=clock_time(at)))
    return f"{near_day(danish_day(at))} {clock_time(at)}"


def age(since: datetime) -> str:
    """How long ago: `4 min.`, `3 t 10 min.`, `2 dage 4 t`."""
    clock: Clock = current_app.extensions[_CLOCK]
    return duration((clock() - since).total_seconds())


def duration(seconds: float) -> str:
    """`12 s`, `4 min.`, `3 t 10 min.`, `2 dage 4 t`: the two largest parts that matter."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        told = str(ngettext("%(num)s dag", "%(num)s dage", days))
        return f"{told} {gettext('%(hours)s t', hours=hours_left)}" if hours_left else told
    if hours:
        told = str(gettext("%(hours)s t", hours=hours))
        return f"{told} {gettext('%(minutes)s min.', minutes=left)}" if left else told
    return str(gettext("%(minutes)s min.", minutes=minutes) if minutes else gettext("%(seconds)s s", seconds=rest))


def iso(value: date | datetime) -> str:
    """For the `datetime` attribute of `<time>`."""
    return value.isoformat()


def cpr_mask(cpr: str) -> str:
    """`120372-****`: what a screen may show of a CPR number."""
    return mask(cpr)


def phone(number: str) -> str:
    """A Danish number in pairs, `12 34 56 78`; other numbers as they were written."""
    digits = "".join(number.split()).removeprefix("+45")
    if not (digits.isdigit() and len(digits) == 8):
        return number
    return NBSP.join(digits[at : at + 2] for at in range(0, 8, 2))


def phone_link(number: str) -> Markup:
    """The number as a link that calls it."""
    digits = "".join(character for character in number if character.isdigit() or character == "+")
    full = digits if digits.startswith("+") else f"+45{digits}"
    return Markup('<a class="phone" href="tel:{}">{}</a>').format(full, phone(number))


def email_link(address: str) -> Markup:
    """The address as a link that opens a letter to it."""
    return Markup('<a class="email" href="mailto:{}">{}</a>').format(address, escape(address))


def said(text: Text) -> str:
    """A municipality's own words in the language of the visit."""
    return text.in_language(current())


def municipality_name(facts: Facts) -> str:
    """`Fjordby Kommune` or its English name."""
    return facts.name_en if is_english() else facts.name


def area_names(facts: Facts) -> str:
    """`bibliotek, børnepasning og parkering`: what the municipality sends bills for, but for the rest."""
    *first, last = [said(area.label).lower() for key, area in facts.areas.items() if key != "other"] or [""]
    both = gettext("og")  # apart: the extraction of texts does not look into f-strings
    return f"{', '.join(first)} {both} {last}" if first else last


def hours_today(contact: Contact) -> str:
    """`Åbent i dag 10–18` by today's weekday, or that it is closed."""
    hours = contact.hours_on(_today())
    return str(gettext("Åbent i dag %(hours)s", hours=_dashed(hours)) if hours else gettext("Lukket i dag"))


def hours_by_day(contact: Contact) -> list[tuple[str, str]]:
    """Weekday and opening hours, from Monday, for the days that it is open."""
    monday = date(2024, 1, 1)
    week = (monday + timedelta(days=number) for number in range(7))
    found = ((format_date(on, "EEEE", locale=current()), contact.hours_on(on)) for on in week)
    return [(weekday, _dashed(hours)) for weekday, hours in found if hours]


def install(app: Flask, *, clock: Clock = utc_now) -> None:
    """Give the templates these filters, and tell them what `today` is by `clock`."""
    app.extensions[_CLOCK] = clock
    filters: tuple[Callable[..., object], ...] = (
        money,
        day,
        near_day,
        short_day,
        clock_time,
        moment,
        near_moment,
        age,
        duration,
        iso,
        cpr_mask,
        phone,
        phone_link,
        email_link,
        said,
        municipality_name,
        area_names,
        hours_today,
        hours_by_day,
    )
    app.jinja_env.filters.update({one.__name__: one for one in filters})


def _dashed(hours: str) -> str:
    return hours.replace("-", "–")


def _day_and_month(on: date) -> str:
    return format_date(on, "d MMMM" if is_english() else "d. MMMM", locale=current())


def _today() -> date:
    clock: Clock = current_app.extensions[_CLOCK]
    return danish_day(clock().astimezone(UTC))
