"""The Stripe stand-in's lists, and the money that goes back or on to the bank."""

import time
from collections.abc import Iterator

import httpx
import pytest

from standins.frame import Served, serve_in_thread
from tests.standins.test_stripe import SESSIONS, get, new_session, pay
from tests.standins.test_stripe_conformance import KEY

NOBODY = "http://127.0.0.1:9"
"""Where no portal listens, whatever else runs on this machine."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(NOBODY, tmp_path_factory.mktemp("keys")) as running:
        yield running


def test_refunds_up_to_what_was_taken(visitor: httpx.Client) -> None:
    pay(visitor, new_session(visitor))
    intent = get(visitor, "payment_intents")["data"][0]["id"]

    def refund(**form: str) -> httpx.Response:
        return visitor.post("/stripe/v1/refunds", data={"payment_intent": intent} | form, headers=KEY)

    assert refund(amount="25001").status_code == 400
    assert refund(amount="10000").json()["status"] == "succeeded"
    assert refund().json()["amount"] == 15_000
    assert refund().json()["error"]["code"] == "charge_already_refunded"
    charge = get(visitor, "charges")["data"][0]
    assert (charge["amount_refunded"], charge["refunded"]) == (25_000, True)
    assert [r["amount"] for r in get(visitor, "refunds", payment_intent=intent)["data"]] == [15_000, 10_000]


def test_a_payout_is_the_sum_of_what_it_pays_out(visitor: httpx.Client) -> None:
    for _twice in range(2):
        pay(visitor, new_session(visitor))
    paid_out = visitor.post("/stripe/test/payouts").raise_for_status().json()
    moved = get(visitor, "balance_transactions", payout=paid_out["id"])["data"]
    assert [entry["type"] for entry in moved] == ["payout", "charge", "charge"]
    assert sum(entry["net"] for entry in moved[1:]) == paid_out["amount"] == -moved[0]["net"]
    assert visitor.post("/stripe/test/payouts").status_code == 409


def test_pages_newest_first(visitor: httpx.Client) -> None:
    ids = [new_session(visitor) for _five in range(5)][::-1]
    first = get(visitor, "checkout/sessions", limit=2)
    assert [s["id"] for s in first["data"]] == ids[:2]
    assert first["has_more"]
    last = get(visitor, "checkout/sessions", limit=3, starting_after=ids[1])
    assert ([s["id"] for s in last["data"]], last["has_more"]) == (ids[2:], False)
    newer = get(visitor, "checkout/sessions", limit=2, ending_before=ids[3])
    assert ([s["id"] for s in newer["data"]], newer["has_more"]) == (ids[1:3], True)
    assert visitor.get(SESSIONS, params={"limit": 101}, headers=KEY).status_code == 400
    assert visitor.get(SESSIONS, params={"starting_after": "cs_x"}, headers=KEY).status_code == 400


def test_events_by_kind_time_and_delivery(visitor: httpx.Client) -> None:
    pay(visitor, new_session(visitor))
    now = int(time.time())
    kinds = {"types[]": ["checkout.session.completed", "charge.succeeded"]}
    assert len(get(visitor, "events", **kinds)["data"]) == 2
    assert len(get(visitor, "events", type="charge.*")["data"]) == 1
    assert len(get(visitor, "events", **{"created[gte]": now - 60})["data"]) == 4
    assert get(visitor, "events", **{"created[gte]": now + 60})["data"] == []
    # The one notice that was sent is not delivered.
    waiting = get(visitor, "events", delivery_success="false")["data"]
    assert [(event["type"], event["pending_webhooks"]) for event in waiting] == [("checkout.session.completed", 1)]
    one = get(visitor, f"events/{waiting[0]['id']}")
    assert one["data"]["object"]["payment_status"] == "paid"
