"""The front page of the collections desk: the numbers that matter, what is mine, and what is nobody's."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.clock import danish_day, danish_midnight
from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.ledger import promise
from app.ledger import queries as ledger
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


@dataclass(frozen=True)
class Promise:
    """How long money takes to the ledger today; `broken` is what has waited longer than we promise."""

    ledger: promise.Quantiles
    broken: promise.Undelivered | None


@bp.get("/personale/opkraevning")
@staff_required("collections")
def front(staff: StaffMember) -> ResponseReturnValue:
    """How the day stands, and a field that finds a payment."""
    return _page(staff)


@bp.post("/personale/opkraevning")
@staff_required("collections")
def find(staff: StaffMember) -> ResponseReturnValue:
    """Find a payment by number, reference, UUID, or amount and day: by POST, for people type CPR numbers too."""
    wanted, day = (request.form.get(name, "").strip()[:LONGEST_SEARCH] for name in ("q", "day"))
    if has_cpr(wanted):
        return redirect(url_for("operations_citizen.find"), 303)
    try:
        on = datetime.strptime(day, "%d.%m.%Y").date() if day else None  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return _page(staff, wanted=wanted, day=day, is_no_day=True), 422
    found = _found(staff, wanted, on)
    if len(found) == 1:
        return redirect(url_for("operations_payment.show", payment_id=found[0].id, via="search"), 303)
    return _page(staff, wanted=wanted, found=found, day=day)


def _found(staff: StaffMember, wanted: str, on: date | None) -> Sequence[DeskPayment]:
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        with suppress(ValueError):
            payment_id = ledger.payment_with(session, object_id=UUID(wanted), municipality_code=code)
            its = desk_queries.payment_of(session, payment_id=payment_id or UUID(wanted), municipality_code=code)
            return [its] if its else []
        return desk_queries.find(session, municipality_code=code, text=wanted, on=on, now=wires.clock())


def _page(
    staff: StaffMember, *, wanted: str = "", found: Sequence[DeskPayment] = (), day: str = "", is_no_day: bool = False
) -> str:
    wires = current_wires()
    now = wires.clock()
    with transaction(wires.sessions) as session:
        mine, nobodys = (_few(session, view.wanted(staff), now) for view in (View(whose="mine"), View(whose="ingen")))
        return render_template(
            "operations/front.html", staff=staff, municipality=wires.facts(staff.municipality_code), mine=mine,
            nobodys=nobodys, labels=labels_of(staff, [*mine.rows, *nobodys.rows]), reason_of=reason_of,
            numbers=[number(session, staff, now) for number in NUMBERS], wanted=wanted, found=found,
            day=day, is_no_day=is_no_day, promise=_promise(session, staff, now),
        )  # fmt: skip


def _promise(session: Session, staff: StaffMember, now: datetime) -> Promise:
    code = staff.municipality_code
    times = promise.lead_times(session, municipality_code=code, since=danish_midnight(danish_day(now)), now=now)
    oldest = promise.oldest_undelivered(session, municipality_code=code, now=now)
    bound = timedelta(seconds=current_wires().settings.ledger_promise_seconds)
    return Promise(times.ledger, oldest if oldest and now - oldest.since > bound else None)


def _few(session: Session, wanted: Wanted, now: datetime) -> Few:
    rows = failures.page(session, wanted=wanted, now=now, size=FEW)
    return Few(rows, failures.count(session, wanted=wanted, now=now))
