"""MobilePay's webhook at its door: proven for the public address, the payment fetched, and nothing done twice."""

from datetime import UTC, datetime

import pytest

from app.foundation.db import Sessions
from app.payments.models import Payment
from app.payments.port import Method
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.mobilepay_wire import Keys
from standins.mobilepay.webhooks import signed
from tests.demo import NOW
from tests.fakes.payment_provider import FakeProvider
from tests.web.portal import DAYCARE, Portal

pytestmark = pytest.mark.database
HOOK = "/hooks/mobilepay"
URL = f"https://betal.example{HOOK}"
RAW = b'{"reference": "somebody-elses", "name": "AUTHORIZED", "pspReference": "1", "success": true}'


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    return Portal(sessions, provider=FakeProvider(name="mobilepay", methods=frozenset({Method.MOBILEPAY}), now=NOW))


@pytest.fixture
def payment(portal: Portal) -> Payment:
    return portal.town.opened(portal.town.person(), *portal.owes(DAYCARE))


def test_a_notice_is_followed_to_the_truth_and_settled_once(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    client = portal.browser()
    assert [client.post(HOOK, **sent).status_code for _ in range(3)] == [200, 200, 200]
    assert portal.provider.calls == ["start", "fetch"]
    assert portal.town.payment(payment.token).state == "paid"
    assert [message.kind for message in portal.town.messages()] == ["ledger.post"]


def test_each_provider_has_a_door_of_its_own(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    assert portal.browser().post("/hooks/stripe", **sent).status_code == 400
    assert portal.town.payment(payment.token).state == "awaiting"


def test_when_the_truth_cannot_be_had_it_is_to_be_sent_again(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    portal.provider.is_down = True
    assert portal.browser().post(HOOK, **sent).status_code == 503
    portal.provider.is_down = False
    assert portal.browser().post(HOOK, **sent).status_code == 200


def test_a_body_beyond_the_limit_is_refused(portal: Portal) -> None:
    assert portal.browser().post(HOOK, data=b" " * 65537).status_code == 413


def test_the_real_reader_believes_what_is_signed_for_the_public_address_alone(portal: Portal) -> None:
    keys = Keys("id", "secret", "subscription", "123456")
    # Nobody answers there: what is proven is asked about in vain (503), what is not proven is not asked about (400).
    merchant = MobilePayProvider(keys, base_url="http://127.0.0.1:9", notice_url=URL, webhook_secrets=["old", "new"])
    portal.merchants.append(merchant)
    client = portal.browser(host="internal.example")
    proven = {name: value for name, value in signed(URL, RAW, "new", datetime.now(UTC)).items() if name != "Host"}
    assert client.post(HOOK, headers=proven, data=RAW).status_code == 503
    assert client.post(HOOK, headers=proven, data=RAW + b" ").status_code == 400
    for broken in ("Authorization", "x-ms-date", "x-ms-content-sha256"):
        for value in ("", "\xff", proven[broken] + "x"):
            assert client.post(HOOK, headers=proven | {broken: value}, data=RAW).status_code == 400
    elsewhere = signed("http://internal.example/hooks/mobilepay", RAW, "new", datetime.now(UTC))
    del elsewhere["Host"]
    assert client.post(HOOK, headers=elsewhere, data=RAW).status_code == 400


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff\xfe", b"[]", b"null", b'{"reference": 1}', b"[" * 10000], ids=repr)
def test_what_is_signed_and_cannot_be_read_is_refused(portal: Portal, raw: bytes) -> None:
    keys = Keys("id", "secret", "subscription", "123456")
    portal.merchants.append(
        MobilePayProvider(keys, base_url="http://127.0.0.1:9", notice_url=URL, webhook_secrets=["new"])
    )
    headers = signed(URL, raw, "new", datetime.now(UTC))
    del headers["Host"]
    assert portal.browser().post(HOOK, headers=headers, data=raw).status_code == 400
