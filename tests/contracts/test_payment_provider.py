"""What every payment provider promises: each fake and each adapter on its stand-in pass the same tests.

Here a payment is opened, finished, taken or let go, and told about; what comes after stands in
test_payment_provider_money_back.py. What a provider does not have is said by its world, and skipped with the reason.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.payments.port import (
    BadNotice,
    Method,
    NoSuchPayment,
    OutcomeUnknown,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Standing,
)
from tests.contracts.payment_worlds import World
from tests.contracts.payment_worlds_joined import ASKED_ORE, CLOSED, hints_of, opened, order, paid, taken_ore


def test_parameters_survive_being_stored_and_say_nothing_about_the_bills(world: World) -> None:
    asked = order()
    parameters = world.provider.prepare(asked, method=world.method)
    assert json.loads(json.dumps(parameters)) == parameters == world.provider.prepare(asked, method=world.method)
    assert str(asked.payment_id) in json.dumps(parameters)


def test_a_method_that_is_not_taken_is_a_mistake(world: World) -> None:
    (other,) = set(Method) - {world.method}
    with pytest.raises(ValueError, match=other):
        world.provider.prepare(order(), method=other)


def test_the_same_key_opens_one_payment(world: World) -> None:
    parameters = world.provider.prepare(order(), method=world.method)
    first = world.provider.start(parameters, key="one")
    again = world.provider.start(json.loads(json.dumps(parameters)), key="one")
    assert first == again
    if first.expires_at is not None:
        assert timedelta(minutes=9) < first.expires_at - datetime.now(UTC) < timedelta(minutes=32)
    assert world.opened() == 1
    other = world.provider.prepare(order(), method=world.method)
    assert world.provider.start(other, key="two").reference != first.reference


def test_the_same_key_for_another_call_is_refused(world: World) -> None:
    world.provider.start(world.provider.prepare(order(), method=world.method), key="one")
    with pytest.raises(ProviderRefused):
        world.provider.start(world.provider.prepare(order(), method=world.method), key="one")
    assert world.opened() == 1


def test_less_than_the_minimum_is_refused(world: World) -> None:
    below = world.provider.prepare(order(world.provider.minimum_ore - 1), method=world.method)
    with pytest.raises(ProviderRefused) as refused:
        world.provider.start(below, key="one")
    assert refused.value.code
    least = world.provider.prepare(order(world.provider.minimum_ore), method=world.method)
    assert world.provider.start(least, key="two").redirect_url.startswith("http")


def test_an_open_payment_awaits_the_citizen(world: World) -> None:
    asked, reference = opened(world)
    state = world.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.currency) == (Standing.AWAITING, 25_000, "DKK")
    assert (state.payment_id, state.reference) == (asked.payment_id, reference)
    assert state.redirect_url is not None


def test_a_paid_payment_says_what_was_taken_and_how(world: World) -> None:
    asked, reference = paid(world)
    state = world.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.currency) == (Standing.PAID, ASKED_ORE, "DKK")
    assert (state.payment_id, state.method_detail) == (asked.payment_id, world.detail)
    assert (state.redirect_url, state.refunds, state.disputes) == (None, (), ())
    assert state.charge_reference is not None


def test_the_citizens_yes_takes_the_money_or_reserves_it(world: World) -> None:
    _asked, reference = opened(world)
    world.finish(reference)
    state = world.provider.fetch(reference)
    assert state.standing is (Standing.AUTHORISED if world.reserves else Standing.PAID)
    assert state.amount_ore == ASKED_ORE


def test_the_same_capture_takes_the_money_once(world: World) -> None:
    _asked, reference = opened(world)
    world.finish(reference)
    world.drop_next_reply("capture")
    with pytest.raises(OutcomeUnknown):
        world.provider.capture(reference, amount_ore=ASKED_ORE, key="one")
    for _twice in range(2):
        state = world.provider.capture(reference, amount_ore=ASKED_ORE, key="one")
        assert (state.standing, state.amount_ore) == (Standing.PAID, ASKED_ORE)
    assert taken_ore(world) == ASKED_ORE


def test_no_more_is_taken_than_was_reserved(world: World) -> None:
    if not world.reserves:
        pytest.skip("the money is taken when the citizen says yes")
    _asked, reference = opened(world)
    with pytest.raises(ProviderRefused):
        world.provider.capture(reference, amount_ore=ASKED_ORE, key="too early")
    world.finish(reference)
    with pytest.raises(ProviderRefused):
        world.provider.capture(reference, amount_ore=ASKED_ORE + 1, key="too much")
    assert world.provider.fetch(reference).standing is Standing.AUTHORISED


def test_what_is_released_cannot_be_taken(world: World) -> None:
    _asked, reference = opened(world)
    world.finish(reference)
    if not world.reserves:
        assert world.provider.release(reference, key="one").standing is Standing.PAID
        return
    for _twice in range(2):
        assert world.provider.release(reference, key="one").standing is Standing.CANCELLED
    with pytest.raises(ProviderRefused):
        world.provider.capture(reference, amount_ore=ASKED_ORE, key="two")
    assert world.provider.fetch(reference).standing is Standing.CANCELLED


def test_what_is_taken_cannot_be_released(world: World) -> None:
    _asked, reference = paid(world)
    assert world.provider.release(reference, key="one").standing is Standing.PAID
    assert world.provider.fetch(reference).amount_ore == ASKED_ORE


def test_an_expired_payment_stays_expired(world: World) -> None:
    _asked, reference = opened(world)
    for _twice in range(2):
        assert world.provider.expire(reference).standing in CLOSED
    assert world.provider.fetch(reference).standing in CLOSED


def test_time_closes_a_payment_that_nobody_finishes(world: World) -> None:
    _asked, reference = opened(world)
    world.run_out(reference)
    state = world.provider.fetch(reference)
    assert (state.standing, state.redirect_url) == (Standing.EXPIRED, None)
    assert world.provider.expire(reference).standing is Standing.EXPIRED


def test_expiring_a_paid_payment_says_that_it_is_paid(world: World) -> None:
    _asked, reference = paid(world)
    assert world.provider.expire(reference).standing is Standing.PAID


def test_a_dropped_reply_leaves_the_outcome_unknown_and_the_same_call_finds_it(world: World) -> None:
    parameters = world.provider.prepare(order(), method=world.method)
    world.drop_next_reply("start")
    with pytest.raises(OutcomeUnknown):
        world.provider.start(parameters, key="one")
    assert world.opened() == 1
    reference = world.provider.start(parameters, key="one").reference
    assert world.opened() == 1
    world.drop_next_reply("expire")
    with pytest.raises(OutcomeUnknown):
        world.provider.expire(reference)
    assert world.provider.fetch(reference).standing in CLOSED


def about_one(provider: PaymentProvider, reference: str) -> list[Callable[[], object]]:
    """Every call about one payment."""
    return [
        lambda: provider.fetch(reference),
        lambda: provider.expire(reference),
        lambda: provider.capture(reference, amount_ore=ASKED_ORE, key="a"),
        lambda: provider.release(reference, key="b"),
        lambda: provider.refund(reference, refund_id=uuid4(), amount_ore=100, key="c"),
    ]


def test_no_connection_means_that_nothing_was_done(world: World) -> None:
    parameters = world.provider.prepare(order(), method=world.method)
    provider = world.unreachable()
    for call in about_one(provider, "cs_test_1"):
        with pytest.raises(ProviderUnavailable):
            call()
    with pytest.raises(ProviderUnavailable):
        provider.start(parameters, key="one")
    with pytest.raises(ProviderUnavailable):
        list(provider.payouts(since=datetime.now(UTC).date()))
    if world.lists_events:
        with pytest.raises(ProviderUnavailable):
            list(provider.recent(since=datetime.now(UTC)))
    assert world.opened() == 0


def test_a_reference_that_is_not_known(world: World) -> None:
    for call in about_one(world.provider, "cs_test_nothing"):
        with pytest.raises(NoSuchPayment):
            call()


def test_recent_tells_what_happened_oldest_first(world: World) -> None:
    began = datetime.now(UTC)
    first, second = opened(world, "one"), opened(world, "two")
    world.finish(second[1])
    world.provider.expire(first[1])
    hints = list(world.provider.recent(since=began))
    if not world.lists_events:
        assert hints == []
        return
    assert [(hint.reference, hint.payment_id) for hint in hints] == [
        (second[1], second[0].payment_id),
        (first[1], first[0].payment_id),
    ]
    assert len({hint.event_id for hint in hints}) == 2
    assert list(world.provider.recent(since=began + timedelta(seconds=60))) == []


def test_notices_of_one_event_bear_one_id_and_recent_knows_it(world: World) -> None:
    began = datetime.now(UTC)
    asked, reference = opened(world)
    world.finish(reference)
    hints = hints_of(world, reference)
    assert len(set(hints)) < len(hints)
    assert {(hint.reference, hint.payment_id) for hint in hints} <= {(reference, asked.payment_id), (reference, None)}
    if world.lists_events:
        assert set(hints) == set(world.provider.recent(since=began))


def test_a_notice_that_is_not_proven_is_refused(world: World) -> None:
    _asked, reference = opened(world)
    world.finish(reference)
    now = datetime.now(UTC)
    headers, raw = world.signed(world.notices(reference)[0], now)
    changed = raw.replace(reference.encode(), reference.encode()[:-1] + b"~")
    assert changed != raw
    bad = {
        "not signed": ({}, raw),
        "a changed byte": (headers, changed),
        "another secret": world.signed((headers, raw), now, rightly=False),
    }
    if world.notices_age:
        bad["too old"] = world.signed((headers, raw), now - timedelta(seconds=302))
        bad["from the future"] = world.signed((headers, raw), now + timedelta(seconds=302))
    for some_headers, some_raw in bad.values():
        with pytest.raises(BadNotice):
            world.provider.read_notice(headers=some_headers, raw=some_raw, now=now)
    for seconds in (-298, 298):
        near = world.signed((headers, raw), now + timedelta(seconds=seconds))
        assert world.provider.read_notice(headers=near[0], raw=near[1], now=now).reference == reference
