"""Signed notices to the portal: several at a time, tried again until they are taken, twice or late on demand."""

import hashlib
import hmac
import json
import threading
import time

import requests

from standins.clockwork import Clockwork
from standins.faults import Faults
from standins.stripe.account import Account
from standins.stripe.objects import Json

SECRET = "whsec_standin"
TIMEOUT_SECONDS = 5.0
# Seconds between tries. Stripe itself takes days; nobody waits that long for a demonstration.
WAITS = (1, 2, 4, 8, 16, 32, 60, 60, 60, 60)
# How late a notice comes that is to come out of order, unless the fault says.
LATE_SECONDS = 1.5
# What the portal's endpoint has asked for; the rest happens without a notice.
SENT = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.payment_failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "payout.paid",
        "payout.failed",
        "payout.reconciliation_completed",
    }
)


def signature(body: bytes, at: int, secret: str = SECRET) -> str:
    """The value of `Stripe-Signature` for this body."""
    proof = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={proof}"


class Webhooks:
    """The notices of one account to one address."""

    def __init__(self, account: Account, clockwork: Clockwork, faults: Faults, url: str) -> None:
        self._account, self._clockwork, self._faults, self._url = account, clockwork, faults, url
        self._per_thread = threading.local()

    def send(self, event: Json) -> None:
        """Begin to deliver an event, if the endpoint has asked for its kind."""
        if event["type"] not in SENT:
            return
        if self._faults.take("stripe", "lost"):
            return
        event["pending_webhooks"] = 1
        self._account.undelivered.add(event["id"])
        body = json.dumps(event, indent=2).encode()
        late = self._faults.take("stripe", "out_of_order")
        wait = (late.seconds or LATE_SECONDS) if late else 0.0
        times = 2 if self._faults.take("stripe", "duplicate") else 1
        for _copy in range(times):
            self._clockwork.after(wait, lambda: self._deliver(event["id"], body, 0))

    def _deliver(self, event_id: str, body: bytes, tries: int) -> None:
        if self._is_taken(body):
            with self._account.lock:
                self._account.undelivered.discard(event_id)
                event = self._account.kept["event"].get(event_id)
                if event:
                    event["pending_webhooks"] = 0
        elif tries < len(WAITS) and event_id in self._account.undelivered:
            self._clockwork.after(WAITS[tries], lambda: self._deliver(event_id, body, tries + 1))

    def _is_taken(self, body: bytes) -> bool:
        session = getattr(self._per_thread, "session", None)
        if session is None:
            session = self._per_thread.session = requests.Session()
            session.trust_env = False
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(body, int(time.time())),
        }
        try:
            answer = session.post(self._url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return False
        return bool(200 <= answer.status_code < 300)
