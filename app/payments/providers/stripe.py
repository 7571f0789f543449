"""Cards, and MobilePay where it goes the same way, through Stripe Checkout's hosted page.

The citizen types the card number on Stripe's own page, so that the portal stays in PCI SAQ A. The files beside this one
are its parts: the wire, the objects read, notices, payouts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout
from app.payments.port import Hint, Method, Order, OutcomeUnknown, ProviderRefused, ProviderState, RefundTruth, Started
from app.payments.providers import stripe_notice, stripe_payouts
from app.payments.providers.stripe_state import charge_of, refund_truth, state
from app.payments.providers.stripe_wire import PATIENCE, Timeouts, client, every, pages, readable, translate

if TYPE_CHECKING:
    import stripe
    from stripe.params._event_list_params import EventListParams
    from stripe.params.checkout._session_create_params import SessionCreateParams

# Stripe refuses an expiry under 30 minutes from now; the minute above is what a first, lost call may take to be made.
STAYS_OPEN = timedelta(minutes=31)
MAX_PAGES = 20
LOCALES = frozenset({"da", "en"})
# What can change how a payment of ours stands; what else happens in the account is not asked for.
EVENT_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)


class StripeProvider:
    """One merchant's account at Stripe. `api_base` None is Stripe itself; any of `webhook_secrets` may sign.

    `methods` says what it is used for: cards, or MobilePay too where the municipality has no agreement of its own.
    """

    name = "stripe"
    minimum_ore = 250

    def __init__(
        self,
        secret_key: str,
        *,
        api_base: str | None = None,
        webhook_secrets: Sequence[str] = (),
        methods: frozenset[Method] = frozenset({Method.CARD}),
        timeouts: Timeouts = PATIENCE,
    ) -> None:
        if any(not secret.strip() for secret in webhook_secrets):
            raise ValueError("an empty webhook secret would let anyone sign")
        self.methods = methods
        self._secrets = tuple(webhook_secrets)
        self._client = client(secret_key, api_base=api_base, timeouts=timeouts)

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
        with translate():
            session = self._client.v1.checkout.sessions.create(
                cast("SessionCreateParams", dict(parameters)), {"idempotency_key": key}
            )
        with readable():
            if not session.url:
                raise OutcomeUnknown("stripe opened a session without a page")
            return Started(session.id, session.url, datetime.fromtimestamp(session.expires_at, UTC))

    def fetch(self, reference: str) -> ProviderState:
        """How the payment stands now, with its refunds and disputes (the port says more)."""
        session = self._session(reference)
        with readable():
            charge = charge_of(session)
            disputed = charge is not None and charge.disputed
        refunds = self._refunds(charge)
        disputes = self._disputes(charge.id) if charge and disputed else []
        with readable():
            return state(session, refunds=refunds, disputes=disputes)

    def expire(self, reference: str) -> ProviderState:
        """Close an open payment and say how it then stands (the port says more)."""
        try:
            with translate():
                self._client.v1.checkout.sessions.expire(reference)
        except ProviderRefused:
            # Only an open session can be expired: it was paid or closed before. Which of them, the object says.
            pass
        return self.fetch(reference)

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:  # noqa: ARG002 - the port's words
        """Nothing to do: Checkout takes the money when the citizen pays."""
        return self.fetch(reference)

    def release(self, reference: str, *, key: str) -> ProviderState:  # noqa: ARG002 - the port's words
        """Nothing to do: Checkout reserves nothing."""
        return self.fetch(reference)

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        """Send money back once, however late the call comes again (the port says more).

        Stripe forgets a key after a day, so a refund that already bears our id is answered instead of made again.
        """
        session = self._session(reference)
        with readable():
            charge = charge_of(session)
            if charge is None or session.payment_status != "paid":
                raise ProviderRefused("stripe has taken no money for this payment", code="not_paid")
            made_before = [refund_truth(refund) for refund in self._refunds(charge)]
        for refund in made_before:
            if refund.refund_id == refund_id:
                if refund.amount_ore != amount_ore:
                    raise ProviderRefused("this refund was made of another amount", code="another_amount")
                return refund
        ours = {"payment": str(stripe_notice.our_id(session.metadata)), "refund": str(refund_id)}
        with translate():
            made = self._client.v1.refunds.create(
                {"charge": charge.id, "amount": amount_ore, "metadata": ours}, {"idempotency_key": key}
            )
        with readable():
            return refund_truth(made)

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        """The latest events since a moment, oldest first; of more than MAX_PAGES pages only the newest."""
        query: EventListParams = {"types": list(EVENT_TYPES), "created": {"gte": int(since.timestamp())}}
        hints: list[Hint] = []
        for page in pages(self._client.v1.events.list, query, most=MAX_PAGES):
            with readable():
                hints += [stripe_notice.hint(event.id, event.type, event.data.object.to_dict()) for event in page]
        hints.reverse()
        return hints

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        """Prove that a webhook is Stripe's, then read it (the port says more)."""
        return stripe_notice.read(headers=headers, raw=raw, secrets=self._secrets, now=now)

    def payouts(self, *, since: date) -> Iterable[Payout]:
        """What reached the bank since a day, newest first, each read when it is asked for (the port says more)."""
        return stripe_payouts.payouts(self._client, since=since)

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        """What moved on a day, newest first, a page at a time (the port says more)."""
        return stripe_payouts.movements(self._client, on=on)

    def _session(self, reference: str) -> "stripe.checkout.Session":
        opened = ["payment_intent.latest_charge.refunds"]
        with translate():
            return self._client.v1.checkout.sessions.retrieve(reference, {"expand": opened})

    def _refunds(self, charge: "stripe.Charge | None") -> list["stripe.Refund"]:
        """Every refund of a charge. Expanded, only the newest few stand on it; then the list is asked for."""
        with readable():
            if charge is None or charge.refunds is None:
                return []
            if not charge.refunds.has_more:
                return list(charge.refunds.data)
            charge_id = charge.id
        return list(every(self._client.v1.refunds.list, {"charge": charge_id}, most=MAX_PAGES))

    def _disputes(self, charge_id: str) -> list["stripe.Dispute"]:
        return list(every(self._client.v1.disputes.list, {"charge": charge_id}, most=MAX_PAGES))
