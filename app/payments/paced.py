"""A provider at a walking pace: its calls begin at least so long after each other, so that asking much is no flood."""

# ruff: noqa: D102 - the port says what each method promises

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout
from app.payments.port import Hint, Method, Order, PaymentProvider, ProviderState, RefundTruth, Started


class Paced:
    """A `PaymentProvider` whose calls over the wire wait for their turn. One thread at a time speaks to it."""

    def __init__(
        self, provider: PaymentProvider, *, seconds_apart: float, clock: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:  # fmt: skip
        self._provider, self._seconds_apart, self._clock, self._pause = provider, seconds_apart, clock, pause
        self._next_at = clock()
        self.name, self.methods, self.minimum_ore = provider.name, provider.methods, provider.minimum_ore

    def prepare(self, order: Order, *, method: Method) -> Json:
        return self._provider.prepare(order, method=method)

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        return self._in_turn().start(parameters, key=key)

    def fetch(self, reference: str) -> ProviderState:
        return self._in_turn().fetch(reference)

    def expire(self, reference: str) -> ProviderState:
        return self._in_turn().expire(reference)

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:
        return self._in_turn().capture(reference, amount_ore=amount_ore, key=key)

    def release(self, reference: str, *, key: str) -> ProviderState:
        return self._in_turn().release(reference, key=key)

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        return self._in_turn().refund(reference, refund_id=refund_id, amount_ore=amount_ore, key=key)

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        return self._in_turn().recent(since=since)

    def payouts(self, *, since: date) -> Iterable[Payout]:
        return self._in_turn().payouts(since=since)

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        return self._in_turn().movements(on=on)

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        return self._provider.read_notice(headers=headers, raw=raw, now=now)

    def _in_turn(self) -> PaymentProvider:
        self._pause(max(0.0, self._next_at - self._clock()))
        self._next_at = self._clock() + self._seconds_apart
        return self._provider
