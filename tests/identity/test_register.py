"""One CPR number is one person, however often and under whichever keys they are found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions
from app.identity.models import Person
from app.identity.register import UnknownPerson, cpr_of, find_or_create_person, find_person

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CPR = "7405842144"
VAULT = CprVault([new_key()], [new_key()])


def come(sessions: Sessions, vault: CprVault = VAULT, name: str | None = "Kirsten Lund") -> UUID:
    with sessions.begin() as session:
        return find_or_create_person(session, vault=vault, cpr=CPR, name=name, now=NOW).id


def test_the_same_number_is_the_same_person_and_the_name_follows(sessions: Sessions) -> None:
    first = come(sessions)
    assert come(sessions, name="Kirsten Holm") == first
    assert come(sessions, name=None) == first
    with sessions() as session:
        person = session.scalars(select(Person)).one()
        assert (person.name, person.created_at) == ("Kirsten Holm", NOW)
        assert CPR.encode() not in person.cpr_sealed + person.cpr_digest
        assert cpr_of(session, vault=VAULT, person_id=first) == CPR


def test_twenty_at_once_make_one(sessions: Sessions) -> None:
    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(lambda _: come(sessions), range(20)))
    assert len(found) == 1


def test_a_row_under_older_keys_is_found_and_written_anew(sessions: Sessions) -> None:
    seal, digest, new_seal, new_digest = (new_key() for _ in range(4))
    first = come(sessions, CprVault([seal], [digest]))
    assert come(sessions, CprVault([new_seal, seal], [new_digest, digest])) == first
    # Now the old keys can go.
    alone = CprVault([new_seal], [new_digest])
    assert come(sessions, alone) == first
    with sessions() as session:
        assert cpr_of(session, vault=alone, person_id=first) == CPR


def test_whoever_is_not_there_is_named_or_none(sessions: Sessions) -> None:
    with sessions() as session:
        assert find_person(session, vault=VAULT, cpr=CPR) is None
        with pytest.raises(UnknownPerson):
            cpr_of(session, vault=VAULT, person_id=uuid4())
