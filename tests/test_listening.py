"""The queue's door: each message is stored before it may be acknowledged, and SIGTERM ends it between two messages."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from sqlalchemy import select

from app import listening
from app.factory import create_app
from app.foundation.db import Sessions
from app.ledger.models import LedgerMessage
from app.ledger.port import Take
from app.municipalities import register
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import CODE, FACTS, NOW, Town
from tests.sf1590 import sent

pytestmark = pytest.mark.database


@dataclass
class FakeMessages:
    """A queue in memory. Whoever listens is told to stop while the last message is taken."""

    waiting: list[bytes]
    acknowledged: list[bytes] = field(default_factory=list)

    def run(self, take: Take, *, stopped: Event) -> None:
        for raw in self.waiting:
            if raw == self.waiting[-1]:
                os.kill(os.getpid(), signal.SIGTERM)
            take(raw)
            self.acknowledged.append(raw)
        assert stopped.wait(5)


@pytest.fixture
def portal(sessions: Sessions, database: Database) -> Portal:
    with sessions.begin() as session:
        register.load(session, facts=FACTS, now=NOW)
    return portal_of(Town(sessions), database.app_url)


@pytest.fixture(autouse=True)
def signals_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_is_taken_is_stored_and_sigterm_ends_it(portal: Portal, sessions: Sessions) -> None:
    messages = FakeMessages([sent.event(sent.payable_data(), responsible=FACTS.cvr), b"poison"])
    listening.run(portal.wires(), messages=messages)
    assert messages.acknowledged == messages.waiting
    with sessions.begin() as session:
        rows = session.execute(select(LedgerMessage.municipality_code, LedgerMessage.state)).all()
    assert sorted(tuple(row) for row in rows) == [(CODE, "parked"), (CODE, "waiting")]


def test_the_command_listens(portal: Portal) -> None:
    messages = FakeMessages([b"poison"])
    runner = create_app(wires=replace(portal.wires(), messages=messages)).test_cli_runner()
    result = runner.invoke(args=["beskedfordeler"])
    assert (result.exit_code, result.output.strip()) == (0, "stopped")
    assert messages.acknowledged == [b"poison"]
    listed = runner.invoke(args=["ledger", "parked"]).output
    assert "1 parked" in listed
    message_id = listed.split()[0]
    assert "will be read again" in runner.invoke(args=["ledger", "read-again", message_id]).output
    again = runner.invoke(args=["ledger", "read-again", message_id])
    assert (again.exit_code, "not a parked message" in again.output) == (1, True)


def test_without_a_queue_the_command_says_which_settings_it_needs(portal: Portal) -> None:
    result = create_app(wires=portal.wires()).test_cli_runner().invoke(args=["beskedfordeler"])
    assert result.exit_code == 1
    assert "BDK_BESKEDFORDELER_AMQP_URL" in result.output
