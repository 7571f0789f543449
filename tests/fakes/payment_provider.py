"""A payment provider in memory, which keeps the port's promises and breaks on demand."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.port import (
    BadNotice,
    Hint,
    Method,
    NoSuchPayment,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    Standing,
    Started,
)

SECRET = "fake-secret"
TOLERANCE = timedelta(seconds=300)


@dataclass(frozen=True)
class FakeEvent:
    """Something that happened, as `recent` and notices tell it."""

    hint: Hint
    happened_at: datetime


class FakeProvider:
    """One account. Switches: `is_down`, `drop_replies`; acts of the world: `pay`, `close`, `fail`, `approve`."""

    def __init__(
        self,
        *,
        name: str = "stripe",
        methods: frozenset[Method] = frozenset({Method.CARD}),
        now: datetime | None = None,
    ) -> None:
        self.name = name
        self.methods = methods
        self.minimum_ore = 250
        self.now = now
        """What the provider's clock shows; None follows the real one."""
        self.is_down = False
        """Nothing is reached, nothing is done: ProviderUnavailable."""
        self.drop_replies = 0
        """How many of the next calls do their work and then say nothing: OutcomeUnknown."""
        self.calls: list[str] = []
        """What was asked of the provider, in order: start, fetch, expire, recent."""
        self.payments: dict[str, ProviderState] = {}
        self.events: list[FakeEvent] = []
        """Everything that happened, oldest first; tests may take hints from here in any order."""
        self._by_key: dict[str, tuple[str, Started]] = {}
        self._numbers = count(1)

    # The port

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
        said = json.dumps(parameters, sort_keys=True)
        if key in self._by_key:
            first_said, started = self._by_key[key]
            if first_said != said:
                raise ProviderRefused("the key belongs to another call", code="idempotency_error")
        else:
            started = self._open(parameters)
            self._by_key[key] = (said, started)
        self._answer()
        return started

    def fetch(self, reference: str) -> ProviderState:
        self._reach("fetch")
        state = self._known(reference)
        self._answer()
        return state

    def expire(self, reference: str) -> ProviderState:
        self._reach("expire")
        if self._known(reference).standing is Standing.AWAITING:
            self.close(reference)
        self._answer()
        return self._known(reference)

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        self._reach("recent")
        self._answer()
        return [event.hint for event in self.events if event.happened_at >= since.replace(microsecond=0)]

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        at, _comma, proof = headers.get("Fake-Signature", "").partition(",")
        if not hmac.compare_digest(proof.encode(), _proof(at, raw, SECRET).encode()):
            raise BadNotice("no signature fits")
        if abs(now - datetime.fromtimestamp(int(at), UTC)) > TOLERANCE:
            raise BadNotice("signed too long ago, or in the future")
        told = json.loads(raw)
        payment_id = UUID(told["payment_id"]) if told["payment_id"] else None
        return Hint(told["event_id"], told["kind"], told["reference"], payment_id)

    # The world

    def pay(self, reference: str, *, amount_ore: int | None = None, currency: str | None = None) -> Hint:
        """The citizen pays, perhaps another amount than was asked."""
        state = self._known(reference)
        paid = replace(
            state,
            standing=Standing.PAID,
            amount_ore=state.amount_ore if amount_ore is None else amount_ore,
            currency=currency or state.currency,
            charge_reference=f"ch_{reference}",
            method_detail="Visa •••• 4242",
            redirect_url=None,
        )
        return self._becomes(paid, "paid")

    def approve(self, reference: str) -> Hint:
        """The citizen's money is reserved, not taken."""
        return self._becomes(
            replace(self._known(reference), standing=Standing.AUTHORISED, redirect_url=None), "approved"
        )

    def close(self, reference: str) -> Hint:
        """Time is up."""
        return self._becomes(replace(self._known(reference), standing=Standing.EXPIRED, redirect_url=None), "expired")

    def fail(self, reference: str, *, standing: Standing = Standing.FAILED, code: str = "declined") -> Hint:
        """It comes to nothing: failed, declined or cancelled."""
        state = replace(self._known(reference), standing=standing, failure_code=code, redirect_url=None)
        return self._becomes(state, standing.value)

    def notice(self, hint: Hint, *, at: datetime, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
        """Headers and body of the notice about an event."""
        told = {
            "event_id": hint.event_id,
            "kind": hint.kind,
            "reference": hint.reference,
            "payment_id": str(hint.payment_id) if hint.payment_id else None,
        }
        raw, seconds = json.dumps(told).encode(), str(int(at.timestamp()))
        return {"Fake-Signature": f"{seconds},{_proof(seconds, raw, secret)}"}, raw

    # Inside

    def _clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def _reach(self, call: str) -> None:
        self.calls.append(call)
        if self.is_down:
            raise ProviderUnavailable("the fake is down")

    def _answer(self) -> None:
        if self.drop_replies:
            self.drop_replies -= 1
            raise OutcomeUnknown("the fake dropped its reply")

    def _known(self, reference: str) -> ProviderState:
        if reference not in self.payments:
            raise NoSuchPayment(reference)
        return self.payments[reference]

    def _open(self, parameters: Mapping[str, Any]) -> Started:
        if parameters["amount"] < self.minimum_ore:
            raise ProviderRefused("too little", code="amount_too_small")
        reference = f"{self.name}-{next(self._numbers)}"
        url = f"https://pay.example/{reference}"
        self.payments[reference] = ProviderState(
            reference=reference,
            payment_id=UUID(parameters["payment"]),
            standing=Standing.AWAITING,
            amount_ore=parameters["amount"],
            currency="DKK",
            redirect_url=url,
        )
        return Started(reference, url, datetime.fromtimestamp(parameters["expires_at"], UTC))

    def _becomes(self, state: ProviderState, kind: str) -> Hint:
        self.payments[state.reference] = state
        hint = Hint(f"evt-{next(self._numbers)}", kind, state.reference, state.payment_id)
        self.events.append(FakeEvent(hint, self._clock()))
        return hint


def _proof(at: str, raw: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + raw, hashlib.sha256).hexdigest()
