"""Messages from a real broker: acknowledged only when they are stored, whatever is lost or killed in between."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import select

from app.foundation.db import Sessions
from app.ledger import arrivals
from app.ledger.broker import AmqpConsumer, Queue, Token
from app.ledger.models import LedgerMessage
from app.ledger.port import Take
from app.municipalities import register
from app.serviceplatformen.port import Unavailable
from app.serviceplatformen.tokens import SecurityToken, TokenOffice
from standins.ledger import broker as standin_broker
from standins.ledger.sending import Outgoing
from tests.demo import FACTS, NOW, vault
from tests.ledger import rabbit
from tests.ledger.gate import gate_before
from tests.serviceplatformen.peers import peer, saying
from tests.sf1590 import sent

QUEUE = "b0b0b0b0-0000-4000-8000-000000000001"


def message(number: int) -> bytes:
    return sent.event(sent.payable_data(), message_id=f"bbbbbbbb-0000-4000-8000-{number:012}", responsible=FACTS.cvr)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rabbit.Broker]:
    if rabbit.SERVER is None:
        if rabbit.is_owed():
            pytest.fail("RabbitMQ is missing: make broker, or apt-get install rabbitmq-server")
        pytest.skip("RabbitMQ is missing, so messages over AMQP are NOT tested: apt-get install rabbitmq-server")
    with rabbit.running(tmp_path_factory.mktemp("rabbit")) as running:
        yield running


@pytest.fixture
def queue(broker: rabbit.Broker, request: pytest.FixtureRequest) -> str:
    name = f"{QUEUE}-{request.node.name}"
    broker.publish(name)
    return name


@contextmanager
def consuming(url: str, queue: str, take: Take, *, token: Token | None = None) -> Iterator[None]:
    stopped = threading.Event()
    consumer = AmqpConsumer(Queue(url, queue), token=token, first_wait=0.2)
    thread = threading.Thread(target=consumer.run, args=(take,), kwargs={"stopped": stopped}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(20)
        assert not thread.is_alive(), "it stops when it is told to"


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_taken_is_acknowledged_in_order(broker: rabbit.Broker, queue: str) -> None:
    taken: list[bytes] = []
    broker.publish(queue, *(message(number) for number in range(50)))
    with consuming(broker.url, queue, taken.append):
        until(lambda: len(taken) == 50)
    assert taken == [message(number) for number in range(50)]
    assert broker.waiting(queue) == 0


def test_what_could_not_be_stored_comes_again_and_the_rest_is_not_lost(broker: rabbit.Broker, queue: str) -> None:
    taken: list[bytes] = []
    failures = iter([True, True])

    def take(raw: bytes) -> None:
        if raw == message(1) and next(failures, False):
            raise RuntimeError("killed between its delivery and its commit")
        taken.append(raw)

    broker.publish(queue, message(0), message(1), message(2))
    with consuming(broker.url, queue, take):
        until(lambda: len(set(taken)) == 3)
    assert broker.waiting(queue) == 0
    assert set(taken) == {message(0), message(1), message(2)}


def test_what_was_fetched_and_not_taken_goes_back(broker: rabbit.Broker, queue: str) -> None:
    at_first, go_on = threading.Event(), threading.Event()

    def take(_raw: bytes) -> None:
        at_first.set()
        go_on.wait(20)

    broker.publish(queue, *(message(number) for number in range(5)))
    stopped = threading.Event()
    consumer = AmqpConsumer(Queue(broker.url, queue), first_wait=0.2)
    thread = threading.Thread(target=consumer.run, args=(take,), kwargs={"stopped": stopped}, daemon=True)
    thread.start()
    assert at_first.wait(20)
    stopped.set()
    go_on.set()
    thread.join(20)
    until(lambda: broker.waiting(queue) == 4)


@pytest.mark.database
def test_everything_is_stored_once_also_poison_and_what_the_standin_sends(
    broker: rabbit.Broker, queue: str, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        register.load(session, facts=FACTS, now=NOW)
    municipalities = register.Municipalities(sessions)

    def take(raw: bytes) -> None:
        arrivals.take_delivered(
            sessions, raw=raw, municipalities=municipalities, queue_of=FACTS.cvr, vault=vault(), now=NOW
        )

    standin_broker.publisher(broker.url, queue)(Outgoing("k", "/hooks/beskedfordeler", message(9)))
    broker.publish(queue, message(1), b"poison", message(1), message(2))
    with consuming(broker.url, queue, take):
        until(lambda: broker.waiting(queue) == 0 and stored(sessions) == ["parked", "waiting", "waiting", "waiting"])


def stored(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return sorted(session.scalars(select(LedgerMessage.state)))


def test_a_token_logs_in_and_a_new_one_when_it_has_expired(broker: rabbit.Broker, queue: str) -> None:
    """As at Beskedfordeler: SASL's EXTERNAL, answered with the assertion; an expired one is refused."""
    issued = itertools.count(1)

    def issue(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        said = {"RequestedSecurityToken": {"Assertion": f"<token-{next(issued)}/>"}}
        saying(200, json.dumps(said).encode(), "application/json")(handler, sent)

    taken: list[bytes] = []
    with gate_before(broker.port) as gate, peer(issue) as url:
        office = TokenOffice(issue_url=url, access_url=url)
        token = SecurityToken(office, entity_id="http://entityid.kombit.dk/service/bfo_modtag/2", cvr=FACTS.cvr)
        gate.accepted = b"<token-1/>"
        with consuming(f"amqp://127.0.0.1:{gate.port}/%2F", queue, taken.append, token=token):
            broker.publish(queue, message(1))
            until(lambda: taken == [message(1)])
            gate.accepted = b"<token-2/>"
            gate.cut()
            broker.publish(queue, message(2))
            until(lambda: message(2) in taken)
        office.close()
    assert gate.shown == [b"<token-1/>", b"<token-1/>", b"<token-2/>"]


def test_a_token_that_cannot_be_had_is_asked_for_again(broker: rabbit.Broker, queue: str) -> None:
    asked: list[bool] = []

    def token(*, renew: bool) -> bytes:
        asked.append(renew)
        if len(asked) == 1:
            raise Unavailable("no token: the security token service answers 503")
        return b"<token/>"

    taken: list[bytes] = []
    broker.publish(queue, message(1))
    with gate_before(broker.port) as gate:
        gate.accepted = b"<token/>"
        with consuming(f"amqp://127.0.0.1:{gate.port}/%2F", queue, taken.append, token=token):
            until(lambda: taken == [message(1)])
    assert asked == [False, False]


def test_a_broker_that_is_killed_is_called_again_and_nothing_is_lost(broker: rabbit.Broker, queue: str) -> None:
    taken: list[bytes] = []
    with consuming(broker.url, queue, taken.append):
        broker.publish(queue, message(1))
        until(lambda: taken == [message(1)])
        broker.stop()
        broker.start()
        broker.publish(queue, message(2))
        until(lambda: message(2) in taken)
    assert broker.waiting(queue) == 0


def test_where_there_is_no_broker_it_waits_and_stops_when_told() -> None:
    began = datetime.now(UTC)
    stopped = threading.Event()
    consumer = AmqpConsumer(Queue("amqp://127.0.0.1:9/BF", QUEUE, Path("/nowhere")), first_wait=0.1)
    thread = threading.Thread(target=consumer.run, args=(lambda _raw: None,), kwargs={"stopped": stopped}, daemon=True)
    thread.start()
    time.sleep(0.5)
    assert thread.is_alive()
    stopped.set()
    thread.join(10)
    assert not thread.is_alive()
    assert (datetime.now(UTC) - began).total_seconds() < 10
