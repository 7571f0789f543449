"""The browser is sent to the providers' own pages and nowhere else."""

import pytest

from app.web.leading_on import hosts_of, may_lead_to
from tests.web.portal import settings

HOSTS = ("checkout.stripe.com", "*.vipps.no")
TAKEN = (
    "https://checkout.stripe.com/c/pay/cs_test_1#fid",
    "https://CHECKOUT.stripe.com/c",
    "https://landing.vipps.no?token=x",
    "https://a.b.vipps.no:443/",
)
REFUSED = (
    "",
    "/betal",
    "//checkout.stripe.com/",
    "javascript:alert(1)//checkout.stripe.com/",
    "ftp://checkout.stripe.com/",
    "https://stripe.com/",
    "https://evil.example/checkout.stripe.com",
    "https://checkout.stripe.com.evil.example/",
    "https://evilcheckout.stripe.com/",
    "https://vipps.no/",
    "https://evilvipps.no/",
    "https://checkout.stripe.com@evil.example/",
    "https://evil.example@checkout.stripe.com/",
    "https://evil.example\\@checkout.stripe.com/",
    "https://evil.example\\.vipps.no/",
    "https://evil.example%2f.vipps.no/",
    "https://[::1/",
    "https:///checkout.stripe.com",
)


@pytest.mark.parametrize("address", TAKEN)
@pytest.mark.parametrize("plain_too", [True, False])
def test_a_providers_own_page_is_led_to(address: str, plain_too: bool) -> None:
    assert may_lead_to(address, hosts=HOSTS, plain_too=plain_too)


@pytest.mark.parametrize("address", REFUSED)
def test_nothing_else_is(address: str) -> None:
    assert not may_lead_to(address, hosts=HOSTS, plain_too=True)


def test_plain_http_is_for_stand_ins() -> None:
    address = "http://localhost:5100/stripe/pay/1"
    assert may_lead_to(address, hosts=["localhost"], plain_too=True)
    assert not may_lead_to(address, hosts=["localhost"], plain_too=False)


def test_the_hosts_are_those_named_and_the_stand_ins() -> None:
    chosen = settings(
        provider_hosts="pay.fjordby.dk *.vipps.no",
        stripe_api_base="http://localhost:5100/stripe",
        mobilepay_base_url="http://127.0.0.1:5100/mobilepay",
    )
    assert hosts_of(chosen) == ("pay.fjordby.dk", "*.vipps.no", "localhost", "127.0.0.1")
