"""Money on its way back: what waits for a second person, what is under way, and what could not be sent."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.payments.returns import refund_queries, refunds
from app.tasks import queries as tasks
from app.web import trail
from app.web.guards import staff_required
from app.web.visit import current_wires

LONGEST_REASON = 500
MOST_TASKS = 200
Problem = Literal["same", "decided", "reason", "disputed"]
bp = Blueprint("operations_refunds", __name__)


@bp.get("/personale/opkraevning/tilbagebetalinger")
@staff_required("collections")
def queue(staff: StaffMember) -> ResponseReturnValue:
    """Everything that is going back and has not arrived, and what nobody has decided on yet."""
    return _page(staff)


@bp.post("/personale/opkraevning/tilbagebetalinger/<uuid:refund_id>/godkend")
@staff_required("collections")
def approve(refund_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """The second person says yes."""
    now = current_wires().clock()

    def decide(session: Session) -> None:
        refunds.approve(
            session, refund_id=refund_id, municipality_code=staff.municipality_code, by=staff.subject, now=now
        )

    return _decided(staff, refund_id, "refund.approve", None, decide)


@bp.post("/personale/opkraevning/tilbagebetalinger/<uuid:refund_id>/afvis")
@staff_required("collections")
def decline(refund_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Somebody says no, and why."""
    now, reason = current_wires().clock(), request.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON or has_cpr(reason):
        return _page(staff, "reason", refund_id), 422

    def decide(session: Session) -> None:
        refunds.decline(
            session, refund_id=refund_id, municipality_code=staff.municipality_code, by=staff.subject, reason=reason,
            now=now,
        )  # fmt: skip

    return _decided(staff, refund_id, "refund.decline", reason, decide)


def _decided(
    staff: StaffMember, refund_id: UUID, action: str, reason: str | None, decide: Callable[[Session], None]
) -> ResponseReturnValue:
    """Decide and write it into the trail, in one transaction."""
    wires = current_wires()
    try:
        with transaction(wires.sessions) as session:
            decide(session)
            trail.keep(session, staff, action=action, reason=reason, facts={"refund": str(refund_id)})
    except refunds.UnknownRefund:
        abort(404)
    except refunds.SamePerson:
        return _page(staff, "same", refund_id), 409
    except refunds.NotWaiting:
        return _page(staff, "decided", refund_id), 409
    except refunds.NotNow:
        return _page(staff, "disputed", refund_id), 409
    return redirect(url_for("operations_refunds.queue"), 303)


def _page(staff: StaffMember, problem: Problem | None = None, at: UUID | None = None) -> str:
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        going = refund_queries.open_refunds(session, municipality_code=code)
        waiting = tasks.open_tasks(session, municipality_code=code, limit=MOST_TASKS)
        names = audit.names_of(session, actors=[by for one in going for by in (one.asked_by, one.decided_by) if by])
    return render_template(
        "operations/refunds.html", staff=staff, municipality=wires.facts(code), refunds=going, names=names,
        to_send=[task for task in waiting if task.kind == "refund"], problem=problem, at=at,
    )  # fmt: skip
