"""What a queue delivers is always stored: read, or parked for people who can look at it."""

from hashlib import sha256

import pytest
from sqlalchemy import select

from app.foundation.db import Sessions
from app.ledger import arrivals
from app.ledger.models import LedgerMessage
from app.municipalities import register
from app.tasks.queries import open_tasks
from tests.demo import CODE, FACTS, NOW, facts, vault
from tests.sf1590 import sent

pytestmark = pytest.mark.database
OTHER = facts(code="0102", cvr="99000015", hosts=["anden.example"])
RAW = sent.event(sent.payable_data(), responsible=FACTS.cvr)


@pytest.fixture
def loaded(sessions: Sessions) -> register.Municipalities:
    with sessions.begin() as session:
        for one in (FACTS, OTHER):
            register.load(session, facts=one, now=NOW)
    return register.Municipalities(sessions)


def take(sessions: Sessions, raw: bytes, municipalities: register.Municipalities, queue_of: str = FACTS.cvr) -> None:
    arrivals.take_delivered(sessions, raw=raw, municipalities=municipalities, queue_of=queue_of, vault=vault(), now=NOW)


def stored(sessions: Sessions) -> list[tuple[str, str, str, str]]:
    with sessions.begin() as session:
        rows = session.scalars(select(LedgerMessage).order_by(LedgerMessage.id))
        return [(row.municipality_code, row.key, row.kind, row.state) for row in rows]


@pytest.mark.parametrize("pushed", [True, False])
def test_a_message_is_stored_as_the_door_would_store_it(
    sessions: Sessions, loaded: register.Municipalities, pushed: bool
) -> None:
    raw = sent.event(sent.payable_data(), responsible=FACTS.cvr, pushed=pushed)
    take(sessions, raw, loaded)
    take(sessions, raw, loaded)
    assert stored(sessions) == [(CODE, sent.MESSAGE, "FordringTilIndbetalingBesked", "waiting")]


@pytest.mark.parametrize("raw", [
    b"", b"poison", b"\x00\xff", sent.event(sent.payable_data(), responsible="12345678"),
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + RAW,
], ids=lambda one: str(one)[:20])  # fmt: skip
@pytest.mark.parametrize(("queue_of", "code"), [(FACTS.cvr, CODE), (OTHER.cvr, "0102"), ("12345678", "0102")])
def test_what_cannot_be_placed_is_parked_for_the_queues_own_people_else_for_somebody(
    sessions: Sessions, loaded: register.Municipalities, raw: bytes, queue_of: str, code: str
) -> None:
    for _again in range(2):
        take(sessions, raw, loaded, queue_of)
    assert stored(sessions) == [(code, f"sha256:{sha256(raw).hexdigest()}", "unreadable", "parked")]
    with sessions.begin() as session:
        assert len(open_tasks(session, municipality_code=code, limit=9)) == 1


def test_where_nobody_could_look_nothing_is_acknowledged(sessions: Sessions) -> None:
    with pytest.raises(arrivals.NotOurs):
        take(sessions, b"poison", register.Municipalities(sessions))
