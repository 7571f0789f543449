"""One payment as the ledger has booked it, beside what the portal posted."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.identity.people import StaffMember
from app.ledger import own_picture
from app.ledger.side_by_side import needs_somebody
from app.web.guards import staff_required
from app.web.operations.payment import looked_up
from app.web.visit import current_wires

REASON = "Betalingen i debitorsystemet"
bp = Blueprint("operations_booked", __name__)


@bp.get("/personale/opkraevning/betaling/<uuid:payment_id>/debitorsystem")
@staff_required("collections")
def show(payment_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Both sides, account by account; that it was looked at is in the trail before the ledger is asked (I9)."""
    payment, wires = looked_up(payment_id, staff, reason=REASON), current_wires()
    facts = wires.facts(staff.municipality_code)
    collecting = {str(one.collecting_account) for one in facts.claim_types.values() if one.collecting_account}
    picture = own_picture.of_payment(
        wires.sessions, ledger=wires.ledger_of(facts), payment_id=payment_id, collecting=collecting, clock=wires.clock
    )
    return render_template(
        "operations/booked.html", staff=staff, municipality=facts, payment=payment, picture=picture,
        differences=sum(needs_somebody(account.payments) for account in picture.accounts),
    )  # fmt: skip
