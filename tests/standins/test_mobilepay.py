"""The MobilePay stand-in over its wire: who may call, what create refuses, and what happens to a payment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.standins.mobilepay_client import Client, body, code_of, new_reference


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def test_a_token_is_bought_with_keys_in_headers_and_numbers_come_as_text(client: Client) -> None:
    answer = client.ask_token()
    assert answer.status_code == 200
    told = answer.json()
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] == "3600"
    assert int(told["expires_on"]) - int(told["not_before"]) == 3600
    assert client.visitor.post("/mobilepay/accesstoken/get", headers=client.keys, content=b"x").status_code == 400


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("client_id", None, 401),
        ("client_id", "other", 401),
        ("client_secret", "standin-secret2", 401),
        ("Ocp-Apim-Subscription-Key", None, 401),
        ("Ocp-Apim-Subscription-Key", "x", 401),
        ("Merchant-Serial-Number", None, 400),
        ("Merchant-Serial-Number", "654321", 403),
        ("Vipps-System-Name", "x" * 31, 400),
        ("Vipps-System-Name", "x" * 30, 200),
        ("Ocp-Apim-Subscription-Key", "standin-subscription-2", 200),
        ("Authorization", "Bearer", 200),
        ("Idempotency-Key", "random", 200),
    ],
)
def test_the_headers_of_a_token(client: Client, header: str, value: str | None, status: int) -> None:
    assert client.ask_token(**{header: value}).status_code == status


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Authorization", None, 401),
        ("Authorization", "Bearer", 401),
        ("Authorization", "Bearer eyJother", 401),
        ("Authorization", "Basic eA==", 401),
        ("Ocp-Apim-Subscription-Key", None, 401),
        ("Ocp-Apim-Subscription-Key", "x", 401),
        ("Merchant-Serial-Number", None, 400),
        ("Merchant-Serial-Number", "654321", 403),
        ("Vipps-System-Plugin-Version", "x" * 31, 400),
        ("Idempotency-Key", None, 400),
        ("Idempotency-Key", "x" * 51, 400),
        ("Idempotency-Key", "x" * 50, 201),
    ],
)
def test_the_headers_of_create(client: Client, header: str, value: str | None, status: int) -> None:
    answer = client.create(headers={header: value})
    assert answer.status_code == status
    if status != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_client_id_with_a_hyphen_is_no_client_id(client: Client) -> None:
    assert client.ask_token(**{"client_id": None, "client-id": "standin-client"}).status_code == 401


def test_a_token_expires(client: Client) -> None:
    client.push_clock(3599)
    assert client.create().status_code == 201
    client.push_clock(2)
    assert client.create().status_code == 401
    client.renew()
    assert client.create().status_code == 201


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reference": "short-1"}, None),
        ({"reference": "x" * 65}, None),
        ({"reference": "with_underscore"}, None),
        ({"reference": "12345678901"}, None),
        ({"amount": {"currency": "DKK", "value": 0}}, "6010"),
        ({"amount": {"currency": "DKK", "value": 10.5}}, "4040"),
        ({"amount": {"currency": "DKK", "value": "100"}}, "4040"),
        ({"amount": {"currency": "DKK", "value": True}}, "4040"),
        ({"amount": {"currency": "DKK"}}, None),
        ({"amount": {"currency": "NOK", "value": 100}}, "5040"),
        ({"amount": 100}, None),
        ({"paymentMethod": {"type": "CARD"}}, "5070"),
        ({"paymentMethod": {"type": "CASH"}}, None),
        ({"userFlow": "PUSH_MESSAGE"}, "5080"),
        ({"userFlow": "NATIVE_REDIRECT"}, "5070"),
        ({"returnUrl": None}, "4140"),
        ({"returnUrl": "http://example.com/"}, "4090"),
        ({"returnUrl": "javascript://x"}, "4090"),
        ({"returnUrl": "/betal/x"}, "4090"),
        ({"paymentDescription": "ab"}, None),
        ({"paymentDescription": "x" * 101}, None),
        ({"metadata": {str(n): "v" for n in range(6)}}, "4100"),
        ({"metadata": {"k" * 101: "v"}}, "4120"),
        ({"metadata": {"k": "v" * 501}}, "4130"),
        ({"metadata": {"k": 1}}, None),
        ({"profile": {"scope": "nin"}}, "5030"),
        ({"customer": {"phoneNumber": "+4512345678"}}, "4070"),
        ({"qrFormat": {"format": "IMAGE/PNG"}}, None),
        ({"nonsense": 1}, None),
    ],
)
def test_what_create_refuses(client: Client, change: dict[str, Any], code: str | None) -> None:
    answer = client.create(**change)
    assert answer.status_code == 400
    assert code_of(answer) == code
    assert client.state()["counts"]["CREATED"] == 0


@pytest.mark.parametrize("name", ["amount", "paymentMethod", "reference", "userFlow"])
def test_what_must_be_there(client: Client, name: str) -> None:
    sent = body()
    del sent[name]
    answer = client.post("/payments", sent)
    assert answer.status_code == 400
    assert answer.json()["extraDetails"][0]["name"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"returnUrl": "https://betal.fjordby.dk/betal/x?a=b"},
        {"returnUrl": "fjordby://betal"},
        {"metadata": {str(n): "v" for n in range(5)}},
        {"metadata": None},
        {"customer": {"phoneNumber": "4512345678"}, "customerInteraction": "CUSTOMER_PRESENT"},
        {"amount": {"currency": "DKK", "value": 1}},
    ],
)
def test_what_create_takes(client: Client, change: dict[str, Any]) -> None:
    made = client.create(**change)
    assert made.status_code == 201
    assert set(made.json()) == {"redirectUrl", "reference"}


def test_text_that_is_no_json_is_refused(client: Client) -> None:
    assert client.post("/payments", content=b"{").status_code == 400
    assert client.post("/payments", content=b"[" * 100_000).status_code == 400
    assert client.post("/payments", content=b"").status_code == 400
    assert client.post("/payments", body(), headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_reference_is_taken_once_and_only_once(client: Client) -> None:
    reference = new_reference()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _n: client.create(reference=reference), range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {code_of(answer) for answer in answers} == {None, "4150"}


def test_five_changes_of_a_kind_a_minute_for_each_reference(client: Client) -> None:
    reference = new_reference()
    for _five in range(5):
        client.create(reference=reference)
    late = client.create(reference=reference)
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert client.create().status_code == 201
    client.push_clock(61)
    assert client.create(reference=reference).status_code == 409


def test_looks_are_limited_too(client: Client) -> None:
    reference = client.open()
    assert {client.get(reference).status_code for _look in range(120)} == {200}
    assert client.get(reference).status_code == 429


def test_the_first_answer_is_replayed_and_another_body_is_a_conflict(client: Client) -> None:
    sent = body()
    first = client.post("/payments", sent, key="one")
    again = client.post("/payments", sent, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = client.post("/payments", sent | {"paymentDescription": "Noget andet"}, key="one")
    assert (other.status_code, code_of(other)) == (409, "4020")
    assert client.state()["counts"]["CREATED"] == 1


def test_a_capture_under_one_key_is_done_once(client: Client) -> None:
    reference = client.authorised(10_000)
    barrier = threading.Barrier(4)

    def try_it(_number: int) -> httpx.Response:
        barrier.wait()
        return client.change(reference, "capture", 4_000, key="same")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_it, range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert client.amounts(reference)["captured"] == 4_000
    conflict = client.change(reference, "capture", 5_000, key="same")
    assert (conflict.status_code, code_of(conflict)) == (409, "4010")


def test_a_key_of_one_call_is_not_anothers(client: Client) -> None:
    reference = client.authorised(10_000)
    assert client.change(reference, "capture", 4_000, key="k").status_code == 200
    other = client.change(reference, "refund", 4_000, key="k")
    assert (other.status_code, code_of(other)) == (409, "4020")
    client.change(reference, "refund", 1_000, key="r")
    changed = client.change(reference, "refund", 2_000, key="r")
    assert (changed.status_code, code_of(changed)) == (409, "4150")
    assert client.amounts(reference)["refunded"] == 1_000


def test_a_refused_capture_leaves_its_key_free(client: Client) -> None:
    reference = client.open(10_000)
    early = client.change(reference, "capture", 10_000, key="k")
    assert (early.status_code, code_of(early)) == (400, "6080")
    client.aid(f"approve/{reference}")
    assert client.change(reference, "capture", 10_000, key="k").status_code == 200


def test_an_unknown_reference_has_its_number(client: Client) -> None:
    for answer in (
        client.get("nobody-knows-it"),
        client.get("nobody-knows-it", "/events"),
        client.change("nobody-knows-it", "capture", 100),
        client.change("nobody-knows-it", "refund", 100),
        client.change("nobody-knows-it", "cancel"),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "5090")
    assert client.visitor.get("/mobilepay/epayment/v2/payments").json()["status"] == 404
