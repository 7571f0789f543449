"""What every payment provider promises: the fake and the Stripe adapter on the stand-in pass the same tests."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from uuid import UUID, uuid4

import httpx
import pytest

from app.payments.port import (
    BadNotice,
    Hint,
    Method,
    NoSuchPayment,
    Order,
    OutcomeUnknown,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Standing,
)
from app.payments.providers.stripe import StripeProvider, Timeouts
from standins.frame import Served, serve_in_thread
from standins.stripe.webhooks import signature
from tests.fakes.payment_provider import FakeProvider

SECRETS = ("whsec_old", "whsec_standin")
QUICK = Timeouts(connect_seconds=1, total_seconds=4)
Notice = tuple[Mapping[str, str], bytes]


class World(Protocol):
    """The provider under test, and the hand that moves the world around it."""

    provider: PaymentProvider

    def pay(self, reference: str) -> None: ...
    def drop_next_reply(self) -> None: ...
    def opened(self) -> int: ...
    def unreachable(self) -> PaymentProvider: ...
    def notices(self, reference: str) -> list[Notice]: ...
    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice: ...


class FakeWorld:
    def __init__(self) -> None:
        self.fake = FakeProvider()
        self.provider: PaymentProvider = self.fake

    def pay(self, reference: str) -> None:
        self.fake.pay(reference)

    def drop_next_reply(self) -> None:
        self.fake.drop_replies = 1

    def opened(self) -> int:
        return len(self.fake.payments)

    def unreachable(self) -> PaymentProvider:
        self.fake.is_down = True
        return self.fake

    def notices(self, reference: str) -> list[Notice]:
        hints = [event.hint for event in self.fake.events if event.hint.reference == reference]
        return [self.fake.notice(hint, at=datetime.now(UTC)) for hint in hints for _twice in range(2)]

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        told = json.loads(notice[1])
        hint = Hint(told["event_id"], told["kind"], told["reference"], UUID(told["payment_id"]))
        return self.fake.notice(hint, at=at, secret="fake-secret" if rightly else "other")


@dataclass
class Letterbox:
    """Where the stand-in sends its notices instead of to the portal."""

    url: str
    received: list[Notice] = field(default_factory=list)

    def about(self, reference: str, count: int) -> list[Notice]:
        """The notices about a session, when there are so many."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = [notice for notice in self.received if json.loads(notice[1])["data"]["object"]["id"] == reference]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError("the notices did not come")


