"""The overview and a bill's own page."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.claims import queries as claims
from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity.people import Citizen
from app.payments import codes, review, shown
from app.payments import queries as payments
from app.questions import queries as questions
from app.sources import queries as sources
from app.web import freshness, gaps
from app.web.guards import citizen_required
from app.web.visit import current_municipality, current_wires

CLOSED_SHOWN = timedelta(days=30)
"""How long a bill that was paid or closed stays on the overview, so that nobody wonders where it went."""
bp = Blueprint("bills", __name__)


@bp.get("/regninger")
@citizen_required
def overview(citizen: Citizen) -> ResponseReturnValue:
    """Everything the citizen owes, as fresh as the sources allow."""
    return overview_page(citizen)


def overview_page(citizen: Citizen, *, nothing_chosen: bool = False) -> str:
    """The overview; with its error when the citizen went on without choosing."""
    wires, facts = current_wires(), current_municipality()
    known = freshness.keep(wires, citizen=citizen, facts=facts)
    now = wires.clock()
    with transaction(wires.sessions) as session:
        around = payments.beside(session, person_id=citizen.person_id, municipality_code=facts.code)
        bills = claims.bills_of(
            session,
            person_id=citizen.person_id,
            facts=facts,
            beside=around.beside,
            today=danish_day(now),
            closed_since=now - CLOSED_SHOWN,
        )
        outcome = shown.untold_outcome(session, payer_id=citizen.person_id, municipality_code=facts.code, now=now)
    return render_template(
        "citizen/bills.html",
        bills=bills,
        payments=around.by_claim,
        chosen=[] if nothing_chosen else None,
        outcome=outcome,
        checked_at=gaps.checked_at(known),
        gaps=gaps.gaps_of(facts, known),
        nothing_chosen=nothing_chosen,
    )


def own_bill(session: Session, *, citizen: Citizen, claim_id: UUID) -> tuple[claims.Bill, payments.Around]:
    """One of a citizen's own bills, and the payments around it; somebody else's is a 404, like one that never was."""
    facts, today = current_municipality(), danish_day(current_wires().clock())
    around = payments.beside(session, person_id=citizen.person_id, municipality_code=facts.code)
    found = claims.bill_of(
        session, claim_id=claim_id, person_id=citizen.person_id, facts=facts, beside=around.beside, today=today
    )
    if found is None:
        abort(404)
    return found, around


@bp.get("/regninger/<uuid:claim_id>")
@citizen_required
def bill(claim_id: UUID, citizen: Citizen) -> ResponseReturnValue:
    """What one bill is; somebody else's is as unknown as one that never was."""
    wires, facts = current_wires(), current_municipality()
    freshness.keep(wires, citizen=citizen, facts=facts)
    today = danish_day(wires.clock())
    with transaction(wires.sessions) as session:
        found, around = own_bill(session, citizen=citizen, claim_id=claim_id)
        history = claims.history_of(session, claim_id=claim_id)
        card = sources.library_card(session, person_id=citizen.person_id, municipality_code=facts.code)
        code = _code(session, found, citizen)
        asked = questions.of_claim(
            session, sealer=questions.sealer(wires.vault), claim_id=claim_id, person_id=citizen.person_id,
            municipality_code=facts.code,
        )  # fmt: skip
    return render_template(
        "citizen/bill.html", bill=found, history=history, today=today, payment=around.by_claim.get(claim_id), card=card,
        code=code, part=review.part_of(found), questions=asked,
    )  # fmt: skip


def _code(session: Session, bill: claims.Bill, citizen: Citizen) -> str | None:
    """The code that somebody else may pay the bill with, made the first time it is shown."""
    if not bill.status.selectable:
        return None
    now, facts = current_wires().clock(), current_municipality()
    code = codes.for_claim(session, claim_id=bill.id, person_id=citizen.person_id, facts=facts, now=now)
    return codes.grouped(code)
