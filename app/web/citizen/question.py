"""A citizen asks about a bill: what it is about, the likely answer first, then the question in their own words."""

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.claims.queries import Bill
from app.foundation.clock import danish_day, workdays_after
from app.foundation.db import transaction
from app.identity.people import Citizen
from app.questions import asking, queries
from app.questions.queries import Asked
from app.questions.reasons import QuestionState, reasons_for
from app.web.citizen.bills import own_bill
from app.web.guards import citizen_required
from app.web.question_form import NO_REASON, Typed, reason_in, typed
from app.web.question_words import likely_answer
from app.web.visit import current_municipality, current_wires

bp = Blueprint("question", __name__)


@bp.get("/regninger/<uuid:claim_id>/spoerg")
@citizen_required
def form(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """What it is about; and when that is chosen, the likely answer with the way past it."""
    bill, asked = _bill(claim_id, citizen)
    if any(one.state is QuestionState.OPEN for one in asked):
        return redirect(url_for("question.received", claim_id=claim_id), 303)
    reason = reason_in(request.args.get("om", ""), reasons_for(bill.area))
    if "valgt" in request.args and reason is None:
        return _page(bill, Typed(problems=(("om", NO_REASON),))), 422
    return _page(bill, Typed(reason))


@bp.post("/regninger/<uuid:claim_id>/spoerg")
@citizen_required
def send(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """Take the question; sent twice it is asked once."""
    bill, _asked = _bill(claim_id, citizen)
    wires, sent = current_wires(), typed(reasons_for(bill.area))
    if sent.problems or sent.reason is None:
        return _page(bill, sent), 422
    with transaction(wires.sessions) as session:
        asking.ask(
            session, sealer=queries.sealer(wires.vault), claim_id=claim_id, person_id=citizen.person_id,
            facts=current_municipality(), reason=sent.reason, words=sent.words, asked_by=None, now=wires.clock(),
        )  # fmt: skip
    return redirect(url_for("question.received", claim_id=claim_id), 303)


@bp.get("/regninger/<uuid:claim_id>/spoerg/modtaget")
@citizen_required
def received(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """The number of the question, and when it is answered."""
    bill, asked = _bill(claim_id, citizen)
    if not asked:
        abort(404)
    return render_template("citizen/question_received.html", bill=bill, question=asked[-1])


def _bill(claim_id: UUID, citizen: Citizen) -> tuple[Bill, list[Asked]]:
    wires, code = current_wires(), current_municipality().code
    with transaction(wires.sessions) as session:
        bill, _around = own_bill(session, citizen=citizen, claim_id=claim_id)
        return bill, queries.of_claim(
            session, sealer=queries.sealer(wires.vault), claim_id=claim_id, person_id=citizen.person_id,
            municipality_code=code,
        )  # fmt: skip


def _page(bill: Bill, sent: Typed) -> str:
    answer_by = workdays_after(danish_day(current_wires().clock()), current_municipality().answer_workdays)
    return render_template(
        "citizen/question.html", bill=bill, sent=sent, reasons=reasons_for(bill.area), answer_by=answer_by,
        likely=likely_answer(sent.reason, bill) if sent.reason else [],
    )  # fmt: skip
