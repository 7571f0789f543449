"""Claims that the ledger says can be paid from now on: the register is brought to what the message states of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims import register, rules
from app.claims.sightings import Sighted
from app.foundation.crypto import CprVault
from app.identity.register import find_person
from app.ledger.coming_back import ClaimsPayable
from app.municipalities.facts import Facts
from app.sources.models import SourceHearing
from app.sources.payable_claims import Names, found_in, origins_in


def shown(session: Session, *, message: ClaimsPayable, facts: Facts, vault: CprVault, now: datetime) -> None:
    """Take in what the ledger states of some claims, for every person liable whom the portal knows.

    A person who was asked about after the ledger's own moment is left as they are: that answer knows better. Nobody is
    made known by a message: who has never been here finds the claims by the search that a visit begins with.
    """
    names = Names.of(facts)
    about = frozenset(key for claim in message.claims for key in origins_in(claim, names=names))
    cprs = {party.cpr for claim in message.claims for party in claim.liable if party.cpr}
    for person_id, cpr in sorted(_known(session, vault, cprs)):
        if _asked_since(session, person_id, facts.code, message.stated_at):
            continue
        own = [claim for claim in message.claims if any(party.cpr == cpr for party in claim.liable)]
        found = [one for claim in own for one in found_in(claim, cpr=cpr, names=names)]
        sighted = Sighted(facts.code, person_id, rules.LEDGER, found, message.stated_at, about)
        register.observe(session, sighted=sighted, now=now)


def _known(session: Session, vault: CprVault, cprs: set[str]) -> list[tuple[UUID, str]]:
    people = ((find_person(session, vault=vault, cpr=cpr), cpr) for cpr in cprs)
    return [(person.id, cpr) for person, cpr in people if person is not None]


def _asked_since(session: Session, person_id: UUID, code: str, stated_at: datetime) -> bool:
    heard = select(SourceHearing.asked_at).where(
        SourceHearing.person_id == person_id,
        SourceHearing.municipality_code == code,
        SourceHearing.source == rules.LEDGER,
        SourceHearing.answered_at.is_not(None),
        SourceHearing.asked_at > stated_at,
    )
    return session.scalar(heard) is not None
