"""Where providers return to, the receipt and the history: tokens open them, the provider is the truth."""

import pytest

from app.payments.models import Payment
from app.payments.port import Standing
from tests.demo import AHMED
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, NEIGHBOUR_HOST, Portal, lasting

pytestmark = pytest.mark.database
NO_MONEY = "Vi har ikke trukket penge"


def open_payment(portal: Portal) -> Payment:
    """Kirsten is at the provider for her fine; half a minute has gone."""
    first, _ = portal.owes(FINE, DAYCARE)
    payment = portal.town.opened(portal.town.person(), first)
    portal.clock.passes(seconds=30)
    return payment


def plain(page: str) -> str:
    return text_of(page).replace("\xa0", " ")


def reference(payment: Payment) -> str:
    assert payment.provider_reference
    return payment.provider_reference


def test_coming_back_asks_the_provider_at_once_and_leads_to_the_receipt(portal: Portal) -> None:
    payment = open_payment(portal)
    portal.provider.pay(reference(payment))
    answer = portal.browser().get(f"/betal/{payment.token}")
    assert (answer.status_code, answer.location) == (303, f"/kvittering/{payment.token}")
    assert portal.provider.calls == ["start", "fetch"]


def test_coming_back_proves_nothing(portal: Portal) -> None:
    payment = open_payment(portal)
    page = portal.browser().get(f"/betal/{payment.token}?session_id=cs_other&status=paid&paid=1")
    assert page.status_code == 200
    assert "Vi tjekker din betaling" in plain(page.text)
    assert portal.town.payment(payment.token).state == "awaiting"


def test_the_provider_is_not_asked_at_every_reload(portal: Portal) -> None:
    payment = open_payment(portal)
    client = portal.browser()
    for _ in range(3):
        client.get(f"/betal/{payment.token}")
    assert portal.provider.calls == ["start", "fetch"]
    portal.clock.passes(seconds=2)
    client.get(f"/betal/{payment.token}")
    assert portal.provider.calls[2:] == ["fetch"]


def test_a_provider_that_does_not_answer_leaves_the_citizen_waiting(portal: Portal) -> None:
    payment = open_payment(portal)
    portal.provider.is_down = True
    page = portal.browser().get(f"/betal/{payment.token}")
    assert page.status_code == 200
    assert "Vi tjekker din betaling" in plain(page.text)


@pytest.mark.parametrize(("hosts", "is_led"), [("pay.example", True), ("checkout.stripe.com", False)])
def test_the_way_back_to_the_provider_is_only_to_a_providers_own_page(portal: Portal, hosts: str, is_led: bool) -> None:
    portal = Portal(portal.sessions, changes={"provider_hosts": hosts})
    page = portal.browser().get(f"/betal/{open_payment(portal).token}")
    assert ('href="https://pay.example/' in page.text) is is_led


