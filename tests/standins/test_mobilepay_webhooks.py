"""The MobilePay stand-in's notices: registered, signed, in order, tried again, kept back by one that is not taken."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from standins.frame import Served, serve_in_thread
from standins.mobilepay import webhooks
from tests.standins.mobilepay_client import Client, kept

ALL = [
    f"epayments.payment.{name}.v1"
    for name in ("created", "authorized", "aborted", "expired", "terminated", "captured", "cancelled", "refunded")
]


@dataclass
class Notice:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.raw)
        return told

    def is_proved_by(self, secret: str) -> bool:
        """As the vendor tells merchants to do it."""
        digest = base64.b64encode(hashlib.sha256(self.raw).digest()).decode()
        date, host = self.headers["x-ms-date"], self.headers["host"]
        text = f"POST\n{self.path}\n{date};{host};{digest}"
        proof = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
        expected = f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={proof}"
        return self.headers["x-ms-content-sha256"] == digest and self.headers["authorization"] == expected


@dataclass
class Portal:
    """What stands where the portal would, and refuses as often as it is told."""

    url: str = ""
    refusals: int = 0
    seen: list[Notice] = field(default_factory=list)
    taken: list[Notice] = field(default_factory=list)

    def take(self, notice: Notice) -> bool:
        self.seen.append(notice)
        if self.refusals:
            self.refusals -= 1
            return False
        self.taken.append(notice)
        return True

    def names(self, path: str = "/hooks/mobilepay") -> list[str]:
        return [notice.told["name"] for notice in self.taken if notice.path == path]


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    made = Portal()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(200 if made.take(Notice(self.path, headers, raw)) else 503)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def served(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(portal.url, tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def client(portal: Portal, visitor: httpx.Client) -> Client:
    portal.refusals = 0
    portal.seen.clear()
    portal.taken.clear()
    return Client(visitor)


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


def hooks(client: Client, method: str, more: str = "", sent: Any = None) -> httpx.Response:
    url = f"/mobilepay/webhooks/v1/webhooks{more}"
    return client.visitor.request(method, url, json=sent, headers=kept(client.headers))


def register(client: Client, url: str, events: list[str]) -> dict[str, str]:
    made: dict[str, str] = hooks(client, "POST", sent={"url": url, "events": events}).raise_for_status().json()
    return made


def fault(client: Client, kind: str, **more: float) -> None:
    client.visitor.post("/control/mobilepay/faults", json={"kind": kind, "times": 1} | more).raise_for_status()


def test_the_portal_is_told_everything_in_order_with_a_proof(client: Client, portal: Portal) -> None:
    reference = client.captured(10_000)
    client.change(reference, "refund", 1_000)
    wait_until(lambda: len(portal.taken) == 4)
    assert portal.names() == ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED"]
    assert all(notice.is_proved_by("standin-webhook") for notice in portal.taken)
    assert not portal.taken[0].is_proved_by("other")
    for notice, event in zip(portal.taken, client.events(reference), strict=True):
        guarantee = {"captureGuaranteedUntil"} if event["name"] == "AUTHORIZED" else set()
        assert notice.told.pop("msn", None) == "123456"
        assert {name: notice.told[name] for name in event} == event
        assert set(notice.told) - set(event) == {"msn"} | guarantee
        assert notice.headers["host"] == portal.url.removeprefix("http://")
        sent_at = parsedate_to_datetime(notice.headers["x-ms-date"])
        assert abs(datetime.now(UTC) - sent_at) < timedelta(minutes=1)


def test_every_way_a_payment_can_end_is_told(client: Client, portal: Portal) -> None:
    client.aid(f"refuse/{client.open()}")
    client.aid(f"expire/{client.open()}")
    client.change(client.open(), "cancel")
    client.change(client.authorised(), "cancel")
    client.aid(f"approve/{client.open(151)}")
    wait_until(lambda: len(portal.taken) == 11)
    assert set(portal.names()) == {"CREATED", "ABORTED", "EXPIRED", "TERMINATED", "AUTHORIZED", "CANCELLED"}
    assert [notice.told["success"] for notice in portal.taken if notice.told["name"] == "AUTHORIZED"] == [True, False]


def test_expiry_is_told_though_nobody_looks(client: Client, portal: Portal) -> None:
    client.open()
    client.push_clock(601)
    wait_until(lambda: portal.names() == ["CREATED", "EXPIRED"])


def test_a_registration_shows_its_secret_once_and_is_told_what_it_asked_for(client: Client, portal: Portal) -> None:
    url = f"{portal.url}/andre/beskeder?fra=mobilepay"
    made = register(client, url, ["epayments.payment.captured.v1"])
    assert set(made) == {"id", "secret"}
    client.captured()
    wait_until(lambda: len(portal.taken) == 4)
    assert portal.names("/andre/beskeder?fra=mobilepay") == ["CAPTURED"]
    own = next(notice for notice in portal.taken if notice.path.startswith("/andre"))
    assert own.is_proved_by(made["secret"])
    assert own.headers["webhook-id"] == made["id"]
    listed = hooks(client, "GET").json()["webhooks"]
    assert {"id": made["id"], "url": url, "events": ["epayments.payment.captured.v1"]} in listed
    assert made["secret"] not in hooks(client, "GET").text
    assert hooks(client, "DELETE", f"/{made['id']}").status_code == 204
    assert hooks(client, "DELETE", f"/{made['id']}").status_code == 404
    assert len(hooks(client, "GET").json()["webhooks"]) == 1
    portal.taken.clear()
    client.captured()
    wait_until(lambda: len(portal.taken) == 3)
    assert portal.names() == ["CREATED", "AUTHORIZED", "CAPTURED"]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        {"url": "https://portal.example/hook"},
        {"url": "https://portal.example/hook", "events": []},
        {"url": "https://portal.example/hook", "events": ["epayments.payment.paid.v1"]},
        {"url": "https://portal.example/hook", "events": [ALL[0], ALL[0]]},
        {"url": "http://portal.example/hook", "events": ALL},
        {"url": "fjordby://hook", "events": ALL},
        {"url": "https://portal.example/hook", "events": ALL, "secret": "mine"},
    ],
)
def test_registrations_that_make_no_sense(client: Client, sent: Any) -> None:
    assert hooks(client, "POST", sent=sent).status_code == 400
    assert len(hooks(client, "GET").json()["webhooks"]) == 1


def test_twenty_five_registrations_for_each_event(client: Client) -> None:
    for number in range(24):
        register(client, f"https://portal.example/{number}", ["epayments.payment.captured.v1"])
    one_more = {"url": "https://portal.example/x", "events": ["epayments.payment.captured.v1"]}
    assert hooks(client, "POST", sent=one_more).status_code == 400
    register(client, "https://portal.example/x", ["epayments.payment.refunded.v1"])


def test_keys_are_needed_to_register(client: Client) -> None:
    for method, more in (("GET", ""), ("POST", ""), ("DELETE", "/x")):
        assert client.visitor.request(method, f"/mobilepay/webhooks/v1/webhooks{more}").status_code == 401


def test_a_notice_that_is_not_taken_keeps_back_those_behind_it(client: Client, portal: Portal) -> None:
    portal.refusals = 3
    client.captured()
    wait_until(lambda: len(portal.taken) == 3)
    # Four tries of the first before anything of the second: order is kept.
    assert [notice.told["name"] for notice in portal.seen] == ["CREATED"] * 4 + ["AUTHORIZED", "CAPTURED"]
    assert len({notice.raw for notice in portal.seen[:4]}) == 1
    wait_until(lambda: client.state()["undelivered_notices"] == 0)


def test_one_that_does_not_answer_keeps_no_other_back(client: Client, portal: Portal) -> None:
    register(client, "https://never.example/hook", ALL)
    client.captured()
    wait_until(lambda: len(portal.taken) == 3)
    assert client.state()["undelivered_notices"] == 3


def test_the_vendors_schedule_sixty_times_as_fast() -> None:
    assert webhooks.VENDOR_WAITS[:7] == (2, 2, 2, 2, 60, 120, 3600)
    # The 29th try is the last of the hourly ones, and the tries end within seven days of the first.
    assert webhooks.VENDOR_WAITS[:29].count(3600) == 23
    assert timedelta(days=6) < timedelta(seconds=sum(webhooks.VENDOR_WAITS)) < timedelta(days=7)
    assert webhooks.WAITS[6] == 60


def test_a_registration_silent_for_a_fortnight_is_deleted(client: Client, portal: Portal) -> None:
    made = register(client, "https://never.example/hook", ["epayments.payment.created.v1"])
    client.open()

    def is_gone_a_fortnight_later() -> bool:
        # The first try may come after the clock was pushed: silence is counted from it, and it takes another fortnight.
        client.push_clock(14 * 86_400 + 1)
        client.renew()
        return made["id"] not in hooks(client, "GET").text

    wait_until(is_gone_a_fortnight_later)
    assert len(hooks(client, "GET").json()["webhooks"]) == 1


def test_twice_on_demand(client: Client, portal: Portal) -> None:
    fault(client, "duplicate")
    client.open()
    wait_until(lambda: len(portal.taken) == 2)
    assert portal.taken[0].raw == portal.taken[1].raw


def test_out_of_order_on_demand(client: Client, portal: Portal) -> None:
    reference = client.authorised()
    wait_until(lambda: len(portal.taken) == 2)
    fault(client, "out_of_order", seconds=0.4)
    client.change(reference, "capture", 25_000)
    client.change(reference, "refund", 1_000)
    wait_until(lambda: len(portal.taken) == 4)
    assert portal.names() == ["CREATED", "AUTHORIZED", "REFUNDED", "CAPTURED"]


def test_after_a_reset_nothing_old_is_told(client: Client, portal: Portal) -> None:
    portal.refusals = 1000
    client.open()
    wait_until(lambda: len(portal.seen) >= 4)
    client.visitor.post("/control/reset").raise_for_status()
    seen = len(portal.seen)
    time.sleep(1.2)
    assert len(portal.seen) <= seen + 1, "but for the one that was on its way"
    portal.refusals = 0
    client.open()
    wait_until(lambda: len(portal.taken) == 1)
