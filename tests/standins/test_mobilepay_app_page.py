"""The page that plays the MobilePay app, used as a browser without script would, and the QR codes that lead to it."""

import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.standins.mobilepay_client import BACK, Client


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def landing(client: Client, ore: int = 25_000, **change: Any) -> tuple[str, str]:
    made = client.create(amount={"currency": "DKK", "value": ore}, **change).raise_for_status().json()
    return made["reference"], made["redirectUrl"]


def press(client: Client, url: str, button: str) -> httpx.Response:
    return client.visitor.post(url, data={"act": button})


def test_the_page_says_what_is_asked_for_and_has_three_buttons(client: Client) -> None:
    reference, url = landing(client)
    page = client.visitor.get(url)
    assert '<html lang="da">' in page.text
    for words in ("250,00 kr.", "Fjordby Kommune", reference):
        assert words in page.text
    buttons = re.findall(r'<button[^>]* value="(\w+)">([^<]+)</button>', page.text)
    assert buttons == [("approve", "Godkend i MobilePay"), ("refuse", "Afvis"), ("leave", "Luk uden at svare")]
    assert "<script" not in page.text


def test_approving_leads_back_with_the_address_untouched(client: Client) -> None:
    reference, url = landing(client, returnUrl="https://portal.example/betal/x?a=b&c=%20")
    answer = press(client, url, "approve")
    assert (answer.status_code, answer.headers["Location"]) == (303, "https://portal.example/betal/x?a=b&c=%20")
    assert client.shown(reference)["state"] == "AUTHORIZED"
    again = press(client, url, "approve")
    assert again.status_code == 410
    assert "portal.example/betal/x" in again.text
    assert client.names(reference).count("AUTHORIZED") == 1


def test_refusing_leads_back_too(client: Client) -> None:
    reference, url = landing(client)
    answer = press(client, url, "refuse")
    assert (answer.status_code, answer.headers["Location"]) == (303, BACK)
    assert client.shown(reference)["state"] == "ABORTED"
    assert client.visitor.get(url).status_code == 410


def test_leaving_without_an_answer_leads_nowhere(client: Client) -> None:
    reference, url = landing(client)
    answer = press(client, url, "leave")
    assert answer.status_code == 200
    assert BACK not in answer.text
    assert client.names(reference) == ["CREATED"]
    # The user may come back and answer after all, while there is time.
    assert press(client, url, "approve").status_code == 303


def test_an_amount_that_fails_is_told_on_the_page_and_may_be_given_up(client: Client) -> None:
    reference, url = landing(client, ore=186)
    answer = press(client, url, "approve")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert "Kortet er udløbet." in answer.text
    assert client.shown(reference)["state"] == "CREATED"
    assert press(client, url, "refuse").status_code == 303


def test_the_amount_nobody_knows_about_leads_back_with_nothing_decided(client: Client) -> None:
    reference, url = landing(client, ore=201)
    assert press(client, url, "approve").headers["Location"] == BACK
    assert client.shown(reference)["state"] == "CREATED"
    assert client.visitor.get(url).status_code == 410


def test_an_expired_payment_cannot_be_approved(client: Client) -> None:
    reference, url = landing(client)
    client.push_clock(601)
    assert client.visitor.get(url).status_code == 410
    assert press(client, url, "approve").status_code == 410
    assert client.shown(reference)["state"] == "EXPIRED"


def test_unknown_pages_and_buttons(client: Client) -> None:
    assert client.visitor.get("/mobilepay/app/nothing").status_code == 404
    assert client.visitor.post("/mobilepay/app/nothing").status_code == 404
    assert client.visitor.get("/mobilepay/qr/nothing.svg").status_code == 404
    reference, url = landing(client)
    assert press(client, url, "other").status_code == 400
    assert client.shown(reference)["state"] == "CREATED"


@pytest.mark.parametrize("asked", [None, {"format": "IMAGE/SVG+XML"}])
def test_a_qr_code_is_a_picture_by_default_a_vector(client: Client, asked: dict[str, Any] | None) -> None:
    _reference, url = landing(client, userFlow="QR", qrFormat=asked)
    picture = client.visitor.get(url)
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert picture.text.rstrip().endswith("</svg>")


@pytest.mark.parametrize(("size", "least"), [(100, 40), (400, 300), (None, 900)])
def test_a_qr_code_in_pixels_fits_the_size(client: Client, size: int | None, least: int) -> None:
    _reference, url = landing(client, userFlow="QR", qrFormat={"format": "IMAGE/PNG", "size": size})
    picture = client.visitor.get(url)
    assert picture.headers["Content-Type"] == "image/png"
    width, height = struct.unpack(">II", picture.content[16:24])
    assert width == height
    assert least <= width <= (size or 1024)


@pytest.mark.parametrize("size", [99, 2001, "200"])
def test_sizes_that_no_qr_code_has(client: Client, size: Any) -> None:
    answer = client.create(userFlow="QR", qrFormat={"format": "IMAGE/PNG", "size": size})
    assert answer.status_code == 400


def test_a_qr_code_can_be_just_its_address_and_needs_no_way_back(client: Client) -> None:
    form = {"format": "TEXT/TARGETURL"}
    reference, url = landing(client, userFlow="QR", qrFormat=form, returnUrl=None)
    assert "Godkend i MobilePay" in client.visitor.get(url).text
    answer = press(client, url, "approve")
    assert answer.status_code == 200
    assert client.shown(reference)["state"] == "AUTHORIZED"


def test_the_front_page_lists_payments_and_magic_amounts(client: Client) -> None:
    reference = client.open()
    page = client.visitor.get("/mobilepay/")
    assert page.status_code == 200
    for words in (reference, "151", "standin-client", "standin-webhook", "/mobilepay/test/payouts"):
        assert words in page.text
    front = client.visitor.get("/").text
    assert 'href="/mobilepay/"' in front


RECEIPT = {
    "orderLines": [
        {"name": "Betaling", "id": "1", "totalAmount": 100, "totalAmountExcludingTax": 100, "totalTaxAmount": 0}
    ],
    "bottomLine": {"currency": "DKK"},
}


@pytest.mark.parametrize(
    ("minutes", "change", "code"),
    [
        (9, {"userFlow": "QR", "receipt": RECEIPT}, "6120"),
        (11, {"userFlow": "QR", "receipt": RECEIPT}, ""),
        (60 * 24 * 59, {"userFlow": "QR", "receipt": RECEIPT}, ""),
        (60 * 24 * 61, {"userFlow": "QR", "receipt": RECEIPT}, "6110"),
        (30, {"userFlow": "QR"}, "6130"),
        (30, {"receipt": RECEIPT}, "5050"),
        (None, {"userFlow": "QR", "receipt": RECEIPT}, None),
    ],
)
def test_when_a_payment_may_expire(
    client: Client, minutes: int | None, change: dict[str, Any], code: str | None
) -> None:
    moment = "i morgen" if minutes is None else (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    answer = client.create(expiresAt=moment, **change)
    if code == "":
        assert answer.status_code == 201
        client.push_clock(601)
        assert client.shown(answer.json()["reference"])["state"] == "CREATED"
    else:
        assert answer.status_code == 400
        details = answer.json()["extraDetails"][0]
        assert details["reason"] == code if code else details["name"] == "expiresAt"
