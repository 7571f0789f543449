"""The worlds that the payment providers' contract is tested in: the fake's own, and the Stripe adapter's stand-in."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from uuid import UUID

import httpx

from app.payments.port import Hint, PaymentProvider
from app.payments.providers.stripe import StripeProvider
from app.payments.providers.stripe_wire import Timeouts
from standins.frame import Served
from standins.stripe.webhooks import signature
from tests.fakes.payment_provider import FakeProvider

SECRETS = ("whsec_old", "whsec_standin")
QUICK = Timeouts(connect_seconds=1, total_seconds=4)
Notice = tuple[Mapping[str, str], bytes]


class World(Protocol):
    """The provider under test, and the hand that moves the world around it."""

    provider: PaymentProvider

    def pay(self, reference: str) -> None: ...
    def drop_next_reply(self) -> None: ...
    def opened(self) -> int: ...
    def unreachable(self) -> PaymentProvider: ...
    def notices(self, reference: str) -> list[Notice]: ...
    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice: ...


class FakeWorld:
    def __init__(self) -> None:
        self.fake = FakeProvider()
        self.provider: PaymentProvider = self.fake

    def pay(self, reference: str) -> None:
        self.fake.pay(reference)

    def drop_next_reply(self) -> None:
        self.fake.drop_replies = 1

    def opened(self) -> int:
        return len(self.fake.payments)

    def unreachable(self) -> PaymentProvider:
        self.fake.is_down = True
        return self.fake

    def notices(self, reference: str) -> list[Notice]:
        hints = [event.hint for event in self.fake.events if event.hint.reference == reference]
        return [self.fake.notice(hint, at=datetime.now(UTC)) for hint in hints for _twice in range(2)]

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        told = json.loads(notice[1])
        hint = Hint(told["event_id"], told["kind"], told["reference"], UUID(told["payment_id"]))
        return self.fake.notice(hint, at=at, secret="fake-secret" if rightly else "other")


@dataclass
class Letterbox:
    """Where the stand-in sends its notices instead of to the portal."""

    url: str
    received: list[Notice] = field(default_factory=list)

    def about(self, reference: str, count: int) -> list[Notice]:
        """The notices about a session, when there are so many."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = [notice for notice in self.received if json.loads(notice[1])["data"]["object"]["id"] == reference]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError("the notices did not come")


class StripeWorld:
    def __init__(self, served: Served, letterbox: Letterbox) -> None:
        self._url, self._letterbox = served.url, letterbox
        httpx.post(f"{served.url}/control/reset").raise_for_status()
        self.provider: PaymentProvider = self._provider(f"{served.url}/stripe")

    def _provider(self, api_base: str) -> StripeProvider:
        return StripeProvider("sk_test_standin", api_base=api_base, webhook_secrets=SECRETS, timeouts=QUICK)

    def _fault(self, kind: str) -> None:
        httpx.post(f"{self._url}/control/stripe/faults", json={"kind": kind, "times": 1}).raise_for_status()

    def pay(self, reference: str) -> None:
        self._fault("duplicate")
        httpx.post(f"{self._url}/stripe/test/pay/{reference}", json={}).raise_for_status()

    def drop_next_reply(self) -> None:
        self._fault("drop_reply")

    def opened(self) -> int:
        return int(httpx.get(f"{self._url}/control/stripe/state").json()["counts"]["checkout.session"])

    def unreachable(self) -> PaymentProvider:
        return self._provider("http://127.0.0.1:9")

    def notices(self, reference: str) -> list[Notice]:
        return self._letterbox.about(reference, 2)

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        secret = "whsec_standin" if rightly else "whsec_other"
        return {"Stripe-Signature": signature(notice[1], int(at.timestamp()), secret)}, notice[1]


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """Take notices on a free port while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        close_connection = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append((dict(self.headers), raw))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box = Letterbox(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()
