"""The figures of the collections desk: how much is paid, how fast it arrives, what fails, and what goes by itself."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.ledger import figures as ledger
from app.payments import figures as payments
from app.web.guards import staff_required
from app.web.operations import figure_words as words
from app.web.operations.figure_words import Barred, Drawn
from app.web.visit import current_wires

SHORT: Final = 14
LONG: Final = 30
LIBRARY_GOAL: Final = timedelta(minutes=5)
bp = Blueprint("operations_figures", __name__)


@bp.get("/personale/opkraevning/tal")
@staff_required("collections")
def show(staff: StaffMember) -> ResponseReturnValue:
    """The figures of the last fortnight, or of the last thirty days."""
    days = LONG if request.args.get("dage") == str(LONG) else SHORT
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        drawn, barred = _figures(session, code, days)
    return render_template(
        "operations/figures.html", staff=staff, municipality=wires.facts(code), drawn=drawn, barred=barred, days=days,
        spans=(SHORT, LONG),
    )  # fmt: skip


def _figures(session: Session, code: str, days: int) -> tuple[list[Drawn], list[Barred]]:
    now = current_wires().clock()
    last = danish_day(now)
    first = last - timedelta(days=days - 1)
    to_ledger = ledger.days_to_ledger(session, municipality_code=code, first=first, last=last)
    to_library = ledger.days_to_library(session, municipality_code=code, first=first, last=last)
    drawn = [
        words.payments_drawn(payments.per_day(session, municipality_code=code, first=first, last=last)),
        words.times_drawn(
            to_ledger,
            id="ledger",
            heading=gettext("Fra betaling til debitorsystem"),
            goal=timedelta(seconds=current_wires().settings.ledger_promise_seconds),
        ),
        words.times_drawn(to_library, id="library", heading=gettext("Fra betaling til bibliotek"), goal=LIBRARY_GOAL),
    ]
    barred = [
        words.failures_barred(ledger.failures(session, municipality_code=code, now=now), now=now),
        words.by_itself_barred(ledger.by_itself(session, municipality_code=code, first=first, last=last), days=days),
    ]
    return drawn, barred
