"""MobilePay directly over Vipps MobilePay ePayment v1: payments, refunds, notices and where they are registered.

The payment's own id is the reference at the vendor. `state` says only how the citizen answered; where the money is, the
four amounts of `aggregate` say (reserved, taken, sent back, let go), and they are the truth. The vendor leads back to
one address, whether the citizen paid or gave up, perhaps in another browser.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from app.foundation.clock import Clock, utc_now
from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout
from app.payments.port import (
    Hint,
    Method,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    RefundStanding,
    RefundTruth,
    Standing,
    Started,
)
from app.payments.providers import mobilepay_notice
from app.payments.providers.mobilepay_report import Report, ReportKeys
from app.payments.providers.mobilepay_wire import PATIENCE, Keys, Timeouts, Wire
from app.payments.registration import Registered, Registration

PAYMENTS = "/epayment/v1/payments"
WEBHOOKS = "/webhooks/v1/webhooks"
CURRENCY = "DKK"
LONGEST_DESCRIPTION = 100
REFUND_KEY = "refund-"
"""What a refund's stored key begins with; the rest is the refund's own id, by which the event log is read back."""
# What can change how a payment stands; CREATED is our own doing.
EVENTS = tuple(
    f"epayments.payment.{name}.v1"
    for name in ("authorized", "aborted", "expired", "terminated", "captured", "cancelled", "refunded")
)
ENDED = {"ABORTED": Standing.CANCELLED, "TERMINATED": Standing.CANCELLED, "EXPIRED": Standing.EXPIRED}
REFERENCE_EXISTS, ALREADY_CAPTURED = "4150", "6170"


class MobilePayProvider:
    """One sales unit. `notice_url` is the registered address of its notices; any of `webhook_secrets` may sign them."""

    name = "mobilepay"
    methods = frozenset({Method.MOBILEPAY})
    minimum_ore = 1

    def __init__(
        self,
        keys: Keys,
        *,
        base_url: str,
        notice_url: str,
        webhook_secrets: Sequence[str] = (),
        report_keys: ReportKeys | None = None,
        timeouts: Timeouts = PATIENCE,
        clock: Clock = utc_now,
    ) -> None:
        if any(not secret.strip() for secret in webhook_secrets):
            raise ValueError("an empty webhook secret would let anyone sign")
        self.notice_url = notice_url
        self._secrets = tuple(webhook_secrets)
        self._wire = Wire(keys, base_url=base_url, timeouts=timeouts)
        self._report = (
            Report(report_keys, msn=keys.msn, base_url=base_url, timeouts=timeouts, clock=clock)
            if report_keys
            else None
        )

    def __repr__(self) -> str:
        return "MobilePayProvider(...)"

    def prepare(self, order: Order, *, method: Method) -> Json:
        """The exact body of the call that opens the payment (the port says more).

        :raises ValueError: this provider does not take the method
        """
        if method not in self.methods:
            raise ValueError(f"mobilepay does not take {method}")
        return {
            "amount": _money(order.amount_ore),
            "paymentMethod": {"type": "WALLET"},
            "reference": str(order.payment_id),
            "userFlow": "WEB_REDIRECT",
            "returnUrl": order.return_url,
            # Always one neutral line: what the bills are about is nobody else's business.
            "paymentDescription": f"Betaling til {order.payee}"[:LONGEST_DESCRIPTION],
        }

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        """Open the payment, or find it again under the same key (the port says more)."""
        try:
            told = self._wire.call("POST", PAYMENTS, body=dict(parameters), key=key)
        except ProviderRefused as refused:
            if refused.code != REFERENCE_EXISTS:
                raise
            # The reference is our payment's own id: the call was carried out, and only its key is forgotten. A payment
            # that has come further since has no page any more; its own page with us then tells how it stands.
            state = self.fetch(str(parameters["reference"]))
            return Started(state.reference, state.redirect_url or str(parameters["returnUrl"]), None)
        with _readable():
            return Started(str(told["reference"]), str(told["redirectUrl"]), None)

    def fetch(self, reference: str) -> ProviderState:
        """How the payment stands now (the port says more)."""
        told = self._wire.call("GET", _path(reference))
        with _readable():
            return self._state(told)

    def expire(self, reference: str) -> ProviderState:
        """Close an open payment and say how it then stands (the port says more)."""
        # Cancelling is the same however often it is done; a key of its own lets one that came too early be made again.
        return self._cancel(reference, key=f"expire-{uuid4()}", body={"cancelTransactionOnly": True})

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:
        """Take the money of an authorised payment (the port says more)."""
        body = {"modificationAmount": _money(amount_ore)}
        try:
            told = self._wire.call("POST", _path(reference, "capture"), body=body, key=key)
        except ProviderRefused as refused:
            if refused.code != ALREADY_CAPTURED:
                raise
            return self.fetch(reference)
        with _readable():
            return self._state(told)

    def release(self, reference: str, *, key: str) -> ProviderState:
        """Let go of an authorised payment (the port says more)."""
        return self._cancel(reference, key=key, body=None)

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        """Send money back (the port says more). The vendor has done it when it answers."""
        body = {"modificationAmount": _money(amount_ore)}
        self._wire.call("POST", _path(reference, "refund"), body=body, key=key)
        # The answer names the payment; the name of the movement itself stands in the event log.
        for event in self._refund_events(reference):
            with _readable():
                if event.get("idempotencyKey") == key and event["success"]:
                    return RefundTruth(str(event["pspReference"]), refund_id, amount_ore, RefundStanding.SUCCEEDED)
        raise OutcomeUnknown("the refund does not stand in mobilepay's event log yet")

    def recent(self, *, since: datetime) -> Iterable[Hint]:  # noqa: ARG002 - the port's
        """Nothing: the vendor has no list of events over all payments. What no notice tells, the sweep asks singly."""
        return ()

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:  # noqa: ARG002 - the port's
        """Prove that a webhook is the vendor's, then read it (the port says more)."""
        return mobilepay_notice.read(headers=headers, raw=raw, secrets=self._secrets, url=self.notice_url)

    def payouts(self, *, since: date) -> Iterable[Payout]:
        """What has been paid to the bank (the port says more).

        :raises OutcomeUnknown, ProviderUnavailable: the reports could not be read, or there are no keys to them
        """
        if self._report is None:
            raise ProviderUnavailable("no accounting keys: what MobilePay has paid out cannot be read")
        return self._report.payouts(since=since)

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        """What moved on a day, by the ledger date that MobilePay gives it (the port says more).

        :raises OutcomeUnknown, ProviderUnavailable: the report could not be read, or there are no keys to it
        """
        if self._report is None:
            raise ProviderUnavailable("no accounting keys: what moved at MobilePay cannot be read")
        return self._report.movements(on=on)

    def registrations(self) -> Sequence[Registration]:
        """Where notices are sent to (`RegistersNotices` says more)."""
        told = self._wire.call("GET", WEBHOOKS)
        with _readable():
            return [Registration(str(one["id"]), str(one["url"]), frozenset(one["events"])) for one in told["webhooks"]]

    def register(self) -> Registered:
        """Have notices of all that matters sent to `notice_url` (`RegistersNotices` says more)."""
        told = self._wire.call(
            "POST", WEBHOOKS, body={"url": self.notice_url, "events": list(EVENTS)}, key=f"webhook-{uuid4()}"
        )
        with _readable():
            return Registered(str(told["id"]), str(told["secret"]))

    def unregister(self, registration_id: str) -> None:
        """Send no more notices there (`RegistersNotices` says more)."""
        self._wire.call("DELETE", f"{WEBHOOKS}/{quote(registration_id, safe='')}", key=f"webhook-{uuid4()}")

    def is_ours(self, registration: Registration) -> bool:
        """Whether a registration sends all that matters to `notice_url` (`RegistersNotices` says more)."""
        return registration.url == self.notice_url and registration.events >= frozenset(EVENTS)

    def _cancel(self, reference: str, *, key: str, body: Json | None) -> ProviderState:
        try:
            told = self._wire.call("POST", _path(reference, "cancel"), body=body, key=key)
        except ProviderRefused:
            # Approved, taken or ended before: which of them, the payment says.
            return self.fetch(reference)
        with _readable():
            return self._state(told)

    def _state(self, told: Mapping[str, Any]) -> ProviderState:
        aggregate, reference = told["aggregate"], str(told["reference"])
        standing = _standing(told)
        taken = _ore(aggregate["capturedAmount"])
        has_refunds = _ore(aggregate["refundedAmount"]) > 0
        return ProviderState(
            reference=reference,
            payment_id=mobilepay_notice.our_id(reference),
            standing=standing,
            amount_ore=taken if standing is Standing.PAID else _ore(told["amount"]),
            currency=str(told["amount"]["currency"]).upper(),
            charge_reference=str(told["pspReference"]) if standing is Standing.PAID else None,
            method_detail="MobilePay" if standing is Standing.PAID else None,
            redirect_url=told.get("redirectUrl") if standing is Standing.AWAITING else None,
            refunds=tuple(_refund(one) for one in self._refund_events(reference)) if has_refunds else (),
        )

    def _refund_events(self, reference: str) -> list[Mapping[str, Any]]:
        told = self._wire.call("GET", _path(reference, "events"))
        with _readable():
            return [one for one in told if one["name"] == "REFUNDED"]


