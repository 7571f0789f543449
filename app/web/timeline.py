"""What has happened to a bill, in words: the days it bears and the register's events as one line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from flask_babel import gettext, lazy_gettext

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
        case "changed":
            return _changes(facts)
        case "covered" | "refunded" as kind:
            return [_moved(kind, money(int(facts["amount_ore"])))]
        case "closed":
            return [str(_CLOSED.get(str(facts.get("reason")), _CLOSED["no_longer_listed"]))]
        case kind if kind in _ELSEWHERE:
            told = str(_ELSEWHERE[kind]) % {"amount": money(int(facts["amount_ore"]))}
            return [f"{told}: {facts['why']}" if facts.get("why") else told]
    words = _PLAIN.get(happening.kind)
    return [str(words)] if words else []


# What the ledger did to a bill without us; after a colon comes what the municipality gave as its reason.
_ELSEWHERE = {
    "paid_elsewhere": lazy_gettext("Betalt i banken: %(amount)s"),
    "paid_elsewhere_reduced": lazy_gettext("En betaling på %(amount)s i banken blev taget tilbage"),
    "offset": lazy_gettext("Modregnet: %(amount)s, som du havde til gode"),
    "offset_reduced": lazy_gettext("En modregning på %(amount)s blev taget tilbage"),
    "written_off": lazy_gettext("Kommunen slettede %(amount)s af beløbet"),
    "written_off_reduced": lazy_gettext("%(amount)s, som var slettet, skal alligevel betales"),
}
_CLOSED = {
    "paid": lazy_gettext("Regningen er betalt, og alt er på plads"),
    "paid_elsewhere": lazy_gettext("Regningen er betalt uden om denne side"),
    "offset": lazy_gettext("Regningen er betalt med penge, som du havde til gode"),
    "written_off": lazy_gettext("Regningen er slettet. Vi kræver ikke beløbet længere."),
    "no_longer_listed": lazy_gettext("Regningen blev lukket. Den er ikke længere på listen hos den, der sendte den."),
}
_PLAIN = {
    "reopened": lazy_gettext("Regningen blev åbnet igen"),
    "account_closed": lazy_gettext("Kommunen lukkede kontoen, som regningen ligger på. Den kan ikke betales her."),
    "account_reopened": lazy_gettext("Kommunen åbnede kontoen igen. Regningen kan betales her."),
}


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
