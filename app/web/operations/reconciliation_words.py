"""The words of reconciliation: what its differences and sides are called at the desk."""

from datetime import date, datetime

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from app.ledger.reconciliation.differences import KIND, What
from app.web.filters import day

WHATS: dict[What, LazyString] = {
    What.NOT_IN_JOURNAL: lazy_gettext("Mangler i journalen"),
    What.NOT_AT_PROVIDER: lazy_gettext("Mangler hos udbyderen"),
    What.PROVIDER_AMOUNT: lazy_gettext("Andet beløb hos udbyderen"),
    What.UNKNOWN_AT_PROVIDER: lazy_gettext("Ukendte penge hos udbyderen"),
    What.NOT_IN_LEDGER: lazy_gettext("Mangler i regnskabet"),
    What.DOUBLED_IN_LEDGER: lazy_gettext("Bogført to gange"),
    What.UNKNOWN_IN_LEDGER: lazy_gettext("Ukendt indbetaling i regnskabet"),
    What.LEDGER_AMOUNT: lazy_gettext("Andet beløb i regnskabet"),
    What.NOT_ACCEPTED_HERE: lazy_gettext("Bogført uden kvittering"),
    What.TRANSIT_LEFT: lazy_gettext("Venter på regnskabet"),
    What.NOT_AT_SOURCE: lazy_gettext("Biblioteket viser den ubetalt"),
}
SIDES: dict[str, LazyString] = {
    "stripe": lazy_gettext("Kort (Stripe)"),
    "mobilepay": lazy_gettext("MobilePay"),
    "ledger": lazy_gettext("Regnskabet"),
}
METHODS: dict[str, LazyString] = {"card": lazy_gettext("Betalingskort"), "mobilepay": lazy_gettext("MobilePay")}


def difference_name(kind: str) -> str:
    """What a task's kind is called."""
    return str(WHATS[What(kind.removeprefix(KIND))])


def as_day(said: str) -> str:
    """The day that a task's facts name, in the language of the visit."""
    return day(date.fromisoformat(said))


def age_at(since: datetime, now: datetime) -> str:
    """How old something is: in days, else in hours."""
    age = now - since
    if age.days:
        return str(ngettext("%(num)s dag", "%(num)s dage", age.days))
    hours = age.seconds // 3600
    return str(ngettext("%(num)s time", "%(num)s timer", hours) if hours else gettext("under en time"))


def install(app: Flask) -> None:
    """Give the templates the words."""
    app.jinja_env.filters.update(difference_name=difference_name, as_day=as_day, age_at=age_at)
    app.jinja_env.globals.update(side_names=SIDES, method_names=METHODS)
