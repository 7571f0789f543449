"""The library desk: find a citizen by CPR number, with a reason, and see their library bills.

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
from app.identity.people import StaffMember
from app.identity.register import cpr_of, find_or_create_person
from app.web import trail
from app.web.guards import staff_required
from app.web.staff.picture import AREA, Picture, ask_library, picture_of
from app.web.visit import current_wires

LASTS = timedelta(minutes=15)
"""How long a citizen's page may be opened again as part of the same look-up."""
ASKS_AGAIN_AFTER = timedelta(seconds=30)
"""How soon after a look-up opening the page again may ask the library again."""
SEARCHES_KEPT = 5
# What the trail keeps, and the citizen may read; the form says the same in the language of the visit.
REASONS: Mapping[str, str] = {
    "here": "Borgeren står her",
    "phone": "Borgeren ringer",
    "letter": "Borgeren har skrevet",
}
QUESTION_SENT = "desk_question_sent"
"""The number of a question just sent on, told once."""
_SHOWN, _SEARCHES = "desk_shown", "desk_searches"
_WRONG_NUMBER = lazy_gettext("Skriv et cpr-nummer med 10 cifre")
_NO_REASON = lazy_gettext("Vælg, hvorfor du slår op")
_NOBODY = lazy_gettext("Ingen fundet. Tjek nummeret.")

Errors = Sequence[tuple[str, LazyString]]
bp = Blueprint("lookup", __name__)


@bp.get("/personale/bibliotek")
@staff_required("library")
def find(staff: StaffMember) -> ResponseReturnValue:
    """The form, and the last searches of this session."""
    return find_page(staff)


@bp.post("/personale/bibliotek")
@staff_required("library")
def look_up(staff: StaffMember) -> ResponseReturnValue:
    """Note who looks whom up and why; only then ask the library."""
    session.pop(_SHOWN, None)
    reason, errors, cpr = request.form.get("reason", ""), [], ""
    try:
        cpr = read_cpr(request.form.get("cpr", ""))
    except NotACpr:
        errors.append(("cpr", _WRONG_NUMBER))
    if reason not in REASONS:
        errors.append(("reason", _NO_REASON))
    if errors:
        return find_page(staff, errors=errors, reason=reason), 400
    person_id = _note(staff, cpr=cpr, reason=REASONS[reason])
    picture = picture_for(staff, person_id=person_id, asks=True)
    if not (picture.is_known_here or picture.is_unheard):
        return find_page(staff, errors=[("cpr", _NOBODY)], reason=reason), 404
    session[_SHOWN] = {"person_id": str(person_id), "at": current_wires().clock().isoformat()}
    return redirect("/personale/bibliotek/borger", 303)


@bp.get("/personale/bibliotek/borger")
@staff_required("library")
def citizen(staff: StaffMember) -> ResponseReturnValue:
    """The citizen of the last look-up, while it lasts."""
    shown, now = session.get(_SHOWN), current_wires().clock()
    if shown is None:
        return redirect("/personale/bibliotek", 303)
    person_id = person_shown()
    if person_id is None:
        return find_page(staff, is_over=True)
    asks = now >= datetime.fromisoformat(shown["at"]) + ASKS_AGAIN_AFTER
    return citizen_page(staff, picture_for(staff, person_id=person_id, asks=asks))


def person_shown() -> UUID | None:
    """The citizen of the employee's last look-up, while it lasts."""
    shown = session.get(_SHOWN)
    if shown is None or current_wires().clock() >= datetime.fromisoformat(shown["at"]) + LASTS:
        return None
    return UUID(shown["person_id"])


def citizen_page(staff: StaffMember, picture: Picture, *, nothing_chosen: bool = False) -> str:
    """The citizen's page; with its error when a code was asked for and no bill was chosen."""
    municipality = current_wires().facts(staff.municipality_code)
    return render_template(
        "staff/citizen.html", staff=staff, municipality=municipality, picture=picture, nothing_chosen=nothing_chosen,
        question_sent=session.pop(QUESTION_SENT, None),
    )  # fmt: skip


def find_page(staff: StaffMember, *, errors: Errors = (), reason: str = "", is_over: bool = False) -> str:
    """The form: with what is wrong in it, or with word that the last look-up is over."""
    searches = [(kept["number"], datetime.fromisoformat(kept["at"])) for kept in session.get(_SEARCHES, [])]
    return render_template(
        "staff/find.html",
        staff=staff,
        municipality=current_wires().facts(staff.municipality_code),
        errors=errors,
        reason=reason,
        is_over=is_over,
        searches=searches,
    )


def _note(staff: StaffMember, *, cpr: str, reason: str) -> UUID:
    """Write the look-up into the trail, committed before anything is asked or shown (I9); returns the person's id."""
    wires, now = current_wires(), current_wires().clock()
    with transaction(wires.sessions) as row:
        person_id = find_or_create_person(row, vault=wires.vault, cpr=cpr, name=None, now=now).id
        trail.keep(row, staff, action="person.look_up", person_id=person_id, reason=reason, facts={"area": AREA})
    session[_SEARCHES] = [{"number": mask(cpr), "at": now.isoformat()}, *session.get(_SEARCHES, [])][:SEARCHES_KEPT]
    return person_id


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
