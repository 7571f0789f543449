"""Paying a part: between which amounts, in whose words, and what is left afterwards."""

from typing import Any

import pytest

from app.municipalities import register as municipalities
from tests.demo import AHMED, claim_type, daycare, facts
from tests.web.citizen.test_checkout import plain, review_on
from tests.web.portal import FINE, HERE, Portal

pytestmark = pytest.mark.database
BILL = daycare("d1", 27500, principal_ore=27500)


@pytest.fixture
def portal(portal: Portal) -> Portal:
    """Fjordby lets daycare be paid in parts of 50 kr. and more."""
    types: dict[str, Any] = {name: kind.model_dump(mode="json") for name, kind in HERE.claim_types.items()}
    types["daycare"] = claim_type("daycare") | {"part_payment_from_ore": 5000}
    place = facts(code=HERE.code, name=HERE.name, hosts=list(HERE.hosts), claim_types=types)
    with portal.sessions.begin() as session:
        municipalities.load(session, facts=place, now=portal.clock())
    return portal


@pytest.mark.parametrize(
    ("typed", "amount_ore"), [("100", 10000), ("100,50", 10050), ("kr. 50,-", 5000), ("275", 27500)]
)
def test_a_part_is_paid_and_the_rest_is_left(portal: Portal, typed: str, amount_ore: int) -> None:
    (claim_id,) = portal.owes(BILL)
    kirsten = portal.citizen()
    assert f"/regninger/{claim_id}/del" in kirsten.get(f"/regninger/{claim_id}").text
    chosen = kirsten.send(f"/regninger/{claim_id}/del", amount=typed)
    page = kirsten.get(chosen.location)
    assert ("En del. Der vil mangle" in plain(page)) == (amount_ore < 27500)
    kirsten.send("/betal", review=review_on(page), method="card")
    (payment,) = portal.town.payments()
    assert payment.amount_ore == amount_ore
    portal.provider.pay(payment.provider_reference or "")
    portal.town.settle(payment)
    assert portal.town.claim("d1").covered_ore == amount_ore


def test_what_is_left_may_be_paid_at_once(portal: Portal) -> None:
    (claim_id,) = portal.owes(BILL)
    kirsten = portal.citizen()
    kirsten.send(f"/regninger/{claim_id}/del", amount="75")
    page = kirsten.get(kirsten.send(f"/regninger/{claim_id}/del", amount="75").location)
    assert "Der vil mangle 200,00 kr. Fristen er stadig 20. marts 2026." in plain(page)
    kirsten.send("/betal", review=review_on(page), method="card")
    (payment,) = portal.town.payments()
    portal.provider.pay(payment.provider_reference or "")
    portal.town.settle(payment)
    overview = plain(kirsten.get("/regninger"))
    assert "75,00 kr. af 275,00 kr. er betalt" in overview
    assert "Der mangler 200,00 kr." in overview
    assert "på i alt 200,00 kr." in overview
    rest = kirsten.get(kirsten.send("/betal/kontrol", claim=str(claim_id)).location)
    kirsten.send("/betal", review=review_on(rest), method="card")
    assert [one.amount_ore for one in portal.town.payments()] == [7500, 20000]


@pytest.mark.parametrize("typed", ["", "fem", "49,99", "275,01", "-100", "1e3", "100,505", "9" * 400, "\0"])
def test_an_amount_that_may_not_be_is_said_and_nothing_is_stored(portal: Portal, typed: str) -> None:
    (claim_id,) = portal.owes(BILL)
    page = portal.citizen().send(f"/regninger/{claim_id}/del", amount=typed)
    assert page.status_code == 422
    assert "Skriv et beløb mellem 50,00 kr. og 275,00 kr. – fx 100 eller 100,50." in plain(page)
    assert "<title>Fejl:" in page.text
    assert portal.counts()["review"] == 0


def test_so_little_may_not_be_left_that_it_cannot_be_paid(portal: Portal) -> None:
    (claim_id,) = portal.owes(BILL)
    page = portal.citizen().send(f"/regninger/{claim_id}/del", amount="274")
    assert page.status_code == 422
    assert "Der må ikke mangle mindre end 50,00 kr. Betal mindre nu, eller betal det hele." in plain(page)


def test_a_bill_that_is_paid_whole_says_so(portal: Portal) -> None:
    small = daycare("d2", 9900)
    ids = portal.owes(FINE, small)
    kirsten = portal.citizen()
    for claim_id in ids:
        assert f"/regninger/{claim_id}/del" not in kirsten.get(f"/regninger/{claim_id}").text
        assert "Denne regning kan ikke deles op." in plain(kirsten.get(f"/regninger/{claim_id}/del"))
        assert kirsten.send(f"/regninger/{claim_id}/del", amount="50").status_code == 422
    assert portal.counts()["review"] == 0


def test_another_persons_bill_is_as_unknown_as_none(portal: Portal) -> None:
    (others,) = portal.owes(BILL, cpr=AHMED)
    kirsten = portal.citizen()
    assert kirsten.get(f"/regninger/{others}/del").status_code == 404
    assert kirsten.send(f"/regninger/{others}/del", amount="100").status_code == 404


def test_a_part_of_a_bill_that_has_changed_is_asked_about_again(portal: Portal) -> None:
    (claim_id,) = portal.owes(BILL)
    kirsten = portal.citizen()
    review_id = review_on(kirsten.get(kirsten.send(f"/regninger/{claim_id}/del", amount="100").location))
    portal.clock.passes(minutes=6)
    portal.owes(daycare("d1", 25000, principal_ore=27500))
    page = kirsten.send("/betal", review=review_id, method="card")
    assert page.status_code == 409
    assert "Beløbet er ændret" in plain(page)
    assert "Der vil mangle 150,00 kr." in plain(page), "still the part that was chosen"
    assert not portal.town.payments()
