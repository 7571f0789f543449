"""Cards through Stripe Checkout's hosted page: the one file that speaks with Stripe.

The citizen types the card number on Stripe's own page, so that the portal stays in PCI SAQ A. Errors are translated in
`_translate` and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import httpx
import stripe

from app.foundation.http import new_client, within
from app.foundation.jsons import Json
from app.payments.port import (
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
from app.payments.providers import stripe_notice

if TYPE_CHECKING:
    from stripe.params._event_list_params import EventListParams
    from stripe.params.checkout._session_create_params import SessionCreateParams

stripe.enable_telemetry = False

# Stripe refuses an expiry under 30 minutes from now; the minute above is what a first, lost call may take to be made.
STAYS_OPEN = timedelta(minutes=31)
PAGE_SIZE = 100
MAX_PAGES = 20
LOCALES = frozenset({"da", "en"})
# What can change how a payment of ours stands; what else happens in the account is not asked for.
EVENT_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
# Answers that say the call was certainly not carried out, but may be later: too fast (429), a key that an operator must
# mend (401, 403). Refused for good are the others of InvalidRequestError and a key used for another call.
NOT_NOW = (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)
REFUSALS = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)


@dataclass(frozen=True)
class Timeouts:
    """How long, in seconds, to wait for a connection, and for the whole call."""

    connect_seconds: float = 3.0
    total_seconds: float = 8.0


class StripeProvider:
    """One merchant's account at Stripe. `api_base` None is Stripe itself; any of `webhook_secrets` may sign."""

    name = "stripe"
    methods = frozenset({Method.CARD})
    minimum_ore = 250

    def __init__(
        self,
        secret_key: str,
        *,
        api_base: str | None = None,
        webhook_secrets: Sequence[str] = (),
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        if any(not secret.strip() for secret in webhook_secrets):
            raise ValueError("an empty webhook secret would let anyone sign")
        self._secrets = tuple(webhook_secrets)
        # The library's own retries are off: after a timeout and then a refused connection they would report only the
        # second, and a call that may have been carried out would be taken for one that was not. Callers replay.
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            max_network_retries=0,
            http_client=_Wire(timeouts),
        )

    def __repr__(self) -> str:
        return "StripeProvider(...)"

    def prepare(self, order: Order, *, method: Method) -> Json:
        """The exact parameters of the call that opens the payment (the port says more).

        :raises ValueError: this provider does not take the method
        """
        if method not in self.methods:
            raise ValueError(f"stripe does not take {method}")
        label, ours = f"Betaling til {order.payee}", {"payment": str(order.payment_id)}
        price = {"currency": "dkk", "unit_amount": order.amount_ore, "product_data": {"name": label}}
        return {
            "mode": "payment",
            "locale": order.locale if order.locale in LOCALES else "auto",
            # Always one neutral line: what the bills are about is nobody else's business.
            "line_items": [{"quantity": 1, "price_data": price}],
            "allowed_payment_method_types": [method.value],
            "adaptive_pricing": {"enabled": False},
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
            "expires_at": int((order.now + STAYS_OPEN).timestamp()),
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
        }

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        """Open the payment, or find it again under the same key (the port says more)."""
        with _translate():
            session = self._client.v1.checkout.sessions.create(
                cast("SessionCreateParams", dict(parameters)), {"idempotency_key": key}
            )
        with _readable():
            if not session.url:
                raise OutcomeUnknown("stripe opened a session without a page")
            return Started(session.id, session.url, _moment(session.expires_at))

    def fetch(self, reference: str) -> ProviderState:
        """How the payment stands now (the port says more)."""
        with _translate():
            session = self._client.v1.checkout.sessions.retrieve(
                reference, {"expand": ["payment_intent.latest_charge"]}
            )
        with _readable():
            return _state(session)

    def expire(self, reference: str) -> ProviderState:
        """Close an open payment and say how it then stands (the port says more)."""
        try:
            with _translate():
                self._client.v1.checkout.sessions.expire(reference)
        except ProviderRefused:
            # Only an open session can be expired: it was paid or closed before. Which of them, the object says.
            pass
        return self.fetch(reference)

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        """The latest events since a moment, oldest first; of more than MAX_PAGES pages only the newest."""
        hints: list[Hint] = []
        query: EventListParams = {
            "types": list(EVENT_TYPES),
            "created": {"gte": int(since.timestamp())},
            "limit": PAGE_SIZE,
        }
        for _page in range(MAX_PAGES):
            with _translate():
                page = self._client.v1.events.list(query)
            with _readable():
                hints += [stripe_notice.hint(event.id, event.type, event.data.object.to_dict()) for event in page.data]
                if not page.has_more or not page.data:
                    break
                query["starting_after"] = page.data[-1].id
        hints.reverse()
        return hints

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        """Prove that a webhook is Stripe's, then read it (the port says more)."""
        return stripe_notice.read(headers=headers, raw=raw, secrets=self._secrets, now=now)


