"""Paying a part of a bill, where its type allows it: the amount as people type it, then the check page as always."""

from typing import Literal
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.claims.queries import Bill
from app.foundation.db import transaction
from app.foundation.money import NotAnAmount, ore_from_text
from app.identity.people import Citizen
from app.payments import review
from app.web import freshness
from app.web.citizen.bills import own_bill
from app.web.guards import citizen_required
from app.web.visit import current_municipality, current_wires

Problem = Literal["amount", "little_left"]
_LONGEST_SENT_BACK = 30
bp = Blueprint("part", __name__)


@bp.get("/regninger/<uuid:claim_id>/del")
@citizen_required
def ask(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """How much of the bill the citizen wants to pay now."""
    return _page(_bill(claim_id, citizen))


@bp.post("/regninger/<uuid:claim_id>/del")
@citizen_required
def choose(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """Store the part as a review of its own; the check page says what is left and until when."""
    wires, facts = current_wires(), current_municipality()
    bill = _bill(claim_id, citizen)
    bounds = review.part_of(bill)
    if bounds is None:
        return _page(bill), 422
    try:
        part_ore = ore_from_text(request.form.get("amount", ""))
    except NotAnAmount:
        return _page(bill, "amount"), 422
    if not bounds.allow(part_ore):
        return _page(bill, "little_left" if bounds.leaves_too_little(part_ore) else "amount"), 422
    with transaction(wires.sessions) as session:
        shown, _ = review.make(
            session, person_id=citizen.person_id, facts=facts, claim_ids=[claim_id], now=wires.clock(),
            parts={claim_id: part_ore},
        )  # fmt: skip
    return redirect(url_for("checkout.check", review=shown.id), 303)


def _bill(claim_id: UUID, citizen: Citizen) -> Bill:
    """The bill as fresh as the sources allow."""
    wires = current_wires()
    freshness.keep(wires, citizen=citizen, facts=current_municipality())
    with transaction(wires.sessions) as session:
        return own_bill(session, citizen=citizen, claim_id=claim_id)[0]


def _page(bill: Bill, problem: Problem | None = None) -> str:
    typed = request.form.get("amount", "")[:_LONGEST_SENT_BACK].replace("\0", "")
    return render_template("citizen/part.html", bill=bill, bounds=review.part_of(bill), problem=problem, typed=typed)
