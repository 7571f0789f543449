"""Reconciliation at the desk: the days with their sides, one day's printable close, and its CSV file (O6)."""

from datetime import date, timedelta

from flask import Blueprint, Response, abort, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.ledger.reconciliation import queries, wanted
from app.ledger.reconciliation.models import ReconciliationDay
from app.web import trail
from app.web.guards import staff_required
from app.web.operations import reconciliation_csv
from app.web.operations.reconciliation_words import WHATS
from app.web.visit import current_wires

LONGEST_BACK = timedelta(days=400)
MOST_PAGES = 100
bp = Blueprint("operations_reconciliation", __name__)


@bp.get("/personale/opkraevning/afstemning")
@staff_required("collections")
def days(staff: StaffMember) -> ResponseReturnValue:
    """The days that have been reconciled, newest first, above them what differs on any of them."""
    return _days_page(staff)


@bp.post("/personale/opkraevning/afstemning")
@staff_required("collections")
def run(staff: StaffMember) -> ResponseReturnValue:
    """Ask for a day to be reconciled now. A worker does it: the provider and the ledger may take their time."""
    wires, typed = current_wires(), request.form.get("day", "").strip()
    day = _read(typed)
    if day is None or not danish_day(wires.clock()) - LONGEST_BACK <= day <= danish_day(wires.clock()):
        return _days_page(staff, typed=typed, problem="day"), 422
    try:
        with transaction(wires.sessions) as session:
            wanted.want(session, municipality_code=staff.municipality_code, day=day, now=wires.clock())
            trail.keep(session, staff, action="reconciliation.run", facts={"day": day.isoformat()})
    except wanted.UnderWay:
        pass  # what was asked for is being done
    return redirect(url_for("operations_reconciliation.close", day=day.isoformat()), 303)


@bp.get("/personale/opkraevning/afstemning/<day>")
@staff_required("collections")
def close(day: str, staff: StaffMember) -> ResponseReturnValue:
    """The close of one day, to be read and to be printed."""
    wires, code, on = current_wires(), staff.municipality_code, _day_or_404(day)
    with transaction(wires.sessions) as session:
        row = queries.day_of(session, municipality_code=code, day=on)
        if row is None:
            abort(404)
        differences = queries.open_differences(session, municipality_code=code, day=on)
        healed = queries.closed_differences(session, municipality_code=code, day=on)
        return render_template(
            "operations/day_close.html", staff=staff, municipality=wires.facts(code), row=row, day=on,
            is_under_way=_is_under_way(row), differences=differences, healed=healed,
            methods=queries.by_method(session, municipality_code=code, day=on),
            back_ore=queries.sent_back_ore(session, municipality_code=code, day=on),
            payouts=queries.paid_out(session, municipality_code=code, day=on),
            parked=queries.parked_of(session, municipality_code=code, day=on), now=wires.clock(),
            names=audit.names_of(session, actors=[task.owner for task in differences if task.owner]),
        )  # fmt: skip


@bp.get("/personale/opkraevning/afstemning/<day>.csv")
@staff_required("collections")
def download(day: str, staff: StaffMember) -> ResponseReturnValue:
    """Every payment of a day with its sides, streamed; that it was taken out is in the trail before it is."""
    wires, code, on = current_wires(), staff.municipality_code, _day_or_404(day)
    with transaction(wires.sessions) as session:
        row = queries.day_of(session, municipality_code=code, day=on)
        if row is None:
            abort(404)
        if _is_under_way(row):  # half a statement is none
            return redirect(url_for("operations_reconciliation.close", day=day), 303)
        trail.keep(session, staff, action="reconciliation.download", facts={"day": on.isoformat()})
    said = {what.value: str(words) for what, words in WHATS.items()}
    text = reconciliation_csv.stream(wires.sessions, municipality_code=code, day=on, said=said)
    answer = Response(stream_with_context(text), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="afstemning-{code}-{on.isoformat()}.csv"'
    return answer


def _days_page(staff: StaffMember, *, typed: str | None = None, problem: str | None = None) -> str:
    wires, code = current_wires(), staff.municipality_code
    page = min(max(request.args.get("side", 1, type=int), 1), MOST_PAGES)
    with transaction(wires.sessions) as session:
        found, has_more = queries.days_of(session, municipality_code=code, page=page)
        differences = queries.open_differences(session, municipality_code=code)
        yesterday = (danish_day(wires.clock()) - timedelta(days=1)).isoformat()
        return render_template(
            "operations/reconciliation.html", staff=staff, municipality=wires.facts(code), days=found,
            has_more=has_more, page=page, differences=differences, problem=problem, now=wires.clock(),
            typed=yesterday if typed is None else typed, most=queries.MOST_LISTED,
            parked=queries.parked_of(session, municipality_code=code, day=None),
            names=audit.names_of(session, actors=[task.owner for task in differences if task.owner]),
        )  # fmt: skip


def _is_under_way(row: ReconciliationDay) -> bool:
    return row.began_at is not None and current_wires().clock() - row.began_at < wanted.UNDER_WAY


def _day_or_404(said: str) -> date:
    return _read(said) or abort(404)


def _read(said: str) -> date | None:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.isoformat() == said else None
