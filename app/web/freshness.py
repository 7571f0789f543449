"""Before a page about a person's bills is shown, the sources that were last heard too long ago are asked."""

from collections.abc import Mapping

from app.foundation.db import transaction
from app.identity.people import Citizen
from app.identity.register import cpr_of
from app.municipalities.facts import Facts
from app.sources import queries
from app.sources.queries import Freshness
from app.sources.refresh import Person, refresh
from app.wiring import Wires


def keep(wires: Wires, *, citizen: Citizen, facts: Facts) -> Mapping[str, Freshness]:
    """How fresh the picture of a person is, after every source that was due has been asked (speaks over wires).

    Whoever logs in sees what is owed now: what was heard before this login is asked for again.
    """
    person_id = citizen.person_id
    with transaction(wires.sessions) as session:
        known = queries.freshness(session, person_id=person_id, municipality_code=facts.code)
    due = queries.due(wires.sources_of(facts), known, now=wires.clock(), not_before=citizen.logged_in_at)
    if not due:
        return known
    with transaction(wires.sessions) as session:
        cpr = cpr_of(session, vault=wires.vault, person_id=person_id)
    refresh(
        wires.sessions,
        sources=due,
        catalogue=wires.catalogue,
        crowd=wires.crowd,
        person=Person(person_id, cpr),
        municipality_code=facts.code,
        clock=wires.clock,
    )
    with transaction(wires.sessions) as session:
        return queries.freshness(session, person_id=person_id, municipality_code=facts.code)
