"""Messages of the inbox become words, what they say is done once, and what cannot be read is parked."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.foundation.crypto import CannotUnseal, CprVault
from app.foundation.db import Sessions
from app.ledger import came_back, inbox
from app.ledger.coming_back import AccountClosed, AccountReopened, ClaimsPayable, Kind, Movement
from app.ledger.inbox import Arrived, Door
from app.ledger.models import LedgerMessage
from app.outbox import queue
from app.outbox.port import Message
from app.sf1590.guard import BadMessage
from app.tasks.queries import open_tasks
from tests.demo import CODE, FACTS, NOW, vault
from tests.sf1590 import sent
from tests.sf1590.answers import ACCOUNT, CLAIM

MADE = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
TOLD = sent.told(sent.write_off(reason="Forældet"), sent.coverage(object_id=sent.EARLIER))


def test_objects_become_movements() -> None:
    assert came_back.movements_in(TOLD) == (
        Movement(UUID(sent.OBJECT), Kind.WRITE_OFF, ACCOUNT, CLAIM, None, None, 6000, MADE, "Forældet"),
        Movement(UUID(sent.EARLIER), Kind.COVERAGE, ACCOUNT, CLAIM, UUID(sent.PAYMENT), None, 6000, MADE, None),
    )


@pytest.mark.parametrize(("text", "kind"), [
    (sent.write_off(), Kind.WRITE_OFF), (sent.write_off(reduces=sent.EARLIER), Kind.WRITE_OFF_REDUCED),
    (sent.coverage(), Kind.COVERAGE), (sent.coverage(reduces=sent.EARLIER), Kind.COVERAGE_REDUCED),
], ids=str)  # fmt: skip
def test_each_kind_has_its_word(text: str, kind: Kind) -> None:
    (movement,) = came_back.movements_in(sent.told(text))
    assert movement.kind is kind
    assert (movement.reduces is not None) == kind.value.endswith("_reduced")


def test_events_become_words() -> None:
    closed = sent.event(sent.closed_data(), message_type=sent.CLOSED_TYPE)
    reopened = sent.event(sent.reopened_data(), message_type=sent.REOPENED_TYPE)
    assert came_back.event_in(closed, received_at=NOW) == AccountClosed(ACCOUNT, MADE)
    assert came_back.event_in(reopened, received_at=NOW) == AccountReopened(ACCOUNT, MADE)
    undated = sent.event(sent.reopened_data(), message_type=sent.REOPENED_TYPE, made_at=None)
    assert came_back.event_in(undated, received_at=NOW) == AccountReopened(ACCOUNT, NOW)
    payable = came_back.event_in(sent.event(sent.payable_data()), received_at=NOW)
    assert isinstance(payable, ClaimsPayable)
    assert (payable.stated_at, [one.claim_id for one in payable.claims]) == (MADE, [CLAIM])


def test_an_unknown_type_is_no_word() -> None:
    with pytest.raises(BadMessage):
        came_back.event_in(sent.event(sent.payable_data(), message_type=sent.UNKNOWN_TYPE), received_at=NOW)


def stored(sessions: Sessions, raw: bytes, door: Door = Door.LEDGER) -> Message:
    arrived = Arrived(door, "k", "d", "kind", CODE, ACCOUNT, raw)
    with sessions.begin() as session:
        made = inbox.store(session, arrived=arrived, vault=vault(), now=NOW)
    assert made is not None
    return Message(made, inbox.CAME_BACK, made, CODE, "l", {}, 2, 1, NOW, NOW)


def handle(sessions: Sessions, message: Message, *, keys: CprVault | None = None) -> None:
    finish = came_back.handle(sessions, message=message, facts=FACTS, vault=keys or vault(), clock=lambda: NOW)
    with sessions.begin() as session:
        finish(session)


def state(sessions: Sessions) -> tuple[str, int, str | None]:
    with sessions.begin() as session:
        row = session.scalars(select(LedgerMessage)).one()
        return row.state, row.attempts, row.reason


EVERY = {
    "movements": (TOLD, Door.LEDGER),
    "payable": (sent.event(sent.payable_data()), Door.BESKEDFORDELER),
    "closed": (sent.event(sent.closed_data(), message_type=sent.CLOSED_TYPE), Door.BESKEDFORDELER),
    "reopened": (sent.event(sent.reopened_data(), message_type=sent.REOPENED_TYPE), Door.BESKEDFORDELER),
}


@pytest.mark.database
@pytest.mark.parametrize("which", EVERY)
def test_every_kind_of_message_is_handled(sessions: Sessions, which: str) -> None:
    message = stored(sessions, *EVERY[which])
    handle(sessions, message)
    assert state(sessions) == ("handled", 2, None)
    handle(sessions, message)
    assert state(sessions) == ("handled", 2, None)


@pytest.mark.database
def test_two_workers_that_read_one_message_do_it_once(sessions: Sessions) -> None:
    message = stored(sessions, TOLD)
    both = [
        came_back.handle(sessions, message=message, facts=FACTS, vault=vault(), clock=lambda: NOW) for _ in range(2)
    ]
    for finish in both:
        with sessions.begin() as session:
            finish(session)
    assert state(sessions)[0] == "handled"


@pytest.mark.database
def test_a_rollback_leaves_it_waiting(sessions: Sessions) -> None:
    message = stored(sessions, TOLD)
    finish = came_back.handle(sessions, message=message, facts=FACTS, vault=vault(), clock=lambda: NOW)
    with sessions() as session:
        finish(session)
        session.rollback()
    assert state(sessions)[0] == "waiting"
    handle(sessions, message)
    assert state(sessions)[0] == "handled"


@pytest.mark.database
@pytest.mark.parametrize(("raw", "door"), [
    (b"poison", Door.LEDGER), (sent.call("Ping", ""), Door.LEDGER), (b"poison", Door.BESKEDFORDELER),
    (sent.event(sent.payable_data(), message_type=sent.UNKNOWN_TYPE), Door.BESKEDFORDELER),
], ids=str)  # fmt: skip
def test_what_cannot_be_read_is_parked_with_its_reason(sessions: Sessions, raw: bytes, door: Door) -> None:
    handle(sessions, stored(sessions, raw, door))
    found, attempts, reason = state(sessions)
    assert (found, attempts, bool(reason)) == ("parked", 2, True)
    with sessions.begin() as session:
        (task,) = open_tasks(session, municipality_code=CODE, limit=9)
        assert task.kind == "ledger_message_parked"


@pytest.mark.database
def test_without_its_key_it_waits(sessions: Sessions) -> None:
    other = CprVault(["another-key-another-key-another-key"], ["another-key-another-key-another-key"])
    with pytest.raises(CannotUnseal):
        handle(sessions, stored(sessions, TOLD), keys=other)
    assert state(sessions)[0] == "waiting"


@pytest.mark.database
def test_what_was_forgotten_is_not_done_again(sessions: Sessions) -> None:
    message = stored(sessions, TOLD)
    with sessions.begin() as session:
        session.execute(update(LedgerMessage).values(sealed=None))
    handle(sessions, message)
    assert state(sessions)[0] == "waiting"
    assert queue.KEPT <= inbox.KEPT
