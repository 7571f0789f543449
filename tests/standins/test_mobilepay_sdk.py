"""The MobilePay stand-in, called as the vendor's own library for Node calls (`@vippsmobilepay/sdk` 2.4.2).

It puts a key made up anew on every call, also on GET and on the token's; sends `Authorization: Bearer ` with nothing
behind it for the token; says `application/json` where there is no body; and sends its system headers empty.
"""

import http.client
import json
import uuid
from typing import Any

import httpx
import pytest

from standins.frame import Served


class Library:
    """What the library puts on the wire, with the stand-in's address for the vendor's."""

    def __init__(self, served: Served) -> None:
        self._port = served.port
        self.token = ""

    def make_request(self, method: str, url: str, body: Any = None, **additional: str) -> Any:
        connection = http.client.HTTPConnection("localhost", self._port, timeout=10)
        connection.putrequest(method, f"/mobilepay{url}", skip_accept_encoding=True)
        headers = {
            **additional,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": "Vipps/Deno-SDK/npm-module/2.4.2",
            "Ocp-Apim-Subscription-Key": "standin-subscription",
            "Merchant-Serial-Number": "123456",
            "Vipps-System-Name": "",
            "Vipps-System-Version": "",
            "Vipps-System-Plugin-Name": "",
            "Vipps-System-Plugin-Version": "",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        if method != "GET":
            headers["Content-Length"] = str(len(sent))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(sent)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        # The library takes any other status for a failure, and an answer without JSON for a text.
        assert 200 <= answer.status < 300, text
        if answer.status == 204:
            return {}
        try:
            return json.loads(text)
        except ValueError:
            return {"text": text.decode()}


@pytest.fixture
def library(served: Served, visitor: httpx.Client) -> Library:
    assert visitor.get("/mobilepay/").status_code == 200
    made = Library(served)
    told = made.make_request("POST", "/accesstoken/get", client_id="standin-client", client_secret="standin-secret")
    made.token = told["access_token"]
    return made


def create(library: Library) -> str:
    asked = {
        "amount": {"currency": "DKK", "value": 1000},
        "paymentMethod": {"type": "WALLET"},
        "customer": {"phoneNumber": "4512345678"},
        "returnUrl": "https://example.com/",
        "userFlow": "WEB_REDIRECT",
        "paymentDescription": "One pair of socks",
        # The library makes a UUID where the caller gives no reference.
        "reference": str(uuid.uuid4()),
    }
    made = library.make_request("POST", "/epayment/v1/payments", asked)
    assert made["redirectUrl"].startswith("http://localhost:")
    return str(made["reference"])


def test_a_payment_through_the_library(library: Library) -> None:
    reference = create(library)
    path = f"/epayment/v1/payments/{reference}"
    part = {"modificationAmount": {"currency": "DKK", "value": 600}}
    assert library.make_request("GET", path)["state"] == "CREATED"
    customer = {"customer": {"phoneNumber": "4512345678"}}
    approve = f"/epayment/v1/test/payments/{reference}/approve"
    assert library.make_request("POST", approve, customer) == {"text": ""}
    assert library.make_request("POST", f"{path}/capture", part)["aggregate"]["capturedAmount"]["value"] == 600
    assert library.make_request("POST", f"{path}/refund", part)["aggregate"]["refundedAmount"]["value"] == 600
    assert library.make_request("POST", f"{path}/cancel")["aggregate"]["cancelledAmount"]["value"] == 400
    history = library.make_request("GET", f"{path}/events")
    assert [event["name"] for event in history] == ["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"]


def test_a_payment_cancelled_through_the_library(library: Library) -> None:
    path = f"/epayment/v1/payments/{create(library)}"
    assert library.make_request("POST", f"{path}/cancel")["state"] == "TERMINATED"


def test_a_webhook_through_the_library(library: Library) -> None:
    asked = {"url": "https://example.com/hook", "events": ["epayments.payment.captured.v1"]}
    made = library.make_request("POST", "/webhooks/v1/webhooks", asked)
    listed = library.make_request("GET", "/webhooks/v1/webhooks")["webhooks"]
    assert {"id": made["id"], **asked} in listed
    assert library.make_request("DELETE", f"/webhooks/v1/webhooks/{made['id']}") == {}
