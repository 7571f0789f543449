"""The front page of the collections desk: what waits for people, and the way to one payment."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.payments import desk_queries
from app.payments.returns import refund_queries
from app.tasks import queries as tasks
from app.tasks import register
from app.web import trail
from app.web.guards import staff_required
from app.web.visit import current_wires

MOST_TASKS = 200
LONGEST_SEARCH = 100
LONGEST_NOTE = 1000
Problem = Literal["taken", "note"]
bp = Blueprint("operations", __name__)


@bp.get("/personale/opkraevning")
@staff_required("collections")
def front(staff: StaffMember) -> ResponseReturnValue:
    """Open tasks, oldest first, and a field that finds a payment."""
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


@bp.post("/personale/opkraevning/opgaver/<uuid:task_id>/tag")
@staff_required("collections")
def take(task_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Make a task one's own, unless a colleague was faster."""
    wires = current_wires()
    try:
        with transaction(wires.sessions) as session:
            _of_own_municipality(session, task_id, staff)
            register.take(session, task_id=task_id, owner=staff.subject, now=wires.clock())
            trail.keep(session, staff, action="task.take", facts={"task": str(task_id)})
    except (register.TakenByAnother, register.TaskClosed):
        return _page(staff, problem="taken"), 409
    return redirect(url_for("operations.front"), 303)


@bp.post("/personale/opkraevning/opgaver/<uuid:task_id>/luk")
@staff_required("collections")
def close(task_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Close a task that was solved by hand; the note says how, for colleagues."""
    wires, note = current_wires(), request.form.get("note", "").strip()
    if not note or len(note) > LONGEST_NOTE or has_cpr(note):
        return _page(staff, problem="note", at=task_id), 422
    try:
        with transaction(wires.sessions) as session:
            _of_own_municipality(session, task_id, staff)
            register.close_task(session, task_id=task_id, reason=note, by=staff.subject, now=wires.clock())
            trail.keep(session, staff, action="task.close", facts={"task": str(task_id)})
    except register.TaskClosed:
        return _page(staff, problem="taken"), 409
    return redirect(url_for("operations.front"), 303)


def _of_own_municipality(session: Session, task_id: UUID, staff: StaffMember) -> None:
    if tasks.task_of(session, task_id=task_id, municipality_code=staff.municipality_code) is None:
        abort(404)


def _page(
    staff: StaffMember, *, wanted: str = "", found: Sequence[desk_queries.DeskPayment] = (),
    problem: Problem | None = None, at: UUID | None = None,
) -> str:  # fmt: skip
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        waiting = tasks.open_tasks(session, municipality_code=code, limit=MOST_TASKS)
        refunds = refund_queries.open_refunds(session, municipality_code=code)
        names = audit.names_of(session, actors=[task.owner for task in waiting if task.owner])
    return render_template(
        "operations/front.html", staff=staff, municipality=wires.facts(code), tasks=waiting, refunds=refunds,
        names=names, wanted=wanted, found=found, problem=problem, at=at,
    )  # fmt: skip