def _standing(told: Mapping[str, Any]) -> Standing:
    """Money that was taken wins always, all of it or a part."""
    aggregate, state = told["aggregate"], str(told["state"])
    if _ore(aggregate["capturedAmount"]) > 0:
        return Standing.PAID
    if state == "AUTHORIZED":
        is_let_go = _ore(aggregate["cancelledAmount"]) >= _ore(aggregate["authorizedAmount"])
        return Standing.CANCELLED if is_let_go else Standing.AUTHORISED
    return Standing.AWAITING if state == "CREATED" else ENDED[state]


def _refund(event: Mapping[str, Any]) -> RefundTruth:
    key = str(event.get("idempotencyKey") or "")
    return RefundTruth(
        str(event["pspReference"]),
        mobilepay_notice.our_id(key.removeprefix(REFUND_KEY)) if key.startswith(REFUND_KEY) else None,
        _ore(event["amount"]),
        RefundStanding.SUCCEEDED if event["success"] else RefundStanding.FAILED,
    )


def _path(reference: str, act: str = "") -> str:
    return f"{PAYMENTS}/{quote(reference, safe='')}{f'/{act}' if act else ''}"


def _money(amount_ore: int) -> Json:
    return {"currency": CURRENCY, "value": amount_ore}


def _ore(amount: Mapping[str, Any]) -> int:
    value = amount["value"]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not an amount")
    return value


@contextmanager
def _readable() -> Iterator[None]:
    """An answer that lacks what it must have is no answer."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise OutcomeUnknown("mobilepay's answer cannot be read") from fault
