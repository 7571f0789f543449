"""A provider at a walking pace: every call over its wire waits for its turn, and nothing else does."""

from datetime import date, timedelta
from uuid import UUID

from app.payments.paced import Paced
from app.payments.port import Method, Order, PaymentProvider, Standing
from tests.demo import NOW
from tests.fakes.payment_provider import FakeProvider


def test_every_call_over_the_wire_waits_for_its_turn_and_is_the_providers() -> None:
    provider, waits = FakeProvider(now=NOW, reserves=True), list[float]()
    paced: PaymentProvider = Paced(provider, seconds_apart=0.25, clock=lambda: 7.0, pause=waits.append)
    order = Order(UUID(int=1), 5_000, "Prøveby", "https://m.example/r", "https://m.example/c", "da", NOW)
    call = paced.prepare(order, method=Method.CARD)
    reference = paced.start(call, key="k1").reference
    assert paced.fetch(reference).standing is Standing.AWAITING
    provider.finish(reference)
    assert paced.expire(reference).standing is Standing.AUTHORISED
    assert paced.capture(reference, amount_ore=5_000, key="k2").standing is Standing.PAID
    assert paced.release(reference, key="k3").standing is Standing.PAID
    assert paced.refund(reference, refund_id=UUID(int=2), amount_ore=100, key="k4").amount_ore == 100
    assert list(paced.recent(since=NOW - timedelta(days=1)))
    assert list(paced.payouts(since=date(2026, 1, 1))) == []
    hint = next(iter(provider.events)).hint
    headers, raw = provider.notice(hint, at=NOW)
    assert paced.read_notice(headers=headers, raw=raw, now=NOW) == hint
    assert waits == [0.0] + [0.25] * (len(provider.calls) - 1), "the first need not wait; a notice is no call"
    assert (paced.name, paced.methods, paced.minimum_ore) == ("stripe", frozenset({Method.CARD}), 250)
