"""A code for a citizen at the desk: chosen library bills, paid on a phone or a library computer without login."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.payments import codes
from app.web import trail
from app.web.guards import staff_required
from app.web.qr import qr
from app.web.staff.lookup import citizen_page, find_page, person_shown, picture_for
from app.web.visit import current_wires

_MADE = "desk_code"
bp = Blueprint("desk_code", __name__)


@bp.post("/personale/bibliotek/borger")
@staff_required("library")
def make(staff: StaffMember) -> ResponseReturnValue:
    """Make a code for the chosen bills of the citizen looked up; who made it for what is kept with it."""
    person_id = person_shown()
    if person_id is None:
        return find_page(staff, is_over=True), 403
    picture = picture_for(staff, person_id=person_id, asks=False)
    sent = set(request.form.getlist("claim"))
    chosen = [bill.id for bill in picture.bills if bill.status.selectable and str(bill.id) in sent]
    if not chosen:
        return citizen_page(staff, picture, nothing_chosen=True), 422
    session[_MADE] = str(_make(staff, person_id, chosen))
    return redirect("/personale/bibliotek/borger/kode", 303)


def _make(staff: StaffMember, person_id: UUID, chosen: list[UUID]) -> UUID:
    wires = current_wires()
    now, facts = wires.clock(), wires.facts(staff.municipality_code)
    with transaction(wires.sessions) as row:
        code = codes.for_basket(row, claim_ids=chosen, person_id=person_id, facts=facts, made_by=staff.subject, now=now)
        trail.keep(
            row, staff, action="code.make", person_id=person_id, reason="Betaling i skranken",
            facts={"claims": [str(one) for one in chosen]},
        )  # fmt: skip
        return code.id


@bp.get("/personale/bibliotek/borger/kode")
@staff_required("library")
def show(staff: StaffMember) -> ResponseReturnValue:
    """The code with its QR, until when it lasts, and whether it has been paid with."""
    made, person_id = session.get(_MADE), person_shown()
    if made is None or person_id is None:
        return redirect("/personale/bibliotek", 303)
    wires = current_wires()
    now, facts = wires.clock(), wires.facts(staff.municipality_code)
    try:
        with transaction(wires.sessions) as row:
            code, expires_at = codes.of_desk(row, code_id=UUID(made), person_id=person_id, facts=facts)
            opened = codes.opened(row, code_id=UUID(made), facts=facts, now=now)
    except codes.CodeUnknown:  # of somebody looked up before, or nothing of it is owed any more
        return redirect("/personale/bibliotek/borger", 303)
    return render_template("staff/code.html", staff=staff, municipality=facts, **_facts(code, expires_at, opened, now),
                           qr=qr(facts, code))  # fmt: skip


def _facts(code: str, expires_at: datetime, opened: codes.Opened, now: datetime) -> dict[str, object]:
    return {"code": codes.grouped(code), "expires_at": expires_at, "is_over": now >= expires_at, "opened": opened}