class StripeWorld:
    def __init__(self, served: Served, letterbox: Letterbox) -> None:
        self._url, self._letterbox = served.url, letterbox
        httpx.post(f"{served.url}/control/reset").raise_for_status()
        self.provider: PaymentProvider = self._provider(f"{served.url}/stripe")

    def _provider(self, api_base: str) -> StripeProvider:
        return StripeProvider("sk_test_standin", api_base=api_base, webhook_secrets=SECRETS, timeouts=QUICK)

    def _fault(self, kind: str) -> None:
        httpx.post(f"{self._url}/control/stripe/faults", json={"kind": kind, "times": 1}).raise_for_status()

    def pay(self, reference: str) -> None:
        self._fault("duplicate")
        httpx.post(f"{self._url}/stripe/test/pay/{reference}", json={}).raise_for_status()

    def drop_next_reply(self) -> None:
        self._fault("drop_reply")

    def opened(self) -> int:
        return int(httpx.get(f"{self._url}/control/stripe/state").json()["counts"]["checkout.session"])

    def unreachable(self) -> PaymentProvider:
        return self._provider("http://127.0.0.1:9")

    def notices(self, reference: str) -> list[Notice]:
        return self._letterbox.about(reference, 2)

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        secret = "whsec_standin" if rightly else "whsec_other"
        return {"Stripe-Signature": signature(notice[1], int(at.timestamp()), secret)}, notice[1]


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Letterbox]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        close_connection = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append((dict(self.headers), raw))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box = Letterbox(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def served(letterbox: Letterbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(letterbox.url, tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture(params=["fake", "stripe"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "fake":
        return FakeWorld()
    return StripeWorld(request.getfixturevalue("served"), request.getfixturevalue("letterbox"))


def order(amount_ore: int = 25_000) -> Order:
    back = "https://portal.example/betal/x"
    return Order(uuid4(), amount_ore, "Fjordby Kommune", back, f"{back}/afbrudt", "da", datetime.now(UTC))


def opened(world: World, key: str = "payment-1") -> tuple[Order, str]:
    asked = order()
    return asked, world.provider.start(world.provider.prepare(asked, method=Method.CARD), key=key).reference


def test_parameters_survive_being_stored_and_say_nothing_about_the_bills(world: World) -> None:
    asked = order()
    parameters = world.provider.prepare(asked, method=Method.CARD)
    assert json.loads(json.dumps(parameters)) == parameters == world.provider.prepare(asked, method=Method.CARD)
    assert str(asked.payment_id) in json.dumps(parameters)


def test_a_method_that_is_not_taken_is_a_mistake(world: World) -> None:
    with pytest.raises(ValueError, match="mobilepay"):
        world.provider.prepare(order(), method=Method.MOBILEPAY)


def test_the_same_key_opens_one_payment(world: World) -> None:
    parameters = world.provider.prepare(order(), method=Method.CARD)
    first = world.provider.start(parameters, key="one")
    again = world.provider.start(json.loads(json.dumps(parameters)), key="one")
    assert first == again
    assert first.expires_at is not None
    assert timedelta(minutes=29) < first.expires_at - datetime.now(UTC) < timedelta(minutes=32)
    assert world.opened() == 1
    assert world.provider.start(parameters, key="two").reference != first.reference


def test_the_same_key_for_another_call_is_refused(world: World) -> None:
    world.provider.start(world.provider.prepare(order(), method=Method.CARD), key="one")
    with pytest.raises(ProviderRefused):
        world.provider.start(world.provider.prepare(order(), method=Method.CARD), key="one")
    assert world.opened() == 1


def test_less_than_the_minimum_is_refused(world: World) -> None:
    below = world.provider.prepare(order(world.provider.minimum_ore - 1), method=Method.CARD)
    with pytest.raises(ProviderRefused) as refused:
        world.provider.start(below, key="one")
    assert refused.value.code == "amount_too_small"
    least = world.provider.prepare(order(world.provider.minimum_ore), method=Method.CARD)
    assert world.provider.start(least, key="two").redirect_url.startswith("http")


def test_an_open_payment_awaits_the_citizen(world: World) -> None:
    asked, reference = opened(world)
    state = world.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.currency) == (Standing.AWAITING, 25_000, "DKK")
    assert (state.payment_id, state.reference) == (asked.payment_id, reference)
    assert state.redirect_url is not None


def test_a_paid_payment_says_what_was_taken_and_how(world: World) -> None:
    asked, reference = opened(world)
    world.pay(reference)
    state = world.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.currency) == (Standing.PAID, 25_000, "DKK")
    assert (state.payment_id, state.method_detail) == (asked.payment_id, "Visa •••• 4242")
    assert state.charge_reference is not None
    assert state.redirect_url is None


def test_an_expired_payment_stays_expired(world: World) -> None:
    _asked, reference = opened(world)
    for _twice in range(2):
        assert world.provider.expire(reference).standing is Standing.EXPIRED
    assert world.provider.fetch(reference).standing is Standing.EXPIRED


def test_expiring_a_paid_payment_says_that_it_is_paid(world: World) -> None:
    _asked, reference = opened(world)
    world.pay(reference)
    assert world.provider.expire(reference).standing is Standing.PAID


def test_a_dropped_reply_leaves_the_outcome_unknown_and_the_same_call_finds_it(world: World) -> None:
    parameters = world.provider.prepare(order(), method=Method.CARD)
    world.drop_next_reply()
    with pytest.raises(OutcomeUnknown):
        world.provider.start(parameters, key="one")
    assert world.opened() == 1
    reference = world.provider.start(parameters, key="one").reference
    assert world.opened() == 1
    world.drop_next_reply()
    with pytest.raises(OutcomeUnknown):
        world.provider.expire(reference)
    assert world.provider.fetch(reference).standing is Standing.EXPIRED


def test_no_connection_means_that_nothing_was_done(world: World) -> None:
    parameters = world.provider.prepare(order(), method=Method.CARD)
    provider = world.unreachable()
    with pytest.raises(ProviderUnavailable):
        provider.start(parameters, key="one")
    for call in (provider.fetch, provider.expire):
        with pytest.raises(ProviderUnavailable):
            call("cs_test_1")
    with pytest.raises(ProviderUnavailable):
        list(provider.recent(since=datetime.now(UTC)))
    assert world.opened() == 0


def test_a_reference_that_is_not_known(world: World) -> None:
    for call in (world.provider.fetch, world.provider.expire):
        with pytest.raises(NoSuchPayment):
            call("cs_test_nothing")


def test_recent_tells_what_happened_oldest_first(world: World) -> None:
    began = datetime.now(UTC)
    first, second = opened(world, "one"), opened(world, "two")
    world.pay(second[1])
    world.provider.expire(first[1])
    hints = list(world.provider.recent(since=began))
    assert [(hint.reference, hint.payment_id) for hint in hints] == [
        (second[1], second[0].payment_id),
        (first[1], first[0].payment_id),
    ]
    assert len({hint.event_id for hint in hints}) == 2
    assert list(world.provider.recent(since=began + timedelta(seconds=60))) == []


def test_notices_of_one_event_bear_one_id_and_recent_knows_it(world: World) -> None:
    began = datetime.now(UTC)
    asked, reference = opened(world)
    world.pay(reference)
    notices = world.notices(reference)
    hints = {world.provider.read_notice(headers=headers, raw=raw, now=datetime.now(UTC)) for headers, raw in notices}
    assert len(notices) == 2
    assert hints == set(world.provider.recent(since=began))
    assert [(hint.reference, hint.payment_id) for hint in hints] == [(reference, asked.payment_id)]


def test_a_notice_that_is_not_proven_is_refused(world: World) -> None:
    _asked, reference = opened(world)
    world.pay(reference)
    now = datetime.now(UTC)
    headers, raw = world.signed(world.notices(reference)[0], now)
    changed = raw.replace(reference.encode(), reference.encode()[:-1] + b"~")
    assert changed != raw
    bad = {
        "not signed": ({}, raw),
        "a changed byte": (headers, changed),
        "another secret": world.signed((headers, raw), now, rightly=False),
        "too old": world.signed((headers, raw), now - timedelta(seconds=302)),
        "from the future": world.signed((headers, raw), now + timedelta(seconds=302)),
    }
    for some_headers, some_raw in bad.values():
        with pytest.raises(BadNotice):
            world.provider.read_notice(headers=some_headers, raw=some_raw, now=now)
    for seconds in (-298, 298):
        near = world.signed((headers, raw), now + timedelta(seconds=seconds))
        assert world.provider.read_notice(headers=near[0], raw=near[1], now=now).reference == reference
