"""Two ways to pay: offered in order, the one used last marked, and each payment led to, and asked about at, its own."""

import re
from dataclasses import replace

import pytest

from app.factory import create_app
from app.foundation.db import Sessions
from app.municipalities.facts import Facts
from app.payments.port import Method, PaymentProvider, Standing
from app.wiring import NotConfigured
from tests.demo import NOW, fine
from tests.fakes.payment_provider import FakeProvider
from tests.web.citizen.test_checkout import pay, plain, review_for
from tests.web.portal import DAYCARE, FINE, Portal

pytestmark = pytest.mark.database
RADIO = re.compile(r'<input type="radio"[^>]*value="(\w+)"([^>]*)>')


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    mobilepay = FakeProvider(name="mobilepay", methods=frozenset({Method.MOBILEPAY}), now=NOW, reserves=True)
    mobilepay.minimum_ore = 1
    return Portal(sessions, mobilepay=mobilepay)


def radios(text: str) -> list[tuple[str, bool]]:
    """The ways that a page offers, and which is marked."""
    return [(value, " checked" in rest) for value, rest in RADIO.findall(text)]


def test_both_ways_are_offered_and_none_is_chosen_for_a_newcomer(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    page = kirsten.get(f"/betal/kontrol?review={review_for(kirsten, claim_id)}")
    assert radios(page.text) == [("mobilepay", False), ("card", False)]
    assert "Hvordan vil du betale?" in plain(page)


def test_the_way_used_last_comes_first_and_is_marked(portal: Portal) -> None:
    first, second = portal.owes(FINE, DAYCARE)
    portal.town.paid(portal.town.person(), first)
    kirsten = portal.citizen()
    page = kirsten.get(f"/betal/kontrol?review={review_for(kirsten, second)}")
    assert radios(page.text) == [("card", True), ("mobilepay", False)]


def test_mobilepay_is_led_to_asked_about_and_taken_there(portal: Portal) -> None:
    assert portal.mobilepay
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    page = pay(kirsten, review_for(kirsten, claim_id), method="mobilepay")
    assert page.status_code == 200
    assert "Du bliver sendt videre til MobilePay" in plain(page)
    (payment,) = portal.town.payments()
    assert (payment.method, payment.provider) == ("mobilepay", "mobilepay")
    portal.mobilepay.finish(payment.provider_reference or "")
    portal.clock.passes(seconds=5)
    elsewhere = portal.browser().get(f"/betal/{payment.token}")
    assert (elsewhere.status_code, elsewhere.location) == (303, f"/kvittering/{payment.token}")
    receipt = portal.browser().get(elsewhere.location)
    assert "Kirsten" not in receipt.text
    assert "MobilePay" in plain(receipt)
    assert portal.provider.calls == []


def test_the_return_in_another_browser_says_nothing_personal_while_waiting(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    pay(kirsten, review_for(kirsten, claim_id), method="mobilepay")
    (payment,) = portal.town.payments()
    page = portal.browser().get(f"/betal/{payment.token}")
    assert page.status_code == 200
    assert "Gå tilbage til MobilePay" in plain(page)
    assert "Kirsten" not in page.text
    assert "75,00" not in plain(page)


def test_when_one_way_is_down_the_other_is_pointed_to_and_the_choice_is_kept(portal: Portal) -> None:
    assert portal.mobilepay
    portal.mobilepay.is_down = True
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    page = pay(kirsten, review_for(kirsten, claim_id), method="mobilepay")
    assert page.status_code == 503
    assert "vælg den anden måde" in plain(page)
    assert radios(page.text) == [("mobilepay", True), ("card", False)]


def test_what_is_too_little_for_a_card_may_be_paid_the_other_way(portal: Portal) -> None:
    (claim_id,) = portal.owes(fine("f1", 200))
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    page = pay(kirsten, review_id)
    assert page.status_code == 422
    assert "Du kan betale 2,50 kr. eller mere. Vælg den anden måde" in plain(page)
    assert pay(kirsten, review_id, method="mobilepay").status_code == 200


def test_who_was_refused_by_the_bank_is_told_of_the_other_way(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    pay(kirsten, review_for(kirsten, claim_id))
    (payment,) = portal.town.payments()
    portal.provider.fail(payment.provider_reference or "", standing=Standing.DECLINED)
    portal.clock.passes(seconds=5)
    assert "Prøv et andet kort eller MobilePay" in plain(kirsten.get(f"/betal/{payment.token}"))


def test_a_payment_goes_on_where_it_began(portal: Portal) -> None:
    """MobilePay was paid through Stripe when the payment began; now it has an agreement of its own."""
    assert portal.mobilepay
    (claim_id,) = portal.owes(FINE)
    portal.provider.methods = frozenset(Method)
    direct, portal.mobilepay = portal.mobilepay, None
    kirsten = portal.citizen()
    pay(kirsten, review_for(kirsten, claim_id), method="mobilepay")
    (payment,) = portal.town.payments()
    assert (payment.method, payment.provider) == ("mobilepay", "stripe")
    portal.mobilepay = direct
    portal.provider.pay(payment.provider_reference or "")
    portal.clock.passes(seconds=5)
    assert kirsten.get(f"/betal/{payment.token}").status_code == 303
    assert portal.town.payment(payment.token).state == "paid"
    assert direct.calls == []


def test_a_payment_whose_provider_is_no_longer_configured_waits(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    pay(kirsten, review_for(kirsten, claim_id), method="mobilepay")
    (payment,) = portal.town.payments()

    def gone(_place: Facts, _name: str) -> PaymentProvider:
        raise NotConfigured("BDK_MOBILEPAY_... lacks msn")

    portal.clock.passes(seconds=5)
    app = create_app(wires=replace(portal.wires, provider_named=gone))
    page = app.test_client().get(f"/betal/{payment.token}", base_url="http://localhost")
    assert page.status_code == 200
    assert "Vi tjekker din betaling" in page.text
