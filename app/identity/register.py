"""The register of persons: found by CPR digest, made when new, written anew when the keys have changed."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.crypto import CprVault
from app.foundation.ids import new_public_id
from app.identity.models import Person


class UnknownPerson(LookupError):
    """No person has this id."""


def find_or_create_person(session: Session, *, vault: CprVault, cpr: str, name: str | None, now: datetime) -> Person:
    """The person with this CPR number: the one known, or a new one. Safe against two callers at once.

    A name that is given replaces the one known (people change names); None leaves it. A row under older keys is
    digested and sealed anew with the current ones.
    """
    person = find_person(session, vault=vault, cpr=cpr)
    if person is None:
        session.execute(
            insert(Person)
            .values(
                id=new_public_id(), cpr_digest=vault.digest(cpr), cpr_sealed=vault.seal(cpr), name=name, created_at=now
            )
            .on_conflict_do_nothing(index_elements=[Person.cpr_digest])
        )
        # Whoever came first made it: it is read back, not assumed.
        person = session.scalars(select(Person).where(Person.cpr_digest == vault.digest(cpr))).one()
    if name is not None and person.name != name:
        person.name = name
    if not vault.is_current(cpr=cpr, sealed=person.cpr_sealed, digest=person.cpr_digest):
        person.cpr_digest, person.cpr_sealed = vault.digest(cpr), vault.seal(cpr)
    session.flush()
    return person


def find_person(session: Session, *, vault: CprVault, cpr: str) -> Person | None:
    """The person with this CPR number, under whichever key their row was made; None when there is none."""
    digests = vault.digests(cpr)
    found = session.scalars(select(Person).where(Person.cpr_digest.in_(digests))).all()
    return min(found, key=lambda person: digests.index(person.cpr_digest), default=None)


def cpr_of(session: Session, *, vault: CprVault, person_id: uuid.UUID) -> str:
    """The CPR number of a person, for a wire that needs it. Never for a page, an address or a log.

    :raises UnknownPerson: no such person
    """
    sealed = session.scalar(select(Person.cpr_sealed).where(Person.id == person_id))
    if sealed is None:
        raise UnknownPerson("no person has this id")
    return vault.unseal(sealed)
