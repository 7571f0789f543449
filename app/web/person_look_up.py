"""Looking a person up at a desk: by CPR number, with a reason, noted before anything is shown, and open for a while.

The number travels in the form only. A person's page has the same address for everybody: whom it shows stands in the
employee's session on the server, for as long as the look-up lasts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from flask import request, session
from flask_babel import LazyString, lazy_gettext

from app.foundation.cpr import NotACpr, read_cpr
from app.foundation.db import transaction
from app.identity.people import StaffMember
from app.identity.register import find_or_create_person
from app.web import trail
from app.web.visit import current_wires

LASTS = timedelta(minutes=15)
"""How long a person's page may be opened again as part of the same look-up."""
# What the trail keeps, and the citizen may read; the form says the same in the language of the visit.
REASONS: Mapping[str, str] = {
    "here": "Borgeren står her",
    "phone": "Borgeren ringer",
    "letter": "Borgeren har skrevet",
    "case": "Sag i opkrævningen",
}
NOBODY = ("cpr", lazy_gettext("Ingen fundet. Tjek nummeret."))
"""The error of a number that is right and that nobody here has."""
_WRONG_NUMBER = ("cpr", lazy_gettext("Skriv et cpr-nummer med 10 cifre"))
_NO_REASON = ("reason", lazy_gettext("Vælg, hvorfor du slår op"))


@dataclass(frozen=True)
class Typed:
    """The form as typed; `errors` are pairs of field and sentence. The number is never sent back."""

    cpr: str = field(default="", repr=False)
    reason: str = ""
    errors: Sequence[tuple[str, LazyString]] = ()


NOTHING_TYPED = Typed()


@dataclass(frozen=True)
class Held:
    """Whom the employee last looked up, and when."""

    person_id: UUID
    at: datetime

    @property
    def is_over(self) -> bool:
        """Whether the page must not be opened any more."""
        return current_wires().clock() >= self.at + LASTS


@dataclass(frozen=True)
class LookUp:
    """How one desk looks people up."""

    path: str
    """Where its form stands, and is sent."""
    area: str
    """What the trail calls the desk."""
    reasons: Sequence[str]
    """Those of REASONS that its form offers, in that order."""
    held_as: str
    """The key in the session."""

    def begin(self) -> Typed:
        """End the look-up before, and judge the form that asks for a new one."""
        session.pop(self.held_as, None)
        reason, errors, cpr = request.form.get("reason", ""), [], ""
        try:
            cpr = read_cpr(request.form.get("cpr", ""))
        except NotACpr:
            errors.append(_WRONG_NUMBER)
        if reason not in self.reasons:
            errors.append(_NO_REASON)
        return Typed(cpr, reason, tuple(errors))

    def note(self, staff: StaffMember, typed: Typed) -> UUID:
        """Write it into the trail, committed before anything is asked or shown (I9); returns the person's id."""
        wires = current_wires()
        with transaction(wires.sessions) as row:
            person_id = find_or_create_person(row, vault=wires.vault, cpr=typed.cpr, name=None, now=wires.clock()).id
            trail.keep(
                row, staff, action="person.look_up", person_id=person_id, reason=REASONS[typed.reason],
                facts={"area": self.area},
            )  # fmt: skip
        return person_id

    def hold(self, person_id: UUID) -> None:
        """From now on it is this person whom the desk's page shows."""
        session[self.held_as] = {"person_id": str(person_id), "at": current_wires().clock().isoformat()}

    def held(self) -> Held | None:
        """The last look-up, which may be over."""
        kept = session.get(self.held_as)
        return Held(UUID(kept["person_id"]), datetime.fromisoformat(kept["at"])) if kept else None
