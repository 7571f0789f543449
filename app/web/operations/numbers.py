"""The numbers that matter on the desk's front page: one function each, and a line in `NUMBERS`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.foundation.clock import danish_day
from app.identity.people import StaffMember
from app.ledger import queries as ledger
from app.payments import failures
from app.payments.returns import refund_queries
from app.questions import queries as questions
from app.tasks import queries as tasks
from app.web.filters import age, money
from app.web.operations.failures import PATH, View
from app.web.operations.menu import DESK
from app.web.operations.solving import WAITING_MONEY


@dataclass(frozen=True)
class Number:
    """One number with the page behind it."""

    title: str
    value: str
    detail: str
    path: str
    is_quiet: bool
    """Nothing is to be done."""


def failure_queue(session: Session, staff: StaffMember, now: datetime) -> Number:
    """How many rows are in the failure queue, and how old the oldest is."""
    wanted = View().wanted(staff)
    count = failures.count(session, wanted=wanted, now=now)
    oldest = failures.oldest(session, wanted=wanted, now=now)
    detail = gettext("ældste %(age)s", age=age(oldest)) if oldest else gettext("køen er tom")
    return Number(gettext("Fejlkø"), str(count), detail, PATH, is_quiet=count == 0)


def waits_for_ledger(session: Session, staff: StaffMember, _now: datetime) -> Number:
    """Money that was taken and that the ledger has not accepted yet."""
    found = ledger.waiting(session, municipality_code=staff.municipality_code)
    detail = gettext("alt er bogført")
    if found.oldest_at:
        count = ngettext("%(num)s betaling", "%(num)s betalinger", found.payments)
        detail = gettext("%(count)s, ældste %(age)s", count=count, age=age(found.oldest_at))
    path = View(group="regnskab").address()
    return Number(gettext("Afventer regnskab"), money(found.amount_ore), detail, path, is_quiet=found.payments == 0)


def money_back(session: Session, staff: StaffMember, _now: datetime) -> Number:
    """Refunds that wait for a second person, and money that nobody has decided on."""
    code = staff.municipality_code
    asked = refund_queries.count_asked(session, municipality_code=code)
    waiting = tasks.count_of_kinds(session, municipality_code=code, kinds=WAITING_MONEY)
    said = [
        ngettext("%(num)s venter på en kollega", "%(num)s venter på en kollega", asked),
        ngettext("%(num)s skal sendes tilbage", "%(num)s skal sendes tilbage", waiting),
    ]
    total = asked + waiting
    return Number(
        gettext("Penge tilbage"), str(total), ", ".join(said), f"{DESK}/tilbagebetalinger", is_quiet=total == 0
    )


def differences(session: Session, staff: StaffMember, now: datetime) -> Number:
    """Differences between provider, portal, ledger and source that nobody has explained."""
    view = View(group="afstemning")
    count = failures.count(session, wanted=view.wanted(staff), now=now)
    detail = ngettext("forskel uden forklaring", "forskelle uden forklaring", count)
    return Number(gettext("Afstemning"), str(count), detail, f"{DESK}/afstemning", is_quiet=count == 0)


def questions_due(session: Session, staff: StaffMember, now: datetime) -> Number:
    """Questions about bills, and how many of them must be answered today or should have been."""
    found = questions.due(session, municipality_code=staff.municipality_code, today=danish_day(now))
    detail = gettext("frist i dag: %(count)s", count=found.today)
    return Number(gettext("Spørgsmål"), str(found.open), detail, f"{DESK}/spoergsmaal", is_quiet=found.open == 0)


NUMBERS: tuple[Callable[[Session, StaffMember, datetime], Number], ...] = (
    failure_queue, waits_for_ledger, money_back, differences, questions_due,
)  # fmt: skip
