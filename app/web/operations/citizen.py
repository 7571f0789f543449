"""A citizen at the collections desk: looked up (app/web/person_look_up.py), and seen as portal and ledger see them."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.foundation.cpr import mask
from app.foundation.db import transaction
from app.identity.models import Person
from app.identity.people import StaffMember
from app.identity.register import cpr_of
from app.ledger import own_picture
from app.ledger.own_picture import Picture
from app.ledger.side_by_side import needs_somebody
from app.payments import desk_queries
from app.web.guards import staff_required
from app.web.person_look_up import NOBODY, NOTHING_TYPED, LookUp, Typed
from app.web.visit import current_wires

LOOK_UP = LookUp(
    path="/personale/opkraevning/borger", area="collections", reasons=("phone", "letter", "here", "case"),
    held_as="collections_shown",
)  # fmt: skip
bp = Blueprint("operations_citizen", __name__)


@bp.get(LOOK_UP.path)
@staff_required("collections")
def find(staff: StaffMember) -> ResponseReturnValue:
    """The form."""
    return _form(staff)


@bp.post(LOOK_UP.path)
@staff_required("collections")
def look_up(staff: StaffMember) -> ResponseReturnValue:
    """Note who looks whom up and why; only then ask the ledger and show anything (I9)."""
    typed = LOOK_UP.begin()
    if typed.errors:
        return _form(staff, typed), 400
    person_id = LOOK_UP.note(staff, typed)
    picture = _picture(staff, person_id)
    if picture.is_heard and picture.is_empty:
        return _form(staff, replace(typed, errors=(NOBODY,))), 404
    LOOK_UP.hold(person_id)
    return redirect(url_for("operations_citizen.show"), 303)


@bp.get(f"{LOOK_UP.path}/opslag")
@staff_required("collections")
def show(staff: StaffMember) -> ResponseReturnValue:
    """The citizen of the last look-up, while it lasts."""
    held = LOOK_UP.held()
    if held is None or held.is_over:
        return _form(staff, is_over=held is not None)
    person_id = held.person_id
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


def _in_payments(picture: Picture) -> int:
    return sum(needs_somebody(account.payments) for account in picture.accounts)


def _form(staff: StaffMember, typed: Typed = NOTHING_TYPED, *, is_over: bool = False) -> str:
    return render_template(
        "operations/find_citizen.html", staff=staff, look_up=LOOK_UP, typed=typed, is_over=is_over,
        municipality=current_wires().facts(staff.municipality_code),
    )  # fmt: skip


def _picture(staff: StaffMember, person_id: UUID) -> Picture:
    wires = current_wires()
    facts = wires.facts(staff.municipality_code)
    with transaction(wires.sessions) as row:
        cpr = cpr_of(row, vault=wires.vault, person_id=person_id)
    return own_picture.of_person(
        wires.sessions, ledger=wires.ledger_of(facts), person_id=person_id, cpr=cpr, municipality_code=facts.code,
        clock=wires.clock,
    )  # fmt: skip