def test_after_two_minutes_the_page_says_that_nobody_knows(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.provider.drop_replies = 1
    payment = portal.town.opened(portal.town.person(), claim_id)
    portal.provider.is_down = True
    client = portal.browser()
    assert "Vi tjekker din betaling" in plain(client.get(f"/betal/{payment.token}").text)
    portal.clock.passes(minutes=2, seconds=1)
    words = plain(client.get(f"/betal/{payment.token}").text)
    assert "Banken har ikke svaret. Betal ikke igen" in words


def test_giving_up_at_the_provider_closes_the_payment_there_first(portal: Portal) -> None:
    payment = open_payment(portal)
    page = portal.browser().get(f"/betal/{payment.token}?afbrudt=1")
    assert "Du afbrød betalingen" in plain(page.text)
    assert NO_MONEY in plain(page.text)
    assert portal.provider.calls == ["start", "expire"]
    assert portal.town.payment(payment.token).state == "cancelled"


def test_giving_up_what_was_paid_meanwhile_is_paid(portal: Portal) -> None:
    payment = open_payment(portal)
    portal.provider.pay(reference(payment))
    answer = portal.browser().get(f"/betal/{payment.token}?afbrudt=1")
    assert answer.location == f"/kvittering/{payment.token}"


def test_giving_up_on_the_overview_frees_the_bills(portal: Portal) -> None:
    payment = open_payment(portal)
    kirsten = portal.citizen()
    answer = kirsten.send(f"/betal/{payment.token}/afbryd")
    assert (answer.status_code, answer.location) == (303, f"/betal/{payment.token}")
    assert kirsten.get("/regninger").text.count('name="claim"') == 2


def test_another_citizen_stops_nothing_and_learns_nothing(portal: Portal) -> None:
    payment = open_payment(portal)
    ahmed = portal.citizen(AHMED, name="Ahmed Yilmaz")
    tried = [ahmed.send(f"/betal/{token}/afbryd") for token in (payment.token, "x" * 43)]
    assert [page.status_code for page in tried] == [404, 404]
    assert lasting(tried[0].text) == lasting(tried[1].text)
    assert portal.town.payment(payment.token).state == "awaiting"


@pytest.mark.parametrize("path", ["/betal/{}", "/kvittering/{}"])
def test_a_token_opens_nothing_at_another_municipality(portal: Portal, path: str) -> None:
    payment = open_payment(portal)
    client = portal.browser(host=NEIGHBOUR_HOST)
    real, made_up = client.get(path.format(payment.token)), client.get(path.format("x" * 43))
    assert real.status_code == made_up.status_code == 404
    assert lasting(real.text) == lasting(made_up.text)


OUTCOMES = (
    (Standing.DECLINED, "Banken sagde nej til betalingen"),
    (Standing.FAILED, "Noget gik galt hos os"),
    (Standing.EXPIRED, "Der gik for lang tid"),
    (Standing.CANCELLED, "Du afbrød betalingen"),
)


@pytest.mark.parametrize(("standing", "words"), OUTCOMES)
def test_every_end_without_money_is_told_in_its_own_words(portal: Portal, standing: Standing, words: str) -> None:
    payment = open_payment(portal)
    portal.provider.fail(reference(payment), standing=standing)
    page = portal.browser().get(f"/betal/{payment.token}")
    assert page.status_code == 200
    assert words in plain(page.text)
    assert NO_MONEY in plain(page.text)
    # Told here, it is not told again.
    assert "ikke gennemført" not in portal.citizen().get("/regninger").text


def test_another_amount_than_asked_is_told(portal: Portal) -> None:
    payment = open_payment(portal)
    portal.provider.pay(reference(payment), amount_ore=100)
    assert "Beløbet passer ikke" in plain(portal.browser().get(f"/betal/{payment.token}").text)


def test_money_for_a_bill_that_is_closed_is_told(portal: Portal) -> None:
    payment = open_payment(portal)
    portal.town.shows(portal.town.person(), source="fbs", asked_at=portal.clock())
    portal.provider.pay(reference(payment))
    words = plain(portal.browser().get(f"/betal/{payment.token}").text)
    assert "Regningen er allerede betalt" in words
    assert "sender vi pengene tilbage" in words


def test_the_receipt_tells_its_payer_what_was_paid_and_what_is_left(portal: Portal) -> None:
    first, _ = portal.owes(FINE, DAYCARE)
    payment = portal.town.paid(portal.town.person(), first)
    kirsten = portal.citizen()
    words = plain(kirsten.get(f"/kvittering/{payment.token}").text)
    assert "Tak. Du har betalt 75,00 kr" in words
    assert str(payment.receipt_number) in words
    assert "Det har du betalt for" in words
    assert "Du har 1 regning tilbage på 1.500,00 kr" in words
    steps = ("Pengene er modtaget", "Kommunens regnskab er opdateret", "Biblioteket er opdateret")
    assert all(step in words for step in steps)
    assert str(payment.receipt_number) in kirsten.get("/betalinger").text.replace("\xa0", " ")


@pytest.mark.parametrize("is_somebody", [True, False])
def test_the_receipt_tells_others_nothing_of_the_bills(portal: Portal, is_somebody: bool) -> None:
    first, _ = portal.owes(FINE, DAYCARE)
    payment = portal.town.paid(portal.town.person(), first)
    client = portal.citizen(AHMED, name="Ahmed Yilmaz") if is_somebody else portal.browser()
    page = client.get(f"/kvittering/{payment.token}")
    assert page.status_code == 200
    words = plain(page.text)
    assert "Pengene er modtaget" in words
    for secret in ("Det har du betalt for", "Kirsten", "tilbage på"):
        assert secret not in words
    assert f"/regninger/{first}" not in page.text


def test_a_receipt_that_is_none_leads_to_how_the_payment_stands(portal: Portal) -> None:
    payment = open_payment(portal)
    answer = portal.browser().get(f"/kvittering/{payment.token}")
    assert (answer.status_code, answer.location) == (303, f"/betal/{payment.token}")


def test_the_history_is_ones_own_and_the_municipalitys_own(portal: Portal) -> None:
    first, _ = portal.owes(FINE, DAYCARE)
    payment = portal.town.paid(portal.town.person(), first)
    assert payment.token in portal.citizen().get("/betalinger").text
    for client in (portal.citizen(AHMED, name=None), portal.citizen(host=NEIGHBOUR_HOST)):
        page = client.get("/betalinger")
        assert page.status_code == 200
        assert payment.token not in page.text
