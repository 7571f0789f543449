"""What has happened to a bill, in words: the days it bears and the register's events as one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from flask_babel import gettext

from app.claims.queries import Bill, Happening
from app.foundation.clock import COPENHAGEN, danish_day
from app.web.filters import money, near_day


@dataclass(frozen=True)
class Step:
    """One line: a day, or a moment where the hour is known, and what happened then."""

    text: str
    on: date
    at: datetime | None = None

    @property
    def order(self) -> datetime:
        """Where it stands in time; a day without an hour stands first in it."""
        return self.at or datetime.combine(self.on, time.min, COPENHAGEN).astimezone(UTC)


def timeline_of(bill: Bill, happenings: Sequence[Happening], *, today: date) -> list[Step]:
    """The history of a bill, oldest first, without what lies ahead."""
    days = [
        (bill.founded_on, gettext("Regningen opstod")),
        (bill.due_on, gettext("Fristen for at betale")),
        (bill.reminded_on, gettext("Vi sendte en rykker")),
        (bill.status.on if bill.holder == "agency" else None, gettext("Gælden blev sendt til Gældsstyrelsen")),
    ]
    steps = [Step(text, on) for on, text in days if on is not None and on <= today]
    steps += [Step(text, danish_day(one.at), one.at) for one in happenings for text in _told(one)]
    return sorted(steps, key=lambda step: step.order)


def _told(happening: Happening) -> list[str]:
    facts = happening.facts
    match happening.kind:
        case "covered" | "refunded" as kind:
            return [_moved(kind, money(int(facts["amount_ore"])))]
        case "reopened":
            return [gettext("Regningen blev åbnet igen")]
        case "closed" if facts.get("reason") == "paid":
            return [gettext("Regningen er betalt, og alt er på plads")]
        case "closed":
            return [gettext("Regningen blev lukket. Den er ikke længere på listen hos den, der sendte den.")]
        case "changed":
            return _changes(facts)
    return []


def _moved(kind: str, amount: str) -> str:
    if kind == "covered":
        return str(gettext("Vi modtog en betaling på %(amount)s", amount=amount))
    return str(gettext("En betaling på %(amount)s gik tilbage til den, der betalte", amount=amount))


def _changes(facts: dict[str, object]) -> list[str]:
    told = []
    match facts.get("outstanding_ore"):
        case [int(before), int(after)]:
            told.append(
                gettext("Beløbet blev ændret fra %(before)s til %(after)s", before=money(before), after=money(after))
            )
    match facts.get("due_on"):
        case [_, str(after_on)]:
            told.append(gettext("Fristen blev ændret til %(date)s", date=near_day(date.fromisoformat(after_on))))
    return told
