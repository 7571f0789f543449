"""One payment as the ledger has booked it, beside what the portal posted."""

from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.ledger import own_picture
from app.ledger.side_by_side import needs_somebody
from app.payments import desk_queries
from app.payments.desk_queries import DeskPayment
from app.web import trail
from app.web.guards import staff_required
from app.web.visit import current_wires

REASON = "Betalingen i debitorsystemet"
bp = Blueprint("operations_booked", __name__)


@bp.get("/personale/opkraevning/betaling/<uuid:payment_id>/debitorsystem")
@staff_required("collections")
def show(payment_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Both sides, account by account; that it was looked at is in the trail before the ledger is asked (I9)."""
    payment, wires = _looked_up(payment_id, staff), current_wires()
    facts = wires.facts(staff.municipality_code)
    collecting = {str(one.collecting_account) for one in facts.claim_types.values() if one.collecting_account}
    picture = own_picture.of_payment(
        wires.sessions, ledger=wires.ledger_of(facts), payment_id=payment_id, collecting=collecting, clock=wires.clock
    )
    return render_template(
        "operations/booked.html", staff=staff, municipality=facts, payment=payment, picture=picture,
        differences=sum(needs_somebody(account.payments) for account in picture.accounts),
    )  # fmt: skip


def _looked_up(payment_id: UUID, staff: StaffMember) -> DeskPayment:
    with transaction(current_wires().sessions) as session:
        payment = desk_queries.payment_of(session, payment_id=payment_id, municipality_code=staff.municipality_code)
        if payment is None:
            abort(404)
        trail.keep(
            session, staff, action="payment.look_up", person_id=payment.payer_id, reason=REASON,
            facts={"payment": str(payment_id)},
        )  # fmt: skip
    return payment
