"""Stripe's webhook at its door: proven over the raw bytes, the object fetched, and nothing done twice."""

import pytest

from app.payments.models import Payment
from app.payments.providers.stripe import StripeProvider
from tests.web.portal import DAYCARE, FINE, Portal

pytestmark = pytest.mark.database
HOOK = "/hooks/stripe"
VISIT = ("rate_limit",)


@pytest.fixture
def payment(portal: Portal) -> Payment:
    first, _ = portal.owes(FINE, DAYCARE)
    return portal.town.opened(portal.town.person(), first)


def test_a_notice_is_followed_to_the_truth_and_settled(portal: Portal, payment: Payment) -> None:
    hint = portal.provider.pay(payment.provider_reference or "")
    answer = portal.browser().post(HOOK, **portal.notice(hint))
    assert answer.status_code == 200
    assert portal.provider.calls == ["start", "fetch"]
    assert portal.town.payment(payment.token).state == "paid"
    assert [message.kind for message in portal.town.messages()] == ["ledger.post"]


def test_a_notice_that_comes_again_is_taken_and_changes_nothing(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    client = portal.browser()
    client.post(HOOK, **sent)
    before = portal.counts(but=VISIT)
    assert [client.post(HOOK, **sent).status_code for _ in range(3)] == [200, 200, 200]
    assert portal.counts(but=VISIT) == before


def test_a_changed_byte_proves_nothing(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    raw = bytearray(sent["data"])
    before = portal.counts(but=VISIT)
    for at in (0, len(raw) // 2, len(raw) - 1):
        changed = raw[:]
        changed[at] ^= 1
        answer = portal.browser().post(HOOK, headers=sent["headers"], data=bytes(changed))
        assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert portal.counts(but=VISIT) == before
    assert portal.town.payment(payment.token).state == "awaiting"


def test_when_the_truth_cannot_be_had_stripe_is_asked_to_send_again(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    portal.provider.is_down = True
    client = portal.browser()
    assert client.post(HOOK, **sent).status_code == 503
    portal.provider.is_down = False
    assert client.post(HOOK, **sent).status_code == 200
    assert portal.town.payment(payment.token).state == "paid"


def test_the_hook_answers_under_any_name_of_the_house(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    assert portal.browser(host="internal.example").post(HOOK, **sent).status_code == 200


def test_a_body_beyond_the_limit_is_refused(portal: Portal, payment: Payment) -> None:
    sent = portal.notice(portal.provider.pay(payment.provider_reference or ""))
    answer = portal.browser().post(HOOK, headers=sent["headers"], data=sent["data"] + b" " * 65536)
    assert answer.status_code == 413


BAD_HEADERS: tuple[dict[str, str], ...] = (
    {}, {"Stripe-Signature": ""}, {"Stripe-Signature": "t=x,v1=y"}, {"Stripe-Signature": "t=1,v1=" + "0" * 64},
    {"Stripe-Signature": "t=99999999999999999999,v1=" + "0" * 64}, {"Stripe-Signature": "v1=\xff"},
)  # fmt: skip


@pytest.mark.parametrize("headers", BAD_HEADERS, ids=str)
@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff\xfe", b"[]", b"null", b'{"id": 1}'], ids=str)
def test_the_real_reader_refuses_what_is_not_signed(portal: Portal, headers: dict[str, str], raw: bytes) -> None:
    portal.merchants.append(StripeProvider("sk_test_x", webhook_secrets=["whsec_x"]))
    answer = portal.browser().post(HOOK, headers=headers, data=raw)
    assert answer.status_code == 400
