"""The Stripe stand-in's notices: signed, tried again, twice or late on demand, many at a time."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import stripe

from standins.frame import Served, serve_in_thread
from tests.standins.test_stripe import get, new_session, pay, wait_until
from tests.standins.test_stripe_conformance import KEY


@dataclass
class Portal:
    """What stands where the portal would, and refuses notices as often as it is told."""

    url: str = ""
    refusals: int = 0
    wait_seconds: float = 0.0
    paths: set[str] = field(default_factory=set)
    taken: list[stripe.Event] = field(default_factory=list)

    def take(self, path: str, raw: bytes, signature: str) -> bool:
        time.sleep(self.wait_seconds)
        self.paths.add(path)
        event = stripe.Webhook.construct_event(raw, signature, "whsec_standin")
        if self.refusals:
            self.refusals -= 1
            return False
        self.taken.append(event)
        return True


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    made = Portal()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            is_taken = made.take(self.path, raw, self.headers["Stripe-Signature"])
            self.send_response(200 if is_taken else 503)
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


@pytest.fixture(autouse=True)
def _fresh(portal: Portal, visitor: httpx.Client) -> None:
    portal.refusals, portal.wait_seconds = 0, 0.0
    portal.taken.clear()


def fault(visitor: httpx.Client, kind: str, **more: float) -> None:
    visitor.post("/control/stripe/faults", json={"kind": kind, "times": 1} | more).raise_for_status()


def test_a_paid_session_is_told_with_a_proof_that_stripes_library_accepts(
    visitor: httpx.Client, portal: Portal
) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id)
    wait_until(lambda: len(portal.taken) == 1)
    event = portal.taken[0]
    assert (event.type, event.data.object["id"]) == ("checkout.session.completed", session_id)
    assert portal.paths == {"/hooks/stripe"}
    wait_until(lambda: get(visitor, "events", delivery_success="false")["data"] == [])
    assert json.loads(json.dumps(get(visitor, f"events/{event.id}")))["pending_webhooks"] == 0


def test_a_notice_that_is_not_taken_is_sent_again(visitor: httpx.Client, portal: Portal) -> None:
    portal.refusals = 1
    pay(visitor, new_session(visitor))
    wait_until(lambda: len(portal.taken) == 1)
    assert portal.refusals == 0


def test_twice_on_demand_with_one_id(visitor: httpx.Client, portal: Portal) -> None:
    fault(visitor, "duplicate")
    pay(visitor, new_session(visitor))
    wait_until(lambda: len(portal.taken) == 2)
    assert len({event.id for event in portal.taken}) == 1


def test_never_on_demand(visitor: httpx.Client, portal: Portal) -> None:
    fault(visitor, "lost")
    first, second = new_session(visitor), new_session(visitor)
    pay(visitor, first)
    pay(visitor, second)
    wait_until(lambda: len(portal.taken) == 1)
    assert portal.taken[0].data.object["id"] == second
    assert {
        row["data"]["object"]["id"] for row in get(visitor, "events", type="checkout.session.completed")["data"]
    } >= {first}


def test_out_of_order_on_demand(visitor: httpx.Client, portal: Portal) -> None:
    first, second = new_session(visitor), new_session(visitor)
    fault(visitor, "out_of_order", seconds=0.5)
    pay(visitor, first)
    pay(visitor, second)
    wait_until(lambda: len(portal.taken) == 2)
    assert [event.data.object["id"] for event in portal.taken] == [second, first]


def test_a_slow_portal_is_told_many_things_at_once(visitor: httpx.Client, portal: Portal) -> None:
    portal.wait_seconds = 0.3
    sessions = [new_session(visitor) for _twelve in range(12)]
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda session_id: pay(visitor, session_id), sessions))
    wait_until(lambda: len(portal.taken) == 12)
    assert time.monotonic() - began < 12 * 0.3 / 2


def test_expiry_refunds_and_payouts_are_told_too(visitor: httpx.Client, portal: Portal) -> None:
    closed, paid = new_session(visitor), new_session(visitor)
    visitor.post(f"/stripe/v1/checkout/sessions/{closed}/expire", headers=KEY).raise_for_status()
    pay(visitor, paid)
    intent = get(visitor, f"checkout/sessions/{paid}")["payment_intent"]
    visitor.post("/stripe/v1/refunds", data={"payment_intent": intent, "amount": "100"}, headers=KEY).raise_for_status()
    visitor.post("/stripe/test/payouts").raise_for_status()
    told = {
        "checkout.session.expired",
        "checkout.session.completed",
        "refund.created",
        "refund.updated",
        "charge.refunded",
        "payout.paid",
        "payout.reconciliation_completed",
    }
    wait_until(lambda: {event.type for event in portal.taken} == told)


def test_after_a_reset_nothing_old_is_told(visitor: httpx.Client, portal: Portal) -> None:
    portal.refusals = 1
    pay(visitor, new_session(visitor))
    wait_until(lambda: portal.refusals == 0)
    visitor.post("/control/reset").raise_for_status()
    time.sleep(1.3)
    assert portal.taken == []
