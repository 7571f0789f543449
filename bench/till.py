"""A merchant in memory: no wire and no waiting, so that only our own side is measured."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from time import monotonic
from typing import Any
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout
from app.payments.port import Hint, Method, Order, ProviderState, RefundTruth, Standing, Started

# ruff: noqa: D102 - the port says what each method promises


class Till:
    """What is open stays open, what is reserved can be taken; nothing else is asked of it in a bench."""

    methods = frozenset({Method.CARD, Method.MOBILEPAY})
    minimum_ore = 1

    def __init__(self, name: str, *, clock: Callable[[], float] = monotonic) -> None:
        self.name, self._clock = name, clock
        self.fetched_at = array("d")
        self.is_in_order = True
        """Whether every reference that was fetched came after the one before it."""
        self._last = ""

    def fetch(self, reference: str) -> ProviderState:
        self.fetched_at.append(self._clock())
        self.is_in_order &= reference > self._last
        self._last = reference
        return ProviderState(reference, None, Standing.AWAITING, 0, "dkk")

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:
        assert key
        return ProviderState(reference, None, Standing.PAID, amount_ore, "dkk", f"ch_{reference}", "MobilePay")

    def prepare(self, order: Order, *, method: Method) -> Json:
        raise NotImplementedError

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        raise NotImplementedError

    def expire(self, reference: str) -> ProviderState:
        raise NotImplementedError

    def release(self, reference: str, *, key: str) -> ProviderState:
        raise NotImplementedError

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        raise NotImplementedError

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        raise NotImplementedError

    def payouts(self, *, since: date) -> Iterable[Payout]:
        raise NotImplementedError

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        raise NotImplementedError

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        raise NotImplementedError
