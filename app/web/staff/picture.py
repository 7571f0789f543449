"""What the library desk may see of one citizen: the library's bills in the employee's own municipality, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.claims.queries import Bill, bills_of
from app.claims.status import Group
from app.foundation.clock import danish_day
from app.foundation.cpr import mask
from app.foundation.db import transaction
from app.identity.models import Person
from app.ledger.journeys import Journey, journeys_of
from app.municipalities.facts import Facts
from app.payments import queries as payments
from app.sources import queries as sources
from app.sources.queries import Freshness, LibraryCard
from app.sources.refresh import Person as Asked
from app.sources.refresh import refresh
from app.web.tracker import TrackerStep, Way, steps_of
from app.wiring import Wires

AREA = "library"
SOURCE = "fbs"
CLOSED_SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class Picture:
    """One citizen as the library desk sees them."""

    cpr: str
    """Masked."""
    name: str | None
    card: LibraryCard | None
    heard: Freshness | None
    bills: Sequence[Bill]
    """Those that are still open."""
    closed: Sequence[Bill]
    steps: Mapping[UUID, Sequence[TrackerStep]]
    """How far the money has come, by bill, for those paid here."""

    @property
    def is_known_here(self) -> bool:
        """Whether the person is a borrower here, or has a bill of this library."""
        return bool((self.card and self.card.is_patron) or self.bills or self.closed)

    @property
    def is_unheard(self) -> bool:
        """Whether nobody can say what the person owes, because the library has never answered."""
        return self.card is None


def ask_library(wires: Wires, *, facts: Facts, person_id: UUID, cpr: str) -> None:
    """Ask the library of one municipality about a person when it was heard too long ago (speaks over a wire).

    No other source is asked. A library that does not answer leaves what it last said.
    """
    with transaction(wires.sessions) as session:
        known = sources.freshness(session, person_id=person_id, municipality_code=facts.code)
    library = [source for source in wires.sources_of(facts) if source.name == SOURCE]
    refresh(
        wires.sessions,
        sources=sources.due(library, known, now=wires.clock()),
        catalogue=wires.catalogue,
        crowd=wires.crowd,
        person=Asked(person_id, cpr),
        municipality_code=facts.code,
        clock=wires.clock,
    )


def picture_of(session: Session, *, facts: Facts, person_id: UUID, cpr: str, now: datetime) -> Picture:
    """What the register knows of a person's library bills in one municipality.

    The name is told only of somebody whom this library knows: a number alone gives nobody a name.
    """
    bills = [
        bill
        for bill in bills_of(
            session,
            person_id=person_id,
            facts=facts,
            beside=payments.beside(session, person_id=person_id, municipality_code=facts.code).beside,
            today=danish_day(now),
            closed_since=now - CLOSED_SHOWN,
        )
        if bill.area == AREA
    ]
    journeys = journeys_of(session, claim_ids=[bill.id for bill in bills])
    picture = Picture(
        cpr=mask(cpr),
        name=session.get_one(Person, person_id).name,
        card=sources.library_card(session, person_id=person_id, municipality_code=facts.code),
        heard=sources.freshness(session, person_id=person_id, municipality_code=facts.code).get(SOURCE),
        bills=[bill for bill in bills if bill.status.group is not Group.CLOSED],
        closed=[bill for bill in bills if bill.status.group is Group.CLOSED],
        steps={claim_id: steps_of(_way(journey), now=now) for claim_id, journey in journeys.items()},
    )
    return picture if picture.is_known_here else replace(picture, name=None)


def _way(journey: Journey) -> Way:
    return Way(
        received_at=journey.received_at,
        ledger_at=journey.posted_at,
        concerns_library=journey.concerns_source,
        library_at=journey.known_at,
        is_rejected=journey.is_rejected,
        is_refused=journey.is_refused,
    )
