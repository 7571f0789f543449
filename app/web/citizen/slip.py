"""Payment slips on the screen and on paper: the line for a bank, and the code for whoever pays another way."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.claims.queries import Bill
from app.foundation.db import transaction
from app.identity.people import Citizen
from app.payments import codes, slips
from app.web import freshness, language
from app.web.citizen.bills import own_bill
from app.web.citizen.copies import pdf_answer
from app.web.guards import citizen_required
from app.web.paper import NoPaper, pdf_of
from app.web.qr import qr
from app.web.visit import current_municipality, current_wires

bp = Blueprint("slip", __name__)


@dataclass(frozen=True)
class Paper:
    """What stands on one slip."""

    bill: Bill
    slip: slips.Slip
    code: str


@bp.get("/regninger/<uuid:claim_id>/indbetalingskort")
@citizen_required
def page(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """The slip of one bill; a bill that may not be paid now has none."""
    paper = _paper(claim_id, citizen)
    if paper is None:
        return redirect(f"/regninger/{claim_id}", 303)
    return render_template("citizen/slip.html", **_words(paper))


@bp.get("/regninger/<uuid:claim_id>/indbetalingskort.pdf")
@citizen_required
def pdf(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """The slip as PDF, one page; where none can be made, the page that can be printed."""
    paper = _paper(claim_id, citizen)
    if paper is None:
        return redirect(f"/regninger/{claim_id}", 303)
    body = render_template("paper/slip.html", **_words(paper))
    try:
        made = pdf_of(body, language=language.current(), title=gettext("Indbetalingskort"))
    except NoPaper:
        return render_template("citizen/slip.html", **_words(paper), no_paper=True), 503
    return pdf_answer(made, f"indbetalingskort-{paper.slip.number}.pdf")


def _words(paper: Paper) -> dict[str, Any]:
    return {
        "bill": paper.bill, "slip": paper.slip, "code": codes.grouped(paper.code),
        "qr": qr(current_municipality(), paper.code),
    }  # fmt: skip


def _paper(claim_id: UUID, citizen: Citizen) -> Paper | None:
    """The slip with its number and code, given now where there is none; None where the bill may not be paid.

    Where the municipality has no agreement with its bank there is no such page.
    """
    wires, facts = current_wires(), current_municipality()
    if facts.creditor_number is None:
        abort(404)
    freshness.keep(wires, citizen=citizen, facts=facts)
    now, person_id = wires.clock(), citizen.person_id
    with transaction(wires.sessions) as session:
        bill, _around = own_bill(session, citizen=citizen, claim_id=claim_id)
        if not slips.has_slip(bill, creditor=facts.creditor_number):
            return None
        code = codes.for_claim(session, claim_id=claim_id, person_id=person_id, facts=facts, now=now)
        numbers = slips.numbers_of(session, claim_ids=[claim_id])
    return Paper(bill, slips.Slip(numbers[claim_id], facts.creditor_number), code)
