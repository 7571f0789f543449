"""The library desk sends a citizen's question on to the collections team, on the citizen's behalf."""

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, session
from flask.typing import ResponseReturnValue

from app.claims.queries import Bill
from app.foundation.clock import danish_day, workdays_after
from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.questions import asking, queries
from app.questions.reasons import Reason, reasons_for
from app.web import trail
from app.web.guards import staff_required
from app.web.question_form import Typed, typed
from app.web.staff.lookup import QUESTION_SENT, find_page, person_shown, picture_for
from app.web.visit import current_wires

bp = Blueprint("desk_question", __name__)


@bp.get("/personale/bibliotek/borger/spoerg/<uuid:claim_id>")
@staff_required("library")
def form(claim_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """The form, about one library bill of the citizen looked up."""
    person_id = person_shown()
    if person_id is None:
        return find_page(staff, is_over=True), 403
    return _page(staff, _bill(staff, person_id, claim_id), Typed())


@bp.post("/personale/bibliotek/borger/spoerg/<uuid:claim_id>")
@staff_required("library")
def send(claim_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Ask for the citizen; who asked is kept with it, and the citizen sees that the library did."""
    person_id = person_shown()
    if person_id is None:
        return find_page(staff, is_over=True), 403
    bill = _bill(staff, person_id, claim_id)
    sent = typed(reasons_for(bill.area))
    if sent.problems or sent.reason is None:
        return _page(staff, bill, sent), 422
    session[QUESTION_SENT] = _ask(staff, person_id, bill, sent.reason, sent.words)
    return redirect("/personale/bibliotek/borger", 303)


def _bill(staff: StaffMember, person_id: UUID, claim_id: UUID) -> Bill:
    """A library bill of the citizen; of another area is as unknown as one that never was."""
    picture = picture_for(staff, person_id=person_id, asks=False)
    return next((bill for bill in (*picture.bills, *picture.closed) if bill.id == claim_id), None) or abort(404)


def _ask(staff: StaffMember, person_id: UUID, bill: Bill, reason: Reason, words: str) -> int:
    wires = current_wires()
    sealer = queries.sealer(wires.vault)
    with transaction(wires.sessions) as row:
        question_id = asking.ask(
            row, sealer=sealer, claim_id=bill.id, person_id=person_id, facts=wires.facts(staff.municipality_code),
            reason=reason, words=words, asked_by=staff.subject, now=wires.clock(),
        )  # fmt: skip
        trail.keep(
            row, staff, action="question.ask", person_id=person_id, reason="Spørgsmål på borgerens vegne",
            facts={"question": str(question_id)},
        )  # fmt: skip
        asked = queries.question_of(
            row, sealer=sealer, question_id=question_id, municipality_code=staff.municipality_code
        )
        assert asked is not None
        return asked.number


def _page(staff: StaffMember, bill: Bill, sent: Typed) -> str:
    wires = current_wires()
    facts = wires.facts(staff.municipality_code)
    answer_by = workdays_after(danish_day(wires.clock()), facts.answer_workdays)
    return render_template(
        "staff/question.html", staff=staff, municipality=facts, bill=bill, sent=sent, reasons=reasons_for(bill.area),
        answer_by=answer_by,
    )  # fmt: skip
