"""The library desk: look a citizen up (app/web/person_look_up.py), and see their library bills."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from app.foundation.cpr import mask
from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.identity.register import cpr_of
from app.web.guards import staff_required
from app.web.person_look_up import NOBODY, NOTHING_TYPED, LookUp, Typed
from app.web.staff.picture import AREA, Picture, ask_library, picture_of
from app.web.visit import current_wires

ASKS_AGAIN_AFTER = timedelta(seconds=30)
"""How soon after a look-up opening the page again may ask the library again."""
SEARCHES_KEPT = 5
QUESTION_SENT = "desk_question_sent"
"""The number of a question just sent on, told once."""
_SEARCHES = "desk_searches"
LOOK_UP = LookUp(path="/personale/bibliotek", area=AREA, reasons=("here", "phone", "letter"), held_as="desk_shown")
bp = Blueprint("lookup", __name__)


@bp.get(LOOK_UP.path)
@staff_required("library")
def find(staff: StaffMember) -> ResponseReturnValue:
    """The form, and the last searches of this session."""
    return find_page(staff)


@bp.post(LOOK_UP.path)
@staff_required("library")
def look_up(staff: StaffMember) -> ResponseReturnValue:
    """Note who looks whom up and why; only then ask the library."""
    typed = LOOK_UP.begin()
    if typed.errors:
        return find_page(staff, typed), 400
    person_id = LOOK_UP.note(staff, typed)
    _remember(typed.cpr)
    picture = picture_for(staff, person_id=person_id, asks=True)
    if not (picture.is_known_here or picture.is_unheard):
        return find_page(staff, replace(typed, errors=(NOBODY,))), 404
    LOOK_UP.hold(person_id)
    return redirect(url_for("lookup.citizen"), 303)


@bp.get(f"{LOOK_UP.path}/borger")
@staff_required("library")
def citizen(staff: StaffMember) -> ResponseReturnValue:
    """The citizen of the last look-up, while it lasts."""
    held = LOOK_UP.held()
    if held is None:
        return redirect(LOOK_UP.path, 303)
    if held.is_over:
        return find_page(staff, is_over=True)
    asks = current_wires().clock() >= held.at + ASKS_AGAIN_AFTER
    return citizen_page(staff, picture_for(staff, person_id=held.person_id, asks=asks))


def person_shown() -> UUID | None:
    """The citizen of the employee's last look-up, while it lasts."""
    held = LOOK_UP.held()
    return None if held is None or held.is_over else held.person_id


def citizen_page(staff: StaffMember, picture: Picture, *, nothing_chosen: bool = False) -> str:
    """The citizen's page; with its error when a code was asked for and no bill was chosen."""
    municipality = current_wires().facts(staff.municipality_code)
    return render_template(
        "staff/citizen.html", staff=staff, municipality=municipality, picture=picture, nothing_chosen=nothing_chosen,
        question_sent=session.pop(QUESTION_SENT, None),
    )  # fmt: skip


def find_page(staff: StaffMember, typed: Typed = NOTHING_TYPED, *, is_over: bool = False) -> str:
    """The form: with what is wrong in it, or with word that the last look-up is over."""
    searches = [(kept["number"], datetime.fromisoformat(kept["at"])) for kept in session.get(_SEARCHES, [])]
    return render_template(
        "staff/find.html", staff=staff, look_up=LOOK_UP, typed=typed, is_over=is_over, searches=searches,
        municipality=current_wires().facts(staff.municipality_code),
    )  # fmt: skip


def _remember(cpr: str) -> None:
    """Keep the number, masked, among the last searches of this session."""
    search = {"number": mask(cpr), "at": current_wires().clock().isoformat()}
    session[_SEARCHES] = [search, *session.get(_SEARCHES, [])][:SEARCHES_KEPT]


def picture_for(staff: StaffMember, *, person_id: UUID, asks: bool) -> Picture:
    """The citizen as the employee's own municipality knows them; it decides, not the host of the visit."""
    wires = current_wires()
    facts = wires.facts(staff.municipality_code)
    with transaction(wires.sessions) as row:
        cpr = cpr_of(row, vault=wires.vault, person_id=person_id)
    if asks:
        ask_library(wires, facts=facts, person_id=person_id, cpr=cpr)
    with transaction(wires.sessions) as row:
        return picture_of(row, facts=facts, person_id=person_id, cpr=cpr, now=wires.clock())
