"""A payment provider in memory, which keeps the port's promises and breaks on demand."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout
from app.payments.port import (
    BadNotice,
    Hint,
    Method,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    RefundTruth,
    Standing,
    Started,
)
from tests.fakes.payment_provider_account import FakeAccount

SECRET = "fake-secret"
TOLERANCE = timedelta(seconds=300)
T = TypeVar("T")


class FakeProvider(FakeAccount):
    """One account spoken to through the port. `reserves=True` is MobilePay's shape: `finish` reserves, `capture` takes.

    Switches: `is_down`, `drop_replies`, `refuse_capture`, `refuse_refund`, `refunds_begin_as`; acts of the world stand
    in FakeAccount.
    """

    def __init__(
        self,
        *,
        name: str = "stripe",
        methods: frozenset[Method] = frozenset({Method.CARD}),
        now: datetime | None = None,
        reserves: bool = False,
    ) -> None:
        super().__init__(now=now, reserves=reserves)
        self.name = name
        self.methods = methods
        self.minimum_ore = 250
        self.is_down = False
        """Nothing is reached, nothing is done: ProviderUnavailable."""
        self.drop_replies = 0
        """How many of the next calls do their work and then say nothing: OutcomeUnknown."""
        self.refuse_capture: str | None = None
        """The code that every capture is refused with."""
        self.refuse_refund: str | None = None
        """The code that every refund is refused with."""
        self.calls: list[str] = []
        """What was asked of the provider, in order, by the names of the port's methods."""
        self._replies: dict[str, tuple[str, Any]] = {}

    def prepare(self, order: Order, *, method: Method) -> Json:
        if method not in self.methods:
            raise ValueError(f"{self.name} does not take {method}")
        return {
            "amount": order.amount_ore,
            "payee": order.payee,
            "method": method.value,
            "payment": str(order.payment_id),
            "return_url": order.return_url,
            "locale": order.locale,
            "expires_at": int((order.now + timedelta(minutes=31)).timestamp()),
        }

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        self._reach("start")
        started = self._once(key, ["start", parameters], lambda: self._open(parameters))
        self._answer()
        return started

    def fetch(self, reference: str) -> ProviderState:
        self._reach("fetch")
        state = self.known(reference)
        self._answer()
        return state

    def expire(self, reference: str) -> ProviderState:
        self._reach("expire")
        if self.known(reference).standing is Standing.AWAITING:
            self.close(reference)
        self._answer()
        return self.known(reference)

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:
        self._reach("capture")
        if self.refuse_capture:
            raise ProviderRefused("not taken", code=self.refuse_capture)
        self._once(key, ["capture", reference, amount_ore], lambda: self._capture(reference, amount_ore))
        self._answer()
        return self.known(reference)

    def release(self, reference: str, *, key: str) -> ProviderState:
        self._reach("release")
        self._once(key, ["release", reference], lambda: self._release(reference))
        self._answer()
        return self.known(reference)

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        self._reach("refund")
        if self.refuse_refund:
            raise ProviderRefused("not sent back", code=self.refuse_refund)
        said = ["refund", reference, refund_id, amount_ore]
        made = self._once(key, said, lambda: self._refund_once(reference, refund_id, amount_ore))
        self._answer()
        return made

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        self._reach("recent")
        self._answer()
        return [event.hint for event in self.events if event.happened_at >= since.replace(microsecond=0)]

    def payouts(self, *, since: date) -> Iterable[Payout]:
        self._reach("payouts")
        self._answer()
        return [payout for payout in self.paid_out if payout.paid_on >= since]

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        self._reach("movements")
        yield from [line for day, line in self.moved if day == on]
        self._answer()  # it breaks off at its end: what was told before it counts for nothing

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        at, _comma, proof = headers.get("Fake-Signature", "").partition(",")
        if not hmac.compare_digest(proof.encode(), _proof(at, raw, SECRET).encode()):
            raise BadNotice("no signature fits")
        if abs(now - datetime.fromtimestamp(int(at), UTC)) > TOLERANCE:
            raise BadNotice("signed too long ago, or in the future")
        return _told(raw)

    def notice(self, hint: Hint, *, at: datetime, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
        """Headers and body of the notice about an event."""
        told = {
            "event_id": hint.event_id,
            "kind": hint.kind,
            "reference": hint.reference,
            "payment_id": str(hint.payment_id) if hint.payment_id else None,
            "charge_reference": hint.charge_reference,
        }
        return self.signed(json.dumps(told).encode(), at=at, secret=secret)

    def signed(self, raw: bytes, *, at: datetime, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notice with these bytes."""
        seconds = str(int(at.timestamp()))
        return {"Fake-Signature": f"{seconds},{_proof(seconds, raw, secret)}"}, raw

    def _reach(self, call: str) -> None:
        self.calls.append(call)
        if self.is_down:
            raise ProviderUnavailable("the fake is down")

    def _answer(self) -> None:
        if self.drop_replies:
            self.drop_replies -= 1
            raise OutcomeUnknown("the fake dropped its reply")

    def _once(self, key: str, said: object, act: Callable[[], T]) -> T:
        """What the act says, or what it said when it was done under the same key."""
        words = json.dumps(said, sort_keys=True, default=str)
        if key not in self._replies:
            self._replies[key] = (words, act())
        first_words, reply = self._replies[key]
        if first_words != words:
            raise ProviderRefused("the key belongs to another call", code="idempotency_error")
        made: T = reply
        return made

    def _open(self, parameters: Mapping[str, Any]) -> Started:
        if parameters["amount"] < self.minimum_ore:
            raise ProviderRefused("too little", code="amount_too_small")
        reference = f"{self.name}-{next(self._numbers)}"
        url = f"https://pay.example/{reference}"
        self._methods[reference] = Method(parameters["method"])
        self.payments[reference] = ProviderState(
            reference=reference,
            payment_id=UUID(parameters["payment"]),
            standing=Standing.AWAITING,
            amount_ore=parameters["amount"],
            currency="DKK",
            redirect_url=url,
        )
        return Started(reference, url, datetime.fromtimestamp(parameters["expires_at"], UTC))

    def _capture(self, reference: str, amount_ore: int) -> None:
        state = self.known(reference)
        if state.standing is Standing.AUTHORISED and amount_ore <= state.amount_ore:
            self.pay(reference, amount_ore=amount_ore)
        elif self.reserves:
            raise ProviderRefused("there is not so much reserved", code="not_reserved")

    def _release(self, reference: str) -> None:
        if self.known(reference).standing is Standing.AUTHORISED:
            self.fail(reference, standing=Standing.CANCELLED, code="released")

    def _refund_once(self, reference: str, refund_id: UUID, amount_ore: int) -> RefundTruth:
        state = self.known(reference)
        if state.standing is not Standing.PAID:
            raise ProviderRefused("nothing was taken", code="not_paid")
        if amount_ore > self.left_of(state):
            raise ProviderRefused("so much is not left", code="more_than_left")
        self.add_refund(state, refund_id, amount_ore)
        return self.known(reference).refunds[-1]


def _told(raw: bytes) -> Hint:
    told = json.loads(raw)
    payment_id = UUID(told["payment_id"]) if told["payment_id"] else None
    return Hint(told["event_id"], told["kind"], told["reference"], payment_id, told["charge_reference"])


def _proof(at: str, raw: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + raw, hashlib.sha256).hexdigest()
