"""A citizen at the collections desk: found by CPR number, with a reason, and seen as portal and ledger see them.

The number travels in the form only. The citizen's page has the same address for everybody: whom it shows stands in the
employee's session on the server, for as long as the look-up lasts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from app.foundation.cpr import NotACpr, mask, read_cpr
from app.foundation.db import transaction
from app.identity.models import Person
from app.identity.people import StaffMember
from app.identity.register import cpr_of, find_or_create_person
from app.ledger import own_picture
from app.ledger.own_picture import Picture
from app.ledger.side_by_side import needs_somebody
from app.payments import desk_queries
from app.web import trail
from app.web.guards import staff_required
from app.web.visit import current_wires

LASTS = timedelta(minutes=15)
"""How long a citizen's page may be opened again as part of the same look-up."""
REASONS: Mapping[str, str] = {
    "phone": "Borgeren ringer",
    "letter": "Borgeren har skrevet",
    "here": "Borgeren står her",
    "case": "Sag i opkrævningen",
}
_SHOWN = "collections_shown"
_WRONG_NUMBER = lazy_gettext("Skriv et cpr-nummer med 10 cifre")
_NO_REASON = lazy_gettext("Vælg, hvorfor du slår op")
_NOBODY = lazy_gettext("Ingen fundet. Tjek nummeret.")

Errors = Sequence[tuple[str, LazyString]]
bp = Blueprint("operations_citizen", __name__)


@bp.get("/personale/opkraevning/borger")
@staff_required("collections")
def find(staff: StaffMember) -> ResponseReturnValue:
    """The form."""
    return _form(staff)


@bp.post("/personale/opkraevning/borger")
@staff_required("collections")
def look_up(staff: StaffMember) -> ResponseReturnValue:
    """Note who looks whom up and why; only then ask the ledger and show anything (I9)."""
    session.pop(_SHOWN, None)
    reason, errors, cpr = request.form.get("reason", ""), [], ""
    try:
        cpr = read_cpr(request.form.get("cpr", ""))
    except NotACpr:
        errors.append(("cpr", _WRONG_NUMBER))
    if reason not in REASONS:
        errors.append(("reason", _NO_REASON))
    if errors:
        return _form(staff, errors=errors, reason=reason), 400
    person_id = _note(staff, cpr=cpr, reason=REASONS[reason])
    picture = _picture(staff, person_id)
    if picture.is_heard and picture.is_empty:
        return _form(staff, errors=[("cpr", _NOBODY)], reason=reason), 404
    session[_SHOWN] = {"person_id": str(person_id), "at": current_wires().clock().isoformat()}
    return redirect("/personale/opkraevning/borger/opslag", 303)


@bp.get("/personale/opkraevning/borger/opslag")
@staff_required("collections")
def show(staff: StaffMember) -> ResponseReturnValue:
    """The citizen of the last look-up, while it lasts."""
    person_id = person_shown()
    if person_id is None:
        return _form(staff, is_over=_SHOWN in session)
    wires, picture = current_wires(), _picture(staff, person_id)
    with transaction(wires.sessions) as row:
        person = row.get_one(Person, person_id)
        cpr = mask(cpr_of(row, vault=wires.vault, person_id=person_id))
        code = staff.municipality_code
        payments = desk_queries.payments_of(row, person_id=person_id, municipality_code=code)
    # A number alone gives nobody a name: only somebody who owes or owed here has one.
    name = person.name if not picture.is_empty else None
    return render_template(
        "operations/citizen.html", staff=staff, municipality=wires.facts(staff.municipality_code), picture=picture,
        name=name, cpr=cpr, payments=payments, differences=needs_somebody(picture.claims) + _in_payments(picture),
    )  # fmt: skip


def person_shown() -> UUID | None:
    """The citizen of the employee's last look-up, while it lasts."""
    shown = session.get(_SHOWN)
    if shown is None or current_wires().clock() >= datetime.fromisoformat(shown["at"]) + LASTS:
        return None
    return UUID(shown["person_id"])


def _in_payments(picture: Picture) -> int:
    return sum(needs_somebody(account.payments) for account in picture.accounts)


def _form(staff: StaffMember, *, errors: Errors = (), reason: str = "", is_over: bool = False) -> str:
    return render_template(
        "operations/find_citizen.html", staff=staff, errors=errors, reason=reason, is_over=is_over,
        municipality=current_wires().facts(staff.municipality_code),
    )  # fmt: skip


def _note(staff: StaffMember, *, cpr: str, reason: str) -> UUID:
    """Write the look-up into the trail, committed before anything is asked or shown; returns the person's id."""
    wires = current_wires()
    with transaction(wires.sessions) as row:
        person_id = find_or_create_person(row, vault=wires.vault, cpr=cpr, name=None, now=wires.clock()).id
        trail.keep(row, staff, action="person.look_up", person_id=person_id, reason=reason,
                   facts={"area": "collections"})  # fmt: skip
    return person_id


def _picture(staff: StaffMember, person_id: UUID) -> Picture:
    wires = current_wires()
    facts = wires.facts(staff.municipality_code)
    with transaction(wires.sessions) as row:
        cpr = cpr_of(row, vault=wires.vault, person_id=person_id)
    return own_picture.of_person(
        wires.sessions, ledger=wires.ledger_of(facts), person_id=person_id, cpr=cpr, municipality_code=facts.code,
        clock=wires.clock,
    )  # fmt: skip