class _Wire(stripe.HTTPClient):
    """How the library speaks HTTP: one pool, no redirects, and connection faults named by what they mean to us."""

    name = "httpx"

    def __init__(self, timeouts: Timeouts) -> None:
        super().__init__()
        self._pool = _pool(timeouts)
        self._total_seconds = timeouts.total_seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call, never repeated.

        :raises ProviderUnavailable: no connection, so nothing was sent
        :raises OutcomeUnknown: the connection broke or fell silent afterwards
        """
        try:
            with within(self._total_seconds):
                answer = self._pool.request(method, url, headers=headers, content=post_data)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
            raise ProviderUnavailable("stripe cannot be reached") from fault
        except httpx.HTTPError as fault:
            raise OutcomeUnknown(f"no answer from stripe ({type(fault).__name__})") from fault
        if answer.status_code >= 300 and not answer.headers.get("content-type", "").startswith("application/json"):
            # Not Stripe's own words (a gateway's page, a redirect): nobody knows how far the call came.
            raise OutcomeUnknown(f"stripe answered {answer.status_code} without saying why")
        return answer.text, answer.status_code, answer.headers


@cache
def _pool(timeouts: Timeouts) -> httpx.Client:
    """One pool for all merchants of the process: a TLS context each would cost megabytes."""
    return new_client(timeout_seconds=timeouts.total_seconds, connect_seconds=timeouts.connect_seconds, connections=50)


@contextmanager
def _translate() -> Iterator[None]:
    """Stripe's errors to the port's: the one table."""
    try:
        yield
    except NOT_NOW as fault:
        raise ProviderUnavailable(_said(fault)) from fault
    except REFUSALS as fault:
        if fault.code == "resource_missing":
            raise NoSuchPayment(_said(fault)) from fault
        kind = fault.error.type if fault.error else None
        raise ProviderRefused(_said(fault), code=fault.code or kind or "refused") from fault
    except stripe.StripeError as fault:
        # 409 (the same call is under way), 5xx, and whatever Stripe may come to say: it may have been carried out.
        raise OutcomeUnknown(_said(fault)) from fault


@contextmanager
def _readable() -> Iterator[None]:
    """An answer that lacks what it must have is no answer."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise OutcomeUnknown("stripe's answer cannot be read") from fault


def _said(fault: stripe.StripeError) -> str:
    """What to log: never Stripe's prose, which repeats parameters, but its names for what happened."""
    return f"stripe: {type(fault).__name__} {fault.code or ''} ({fault.http_status}, {fault.request_id})"


def _state(session: stripe.checkout.Session) -> ProviderState:
    intent = session.payment_intent if isinstance(session.payment_intent, stripe.PaymentIntent) else None
    charge = intent.latest_charge if intent and isinstance(intent.latest_charge, stripe.Charge) else None
    paid = session.payment_status == "paid"
    if intent and paid:
        amount_ore, currency = intent.amount_received, intent.currency
    else:
        amount_ore, currency = session.amount_total or 0, session.currency or ""
    failure = intent.last_payment_error if intent and not paid else None
    return ProviderState(
        reference=session.id,
        payment_id=stripe_notice.our_id(session.metadata),
        standing=_standing(session, intent),
        amount_ore=amount_ore,
        currency=currency.upper(),
        charge_reference=charge.id if charge else None,
        method_detail=_method_detail(charge),
        failure_code=(getattr(failure, "decline_code", None) or failure.code) if failure else None,
        redirect_url=session.url if session.status == "open" else None,
    )


def _standing(session: stripe.checkout.Session, intent: stripe.PaymentIntent | None) -> Standing:
    """Paid wins always; `complete` alone proves nothing."""
    if session.payment_status == "paid":
        return Standing.PAID
    if session.status == "complete":
        # A slow means of payment: on its way, or finally refused.
        return Standing.FAILED if intent and intent.status == "requires_payment_method" else Standing.AWAITING
    return {"open": Standing.AWAITING, "expired": Standing.EXPIRED}[str(session.status)]


def _method_detail(charge: stripe.Charge | None) -> str | None:
    card = charge.payment_method_details.card if charge and charge.payment_method_details else None
    if card is None or card.last4 is None:
        return None
    brand = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}.get(card.brand or "", "Kort")
    return f"{brand} •••• {card.last4}"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
