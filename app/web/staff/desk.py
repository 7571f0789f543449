"""The front page of the desks: what an employee can do here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.identity.people import StaffMember
from app.web.guards import signed_in_staff_required
from app.web.visit import current_wires

bp = Blueprint("desk", __name__)


@bp.get("/personale")
@signed_in_staff_required
def front(staff: StaffMember) -> ResponseReturnValue:
    """Who is logged in, for which municipality, and the way to each desk of theirs."""
    municipality = current_wires().facts(staff.municipality_code)
    return render_template("staff/front.html", staff=staff, municipality=municipality)
