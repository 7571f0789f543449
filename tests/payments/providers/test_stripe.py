"""What the adapter makes of every answer that Stripe, or something in between, may give."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest
import stripe
from stripe.params import _webhook_endpoint_create_params as webhook_params

from app.payments.port import (
    BadNotice,
    Hint,
    Method,
    NoSuchPayment,
    Order,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    RefundStanding,
    Standing,
)
from app.payments.providers.stripe import EVENT_TYPES, StripeProvider
from app.payments.providers.stripe_wire import Timeouts

SECRET = "whsec_test"
SESSION = {
    "id": "cs_1",
    "object": "checkout.session",
    "amount_total": 25_000,
    "currency": "dkk",
    "expires_at": 1_795_370_000,
    "metadata": {"payment": "37e27bae-f563-462b-86a0-a4392176a2e1"},
    "payment_intent": None,
    "payment_status": "unpaid",
    "status": "open",
    "url": "https://checkout.stripe.com/c/pay/cs_1",
}
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 25_000,
    "amount_received": 0,
    "currency": "dkk",
    "status": "processing",
    "latest_charge": None,
    "last_payment_error": None,
}


@dataclass
class Script:
    """A server that answers what it is told, and keeps what it was asked."""

    url: str = ""
    status: int = 200
    body: str = "{}"
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    byte_wait_seconds: float = 0.0
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def says(self, status: int, body: object, content_type: str = "application/json") -> None:
        self.status, self.content_type = status, content_type
        self.body = body if isinstance(body, str) else json.dumps(body)


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            made.asked.append((self.path, dict(self.headers), body))
            self.send_response(made.status)
            for name, value in {"Content-Type": made.content_type, "Request-Id": "req_1", **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for byte in made.body.encode():
                time.sleep(made.byte_wait_seconds)
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    return

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def provider(script: Script) -> StripeProvider:
    timeouts = Timeouts(connect_seconds=1, total_seconds=1)
    return StripeProvider("sk_test_x", api_base=script.url, webhook_secrets=[SECRET], timeouts=timeouts)


def error(kind: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "a person's name", "param": "x"}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error("invalid_request_error", "parameter_unknown"), ProviderRefused),
        (400, error("idempotency_error"), ProviderRefused),
        (402, error("card_error", "card_declined"), ProviderRefused),
        (404, error("invalid_request_error", "resource_missing"), NoSuchPayment),
        (401, error("invalid_request_error"), ProviderUnavailable),
        (403, error("invalid_request_error"), ProviderUnavailable),
        (429, error("invalid_request_error", "lock_timeout"), ProviderUnavailable),
        (409, error("idempotency_error", "idempotency_key_in_use"), OutcomeUnknown),
        (500, error("api_error"), OutcomeUnknown),
        (503, error("api_error"), OutcomeUnknown),
        (502, "<h1>Bad gateway</h1>", OutcomeUnknown),
        (200, "not json", OutcomeUnknown),
        (200, "{}", OutcomeUnknown),
        (200, "[]", OutcomeUnknown),
        (200, SESSION | {"url": None}, OutcomeUnknown),
    ],
)
def test_each_answer_has_its_meaning(
    script: Script, provider: StripeProvider, status: int, body: object, expected: type[Exception]
) -> None:
    script.says(status, body)
    with pytest.raises(expected) as raised:
        provider.start({"mode": "payment"}, key="one")
    assert "person" not in str(raised.value)
    assert len(script.asked) == 1


def test_a_page_that_is_not_stripes_and_a_redirect_are_no_answers(script: Script, provider: StripeProvider) -> None:
    script.says(404, "<h1>Not here</h1>", "text/html")
    with pytest.raises(OutcomeUnknown):
        provider.fetch("cs_1")
    script.says(302, "", "text/html")
    script.headers["Location"] = f"{script.url}/elsewhere"
    with pytest.raises(OutcomeUnknown):
        provider.fetch("cs_1")
    assert [path.split("?")[0] for path, _headers, _body in script.asked] == ["/v1/checkout/sessions/cs_1"] * 2


def test_an_answer_that_drips_is_cut_off(script: Script, provider: StripeProvider) -> None:
    script.says(200, SESSION)
    script.byte_wait_seconds = 0.05
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        provider.start({"mode": "payment"}, key="one")
    assert time.monotonic() - began < 2


def test_a_closed_port_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(ProviderUnavailable):
        StripeProvider("sk_test_x", api_base=f"http://127.0.0.1:{port}").fetch("cs_1")


def test_the_call_is_the_stored_one_under_its_key(script: Script, provider: StripeProvider) -> None:
    script.says(200, SESSION)
    back = "https://p.example/betal/t"
    order = Order(uuid4(), 25_000, "Fjordby Kommune", back, back, "da", datetime(2026, 11, 22, tzinfo=UTC))
    provider.start(provider.prepare(order, method=Method.CARD), key="payment-1")
    _path, headers, body = script.asked[0]
    assert headers["Idempotency-Key"] == "payment-1"
    assert headers["Authorization"] == "Bearer sk_test_x"
    assert "X-Stripe-Client-Telemetry" not in headers
    assert "Betaling+til+Fjordby+Kommune" in body
    assert "adaptive_pricing[enabled]=false" in body.replace("%5B", "[").replace("%5D", "]")


@pytest.mark.parametrize(
    ("session", "intent", "expected"),
    [
        ({}, None, Standing.AWAITING),
        ({"status": "expired"}, None, Standing.EXPIRED),
        ({"status": "complete"}, {}, Standing.AWAITING),
        ({"status": "complete"}, {"status": "requires_payment_method"}, Standing.FAILED),
        ({"status": "complete", "payment_status": "paid"}, {"amount_received": 24_000}, Standing.PAID),
        ({"status": "expired", "payment_status": "paid"}, {"amount_received": 24_000}, Standing.PAID),
    ],
)
def test_standings(
    script: Script, provider: StripeProvider, session: dict[str, Any], intent: dict[str, Any] | None, expected: Standing
) -> None:
    script.says(200, SESSION | session | {"payment_intent": None if intent is None else INTENT | intent})
    state = provider.fetch("cs_1")
    assert state.standing is expected
    assert state.amount_ore == (24_000 if expected is Standing.PAID else 25_000)
    assert state.currency == "DKK"


def test_a_standing_nobody_knows_is_no_answer(script: Script, provider: StripeProvider) -> None:
    script.says(200, SESSION | {"status": "thinking"})
    with pytest.raises(OutcomeUnknown):
        provider.fetch("cs_1")


def test_why_the_last_card_failed(script: Script, provider: StripeProvider) -> None:
    failure = {"code": "card_declined", "decline_code": "insufficient_funds", "type": "card_error"}
    script.says(200, SESSION | {"payment_intent": INTENT | {"last_payment_error": failure}})
    assert provider.fetch("cs_1").failure_code == "insufficient_funds"


def test_a_session_of_another_system_has_no_payment_of_ours(script: Script, provider: StripeProvider) -> None:
    script.says(200, SESSION | {"metadata": {"payment": "not a uuid"}})
    assert provider.fetch("cs_1").payment_id is None
    script.says(200, SESSION | {"metadata": {}})
    assert provider.fetch("cs_1").payment_id is None


def test_a_list_without_end_is_left_after_some_pages(script: Script, provider: StripeProvider) -> None:
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "data": {"object": SESSION}}
    script.says(200, {"object": "list", "data": [event], "has_more": True, "url": "/v1/events"})
    hints = list(provider.recent(since=datetime(2026, 11, 22, tzinfo=UTC)))
    assert len(script.asked) == len(hints) == 20
    assert "starting_after=evt_1" in script.asked[1][0]


def taken(**charge: Any) -> dict[str, Any]:
    """A paid session with its charge opened."""
    refunds = {"object": "list", "data": [], "has_more": False, "url": "/v1/charges/ch_1/refunds"}
    told = {"id": "ch_1", "object": "charge", "disputed": False, "payment_method_details": None, "refunds": refunds}
    intent = INTENT | {"status": "succeeded", "amount_received": 25_000, "latest_charge": told | charge}
    return SESSION | {"status": "complete", "payment_status": "paid", "payment_intent": intent}


def test_a_refund_that_bears_our_id_is_not_made_again_however_long_ago_its_key_was_forgotten(
    script: Script, provider: StripeProvider
) -> None:
    refund_id = uuid4()
    made = {"id": "re_1", "object": "refund", "amount": 100, "status": "failed", "failure_reason": "declined"}
    made |= {"metadata": {"refund": str(refund_id)}}
    script.says(200, taken(refunds={"object": "list", "data": [made], "has_more": False, "url": "/v1/x"}))
    truth = provider.refund("cs_1", refund_id=refund_id, amount_ore=100, key="another key")
    assert (truth.reference, truth.standing, truth.failure_code) == ("re_1", RefundStanding.FAILED, "declined")
    with pytest.raises(ProviderRefused) as refused:
        provider.refund("cs_1", refund_id=refund_id, amount_ore=101, key="another key")
    assert refused.value.code == "another_amount"
    assert {headers.get("Idempotency-Key") for _path, headers, _body in script.asked} == {None}


def test_a_refund_says_whose_it_is_and_no_more(script: Script, provider: StripeProvider) -> None:
    refund_id = uuid4()
    script.says(200, taken())
    with pytest.raises(OutcomeUnknown):  # the script answers the refund with a session, which is no refund
        provider.refund("cs_1", refund_id=refund_id, amount_ore=100, key="k")
    path, headers, body = script.asked[-1]
    assert (path, headers["Idempotency-Key"]) == ("/v1/refunds", "k")
    assert dict(parse_qsl(body)) == {
        "charge": "ch_1",
        "amount": "100",
        "metadata[payment]": "37e27bae-f563-462b-86a0-a4392176a2e1",
        "metadata[refund]": str(refund_id),
    }


def test_disputes_are_asked_for_only_where_there_are_some(script: Script, provider: StripeProvider) -> None:
    script.says(200, taken())
    assert provider.fetch("cs_1").disputes == ()
    assert len(script.asked) == 1


def notice(raw: bytes, at: datetime, secret: str = SECRET) -> dict[str, str]:
    return {
        "STRIPE-SIGNATURE": stripe.WebhookSignature.generate_signature_header(
            raw.decode("utf-8", "surrogateescape"), secret, int(at.timestamp())
        )
    }


def test_a_notice_signed_by_stripes_own_library(provider: StripeProvider) -> None:
    now = datetime.now(UTC)
    thing = {"object": "payment_intent", "id": "pi_1", "metadata": {"payment": str(uuid4())}}
    raw = json.dumps({"id": "evt_1", "type": "payment_intent.payment_failed", "data": {"object": thing}}).encode()
    headers = notice(raw, now)
    hint = provider.read_notice(headers=headers, raw=raw, now=now)
    assert (hint.reference, str(hint.payment_id)) == (None, thing["metadata"]["payment"])  # type: ignore[index]  # mixed values
    rolled = {"Stripe-Signature": headers["STRIPE-SIGNATURE"] + ",v1=" + "0" * 64 + ",v0=1"}
    assert provider.read_notice(headers=rolled, raw=raw, now=now) == hint


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"id":1,"type":2,"data":{"object":{}}}', b"[" * 100_000, b" " * 300_000],
)
def test_a_signed_notice_that_is_no_event(provider: StripeProvider, raw: bytes) -> None:
    now = datetime.now(UTC)
    text = raw if raw != b"\xff" else b"x"
    with pytest.raises(BadNotice):
        provider.read_notice(headers=notice(text, now), raw=raw, now=now)


@pytest.mark.parametrize(
    "header", ["", "t=", "t=abc,v1=00", "v1=00", "t=1,t=2,v1=00", "t=99999999999999999999,v1=00", "t=²,v1=ø", "a,b=c=d"]
)
def test_a_signature_that_is_none(provider: StripeProvider, header: str) -> None:
    with pytest.raises(BadNotice):
        provider.read_notice(headers={"Stripe-Signature": header}, raw=b"{}", now=datetime.now(UTC))


def test_no_secret_proves_nothing() -> None:
    now, raw = datetime.now(UTC), b"{}"
    with pytest.raises(BadNotice):
        StripeProvider("sk_test_x").read_notice(headers=notice(raw, now, "x"), raw=raw, now=now)
    with pytest.raises(ValueError, match="empty"):
        StripeProvider("sk_test_x", webhook_secrets=["whsec_a", " "])


def test_a_hint_is_what_the_event_says(provider: StripeProvider) -> None:
    now = datetime.now(UTC)
    raw = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": SESSION}}).encode()
    hint = provider.read_notice(headers=notice(raw, now), raw=raw, now=now)
    assert isinstance(hint, Hint)
    assert (hint.event_id, hint.kind, hint.reference) == ("evt_1", "checkout.session.completed", "cs_1")


@pytest.mark.parametrize(
    ("thing", "payment", "charge"),
    [
        ({"object": "charge", "id": "ch_1", "metadata": SESSION["metadata"]}, True, "ch_1"),
        ({"object": "refund", "id": "re_1", "charge": "ch_1", "metadata": SESSION["metadata"]}, True, "ch_1"),
        ({"object": "refund", "id": "re_1", "charge": None, "metadata": {}}, False, None),
        ({"object": "dispute", "id": "du_1", "charge": "ch_1", "metadata": {}}, False, "ch_1"),
        ({"object": "dispute", "id": "du_1", "charge": {"id": "ch_1"}}, False, None),
        ({"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1", "metadata": None}, False, "ch_1"),
        ({"object": "payout", "id": "po_1"}, False, None),
    ],
)
def test_an_event_about_money_names_the_payment_or_its_charge(
    provider: StripeProvider, thing: dict[str, Any], payment: bool, charge: str | None
) -> None:
    now = datetime.now(UTC)
    raw = json.dumps({"id": "evt_1", "type": "any", "data": {"object": thing}}).encode()
    hint = provider.read_notice(headers=notice(raw, now), raw=raw, now=now)
    assert (hint.reference, hint.payment_id is not None, hint.charge_reference) == (None, payment, charge)


def test_stripe_itself_knows_every_kind_of_event_that_is_asked_for() -> None:
    known = str(webhook_params.WebhookEndpointCreateParams.__annotations__["enabled_events"])
    assert all(f'"{kind}"' in known or f"'{kind}'" in known for kind in EVENT_TYPES)
    assert len(EVENT_TYPES) <= 20


def test_mobilepay_goes_the_same_way_where_it_is_told_to(script: Script) -> None:
    made = StripeProvider("sk_test_x", api_base=script.url, methods=frozenset({Method.MOBILEPAY}))
    back = "https://p.example/betal/t"
    order = Order(uuid4(), 25_000, "Fjordby Kommune", back, back, "da", datetime(2026, 11, 22, tzinfo=UTC))
    assert made.prepare(order, method=Method.MOBILEPAY)["allowed_payment_method_types"] == ["mobilepay"]
    with pytest.raises(ValueError, match="card"):
        made.prepare(order, method=Method.CARD)


def test_secrets_do_not_stand_in_the_representation(provider: StripeProvider) -> None:
    assert "sk_test" not in repr(provider)
