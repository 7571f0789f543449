"""The Stripe stand-in over its wire: what it refuses, replays, pages through and tells."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from standins.frame import Served
from standins.stripe.account import Account
from standins.stripe.idempotency import Answer, Keys
from standins.stripe.refusals import Refusal
from standins.stripe.sessions import open_session, settle_expiry
from tests.standins.test_stripe_conformance import KEY, SESSION_FORM

SESSIONS = "/stripe/v1/checkout/sessions"


def create(visitor: httpx.Client, key: str | None = None, **more: str) -> httpx.Response:
    headers = KEY | ({"Idempotency-Key": key} if key else {})
    return visitor.post(SESSIONS, data=SESSION_FORM | more, headers=headers)


def new_session(visitor: httpx.Client, **more: str) -> str:
    return str(create(visitor, **more).raise_for_status().json()["id"])


def pay(visitor: httpx.Client, session_id: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.post(f"/stripe/test/pay/{session_id}", json=body).raise_for_status().json()
    return answer


def get(visitor: httpx.Client, path: str, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.get(f"/stripe/v1/{path}", params=query, headers=KEY).raise_for_status().json()
    return answer


def event_types(visitor: httpx.Client) -> list[str]:
    return [event["type"] for event in get(visitor, "events", limit=100)["data"]][::-1]


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"nonsense": "1"}, "parameter_unknown", "nonsense"),
        ({"payment_method_types[0]": "card"}, "parameter_unknown", "payment_method_types"),
        ({"line_items[0][nonsense]": "1"}, "parameter_unknown", "line_items[0][nonsense]"),
        (
            {"line_items[0][price_data][unit_amount]": "2.5"},
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        (
            {"line_items[0][price_data][unit_amount]": "249"},
            "amount_too_small",
            "line_items[0][price_data][unit_amount]",
        ),
        ({"line_items[0][price_data][currency]": "xyz"}, None, "line_items[0][price_data][currency]"),
        ({"success_url": "betal"}, "url_invalid", "success_url"),
        ({"success_url": ""}, "parameter_invalid_empty", "success_url"),
        ({"adaptive_pricing[enabled]": "no"}, "parameter_invalid", "adaptive_pricing[enabled]"),
        ({"line_items": "x"}, "parameter_invalid", None),
    ],
)
def test_what_stripe_refuses(visitor: httpx.Client, more: dict[str, str], code: str | None, param: str | None) -> None:
    answer = create(visitor, **more)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error.get("code") == code
    assert param is None or error["param"] == param
    assert answer.headers["Request-Id"].startswith("req_")
    assert get(visitor, "checkout/sessions")["data"] == []


@pytest.mark.parametrize(
    "name", ["mode", "success_url", "line_items[0][quantity]", "line_items[0][price_data][currency]"]
)
def test_what_must_be_there(visitor: httpx.Client, name: str) -> None:
    form = {key: value for key, value in SESSION_FORM.items() if key != name}
    error = visitor.post(SESSIONS, data=form, headers=KEY).json()["error"]
    assert (error["code"], error["param"]) == ("parameter_missing", name)


@pytest.mark.parametrize(("seconds", "status"), [(1790, 400), (1860, 200), (86_000, 200), (86_500, 400)])
def test_expiry_lies_between_half_an_hour_and_a_day(visitor: httpx.Client, seconds: int, status: int) -> None:
    assert create(visitor, expires_at=str(int(time.time()) + seconds)).status_code == status


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer sk_live_x"}, {"Authorization": "Basic x"}])
def test_only_the_stand_ins_key_opens(visitor: httpx.Client, header: dict[str, str]) -> None:
    assert visitor.post(SESSIONS, data=SESSION_FORM, headers=header).status_code == 401
    assert visitor.get("/stripe/v1/events", headers=header).status_code == 401


def test_unknown_ids_and_addresses(visitor: httpx.Client) -> None:
    for path in ("checkout/sessions/cs_x", "payment_intents/x", "charges/x", "refunds/x", "events/x", "payouts/x"):
        answer = visitor.get(f"/stripe/v1/{path}", headers=KEY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "resource_missing")
    assert visitor.get("/stripe/v1/nothing", headers=KEY).json()["error"]["type"] == "invalid_request_error"
    assert visitor.get("/stripe/pay/cs_x").status_code == 404


def test_the_first_answer_is_replayed(visitor: httpx.Client) -> None:
    first, again = create(visitor, "k"), create(visitor, "k")
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"] != again.headers["Request-Id"]
    other = create(visitor, "k", client_reference_id="other")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(get(visitor, "checkout/sessions")["data"]) == 1


def test_an_error_after_the_work_is_replayed_and_a_wrong_parameter_is_not(visitor: httpx.Client) -> None:
    visitor.post("/stripe/test/next-answer", json={"status": 500}).raise_for_status()
    assert [create(visitor, "k").status_code for _twice in range(2)] == [500, 500]
    assert len(get(visitor, "checkout/sessions")["data"]) == 1
    assert create(visitor, "m", nonsense="1").status_code == 400
    assert create(visitor, "m").status_code == 200


def test_a_key_whose_call_is_under_way() -> None:
    keys, begun, go_on = Keys(), threading.Event(), threading.Event()

    def slow() -> Answer:
        begun.set()
        go_on.wait(5)
        return Answer(200, "{}", "req_1")

    with ThreadPoolExecutor() as pool:
        first = pool.submit(keys.once, "k", ("/x", ""), slow)
        begun.wait(5)
        with pytest.raises(Refusal) as refused:
            keys.once("k", ("/x", ""), slow)
        go_on.set()
        assert first.result() == (Answer(200, "{}", "req_1"), False)
    assert refused.value.status == 409
    assert keys.once("k", ("/x", ""), slow) == (Answer(200, "{}", "req_1"), True)


def test_a_paid_session_and_all_it_leads_to(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert pay(visitor, session_id, card="4242 4242 4242 4242")["outcome"] == "paid"
    session = get(
        visitor, f"checkout/sessions/{session_id}", **{"expand[]": "payment_intent.latest_charge.balance_transaction"}
    )
    intent = session["payment_intent"]
    charge = intent["latest_charge"]
    assert (session["status"], session["payment_status"], session["url"]) == ("complete", "paid", None)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 25_000)
    assert charge["payment_method_details"]["card"]["last4"] == "4242"
    assert charge["balance_transaction"]["net"] == 25_000 - charge["balance_transaction"]["fee"]
    assert event_types(visitor) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    again = visitor.post(f"/stripe/test/pay/{session_id}", json={})
    assert (again.status_code, again.json()["outcome"]) == (409, "closed")
    assert visitor.get("/control/stripe/state").json()["captured_ore"] == 25_000


@pytest.mark.parametrize(
    ("card", "code"), [("4000000000000002", "generic_decline"), ("4000000000009995", "insufficient_funds")]
)
def test_a_declined_card_leaves_the_session_open(visitor: httpx.Client, card: str, code: str) -> None:
    session_id = new_session(visitor)
    assert pay(visitor, session_id, card=card)["outcome"] == "declined"
    session = get(visitor, f"checkout/sessions/{session_id}", **{"expand[]": "payment_intent"})
    assert session["status"] == "open"
    assert session["payment_intent"]["last_payment_error"]["decline_code"] == code
    assert "payment_intent.payment_failed" in event_types(visitor)
    assert pay(visitor, session_id, card="4242424242424242")["outcome"] == "paid"


def test_a_payment_that_takes_a_while(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert pay(visitor, session_id, card="4000000000007726", late_seconds=0.3)["outcome"] == "late"
    session = get(visitor, f"checkout/sessions/{session_id}")
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    wait_until(lambda: get(visitor, f"checkout/sessions/{session_id}")["payment_status"] == "paid")
    assert event_types(visitor)[-1] == "checkout.session.async_payment_succeeded"


def test_expiry_closes_for_good(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert visitor.post(f"{SESSIONS}/{session_id}/expire", headers=KEY).json()["status"] == "expired"
    assert visitor.post(f"{SESSIONS}/{session_id}/expire", headers=KEY).status_code == 400
    assert visitor.post(f"/stripe/test/pay/{session_id}", json={}).json()["outcome"] == "closed"
    assert event_types(visitor) == ["checkout.session.expired"]


def test_time_closes_a_session_too() -> None:
    moment = [1_000_000.0]
    account = Account("http://x/", clock=lambda: moment[0])
    price = {"currency": "dkk", "unit_amount": 250, "product_data": {"name": "x"}}
    asked = {"mode": "payment", "success_url": "http://x/", "line_items": [{"quantity": 1, "price_data": price}]}
    made = open_session(account, asked | {"expires_at": 1_001_800})
    for at, status in ((1_001_799, "open"), (1_001_800, "expired"), (1_001_801, "expired")):
        moment[0] = at
        settle_expiry(account, made)
        assert made["status"] == status
    assert len(account.kept["event"]) == 1


@pytest.mark.parametrize("path", ["client_secret", "nonsense.x", "a.b.c.d.e", "status"])
def test_only_references_can_be_expanded(visitor: httpx.Client, path: str) -> None:
    session_id = new_session(visitor)
    answer = visitor.get(f"{SESSIONS}/{session_id}", params={"expand[]": path}, headers=KEY)
    assert answer.status_code == 400


def test_a_cpr_number_in_a_field_is_a_violation(visitor: httpx.Client) -> None:
    before = len(visitor.get("/control/violations").json())
    create(visitor, expires_at="1813911234")
    assert len(visitor.get("/control/violations").json()) == before
    create(visitor, client_reference_id="kunde 650180-1234")
    found = visitor.get("/control/violations").json()
    assert len(found) == before + 1
    assert "client_reference_id" in found[-1]["what"]
    assert "1234" not in json.dumps(found[-1])


def test_stripes_own_library_speaks_with_it(served: Served, visitor: httpx.Client) -> None:
    client = stripe.StripeClient("sk_test_standin", base_addresses={"api": f"{served.url}/stripe"})
    made = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://p.example/{CHECKOUT_SESSION_ID}",
            "line_items": [
                {
                    "quantity": 2,
                    "price_data": {"currency": "dkk", "unit_amount": 500, "product_data": {"name": "Betaling"}},
                }
            ],
        }
    )
    assert made.amount_total == 1000
    assert client.v1.checkout.sessions.retrieve(made.id, {"expand": ["line_items"]}).line_items is not None
    assert pay(visitor, made.id)["return_url"] == f"https://p.example/{made.id}"
    assert [s.id for s in client.v1.checkout.sessions.list({"limit": 3}).auto_paging_iter()] == [made.id]
    with pytest.raises(stripe.InvalidRequestError, match="open"):
        client.v1.checkout.sessions.expire(made.id)
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_test_x", base_addresses={"api": f"{served.url}/stripe"}).v1.events.list()


def test_a_library_that_can_be_given_no_path_finds_it_at_the_root(visitor: httpx.Client) -> None:
    made = visitor.post("/v1/checkout/sessions", data=SESSION_FORM, headers=KEY).raise_for_status().json()
    found = visitor.get(f"/v1/checkout/sessions/{made['id']}?expand[]=line_items", headers=KEY).json()
    assert found["line_items"]["data"][0]["amount_total"] == 25_000
    assert visitor.get("/v1/checkout/sessions").status_code == 401
    assert visitor.get("/v1/nothing", headers=KEY).status_code == 404


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)
