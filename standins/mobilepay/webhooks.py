"""Registrations of webhooks, and the signed notices sent to them: one after another, tried again until taken.

The vendor tries again after 2 s (four times), 60 s, 120 s, each hour up to the 29th try, then daily for up to 7 days.
Here those waits are divided by 60, so an hour is a minute. Each registration has a queue of its own, and a notice that
is not taken keeps back those behind it. Only addresses on this machine are called; any other counts as not answering.
A registration that has not answered for 14 days (by the stand-in's clock) is deleted.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import urllib.parse
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial

import requests

from standins.clockwork import Clockwork
from standins.faults import Faults
from standins.mobilepay.bodies import LOCAL
from standins.mobilepay.clock import Clock
from standins.mobilepay.merchant import EVENTS, MSN, Json, Payment
from standins.mobilepay.refusals import Refusal, malformed

KINDS = tuple(f"epayments.payment.{name.lower()}.v1" for name in EVENTS)
TIMEOUT_SECONDS = 10.0
VENDOR_WAITS = (2,) * 4 + (60, 120) + (3600,) * 23 + (86_400,) * 6
SHORTENED = 60
WAITS = tuple(seconds / SHORTENED for seconds in VENDOR_WAITS)
MOST_PER_KIND = 25
SILENT_FOR = timedelta(days=14)
# How late a notice comes that is to come out of order, unless the fault says.
LATE_SECONDS = 1.5
# The registration that is there from the start, for the portal.
PORTALS_ID, PORTALS_SECRET = "5f1c0c0a-0a4f-4f0e-9a5e-5f6d1b7c2e11", "standin-webhook"


def signed(url: str, body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """The headers that prove a notice: host and path are those of the registered address."""
    parts = urllib.parse.urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    date = format_datetime(at, usegmt=True)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = f"POST\n{path}\n{date};{parts.netloc};{digest}"
    proof = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Vipps MobilePay webhooks",
        "Host": parts.netloc,
        "x-ms-date": date,
        "x-ms-content-sha256": digest,
        "Authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={proof}",
    }


@dataclass(slots=True)
class Registered:
    """One registration and what waits to be told to it."""

    url: str
    events: tuple[str, ...]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    waiting: deque[bytes] = field(default_factory=deque)
    is_busy: bool = False
    tries: int = 0  # of the first one waiting
    silent_since: datetime | None = None


class Webhooks:
    """Every registration of the sales unit."""

    def __init__(self, clock: Clock, clockwork: Clockwork, faults: Faults, portal_hook: str) -> None:
        self._clock, self._clockwork, self._faults, self._portal_hook = clock, clockwork, faults, portal_hook
        self._lock = threading.RLock()
        self._per_thread = threading.local()
        self.clear()

    def clear(self) -> None:
        """Only the portal's own registration is left, and nothing waits."""
        with self._lock:
            own = Registered(self._portal_hook, KINDS, PORTALS_ID, PORTALS_SECRET)
            self._registered: dict[str, Registered] = {own.id: own}

    def register(self, url: str, events: list[str]) -> Json:
        """A new registration, with the secret that is shown this once.

        :raises Refusal: an event is unknown or named twice, or has too many registrations
        """
        for place, kind in enumerate(events):
            if kind not in KINDS:
                raise malformed(f"events[{place}]", "There is no such event.")
        if len(set(events)) < len(events):
            raise malformed("events", "An event is named twice.")
        with self._lock:
            for kind in events:
                if sum(kind in one.events for one in self._registered.values()) >= MOST_PER_KIND:
                    raise malformed("events", f"At most {MOST_PER_KIND} webhooks can be registered for {kind}.")
            made = Registered(url, tuple(events))
            self._registered[made.id] = made
        return {"id": made.id, "secret": made.secret}

    def listed(self) -> list[Json]:
        """The registrations, without their secrets."""
        with self._lock:
            return [{"id": one.id, "url": one.url, "events": list(one.events)} for one in self._registered.values()]

    def delete(self, webhook_id: str) -> None:
        """End a registration, with whatever waits for it.

        :raises Refusal: there is none
        """
        with self._lock:
            if self._registered.pop(webhook_id, None) is None:
                raise Refusal("Not Found", "There is no such webhook.", status=404)

    def undelivered(self) -> int:
        """How many notices wait, over all registrations."""
        with self._lock:
            return sum(len(one.waiting) for one in self._registered.values())

    def send(self, payment: Payment, event: Json) -> None:
        """Begin to tell an event to everyone who asked for its kind."""
        kind = f"epayments.payment.{event['name'].lower()}.v1"
        told = {"msn": MSN, **event}
        if event["name"] == "AUTHORIZED":
            told |= payment.guarantee()
        body = json.dumps(told).encode()
        late = self._faults.take("mobilepay", "out_of_order")
        copies = 2 if self._faults.take("mobilepay", "duplicate") else 1
        with self._lock:
            wanting = [one for one in self._registered.values() if kind in one.events]
        for one in wanting:
            if late:
                self._clockwork.after(late.seconds or LATE_SECONDS, partial(self._add, one, [body] * copies))
            else:
                self._add(one, [body] * copies)

    def _add(self, one: Registered, bodies: list[bytes]) -> None:
        with self._lock:
            if self._registered.get(one.id) is not one:
                return
            one.waiting.extend(bodies)
            if not one.is_busy:
                one.is_busy = True
                self._clockwork.after(0, lambda: self._deliver(one))

    def _deliver(self, one: Registered) -> None:
        """Tell the first one waiting; then, at once or after a wait, come back for the next."""
        with self._lock:
            if self._registered.get(one.id) is not one or not one.waiting:
                one.is_busy = False
                return
            body = one.waiting[0]
        is_taken = self._is_taken(one, body)
        with self._lock:
            wait = 0.0
            if is_taken:
                one.silent_since = None
            else:
                wait = self._after_failure(one)
            if wait == 0.0:
                one.waiting.popleft()
                one.tries = 0
            self._clockwork.after(wait, lambda: self._deliver(one))

    def _after_failure(self, one: Registered) -> float:
        """How long to wait before the next try; 0 when this notice has been tried often enough."""
        now = self._clock.now()
        one.silent_since = one.silent_since or now
        if now - one.silent_since >= SILENT_FOR:
            self._registered.pop(one.id, None)
        one.tries += 1
        return WAITS[one.tries - 1] if one.tries <= len(WAITS) else 0.0

    def _is_taken(self, one: Registered, body: bytes) -> bool:
        if not LOCAL.fullmatch(urllib.parse.urlsplit(one.url).hostname or ""):
            return False
        session = getattr(self._per_thread, "session", None)
        if session is None:
            session = self._per_thread.session = requests.Session()
            session.trust_env = False
        headers = {**signed(one.url, body, one.secret, self._clock.now()), "Webhook-Id": one.id}
        try:
            answer = session.post(one.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException:
            return False
        return bool(200 <= answer.status_code < 300)
