"""The front page of the collections desk: the numbers that matter, what is mine, and what is nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.payments import desk_queries, failures
from app.payments.desk_queries import DeskPayment
from app.payments.failure_rows import Failure
from app.payments.failures import Wanted
from app.web.guards import staff_required
from app.web.operations.failures import View, labels_of
from app.web.operations.numbers import NUMBERS
from app.web.operations.reasons import reason_of
from app.web.visit import current_wires

FEW = 5
LONGEST_SEARCH = 100
bp = Blueprint("operations", __name__)


@dataclass(frozen=True)
class Few:
    """The oldest rows of a list, and how many there are in all."""

    rows: list[Failure]
    count: int


@bp.get("/personale/opkraevning")
@staff_required("collections")
def front(staff: StaffMember) -> ResponseReturnValue:
    """How the day stands, and a field that finds a payment."""
    return _page(staff)


@bp.post("/personale/opkraevning")
@staff_required("collections")
def find(staff: StaffMember) -> ResponseReturnValue:
    """Find a payment by its receipt number or the provider's reference: by POST, for people type CPR numbers too."""
    wanted = request.form.get("q", "").strip()[:LONGEST_SEARCH]
    with transaction(current_wires().sessions) as session:
        found = desk_queries.find(session, municipality_code=staff.municipality_code, text=wanted)
    if len(found) == 1:
        return redirect(url_for("operations_payment.show", payment_id=found[0].id, via="search"), 303)
    return _page(staff, wanted=wanted, found=found)


def _page(staff: StaffMember, *, wanted: str = "", found: Sequence[DeskPayment] = ()) -> str:
    wires = current_wires()
    now = wires.clock()
    with transaction(wires.sessions) as session:
        mine, nobodys = (_few(session, view.wanted(staff), now) for view in (View(whose="mine"), View(whose="ingen")))
        return render_template(
            "operations/front.html", staff=staff, municipality=wires.facts(staff.municipality_code), mine=mine,
            nobodys=nobodys, labels=labels_of(staff, [*mine.rows, *nobodys.rows]), reason_of=reason_of,
            numbers=[number(session, staff, now) for number in NUMBERS], wanted=wanted, found=found,
        )  # fmt: skip


def _few(session: Session, wanted: Wanted, now: datetime) -> Few:
    rows = failures.page(session, wanted=wanted, now=now, size=FEW)
    return Few(rows, failures.count(session, wanted=wanted, now=now))
