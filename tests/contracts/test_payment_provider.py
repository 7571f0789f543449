"""What every payment provider promises: the fake and the Stripe adapter on the stand-in pass the same tests."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.payments.port import (
    BadNotice,
    Method,
    NoSuchPayment,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    Standing,
)
from standins.frame import Served, serve_in_thread
from tests.contracts.payment_worlds import FakeWorld, Letterbox, StripeWorld, World, open_letterbox


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as box:
        yield box


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
