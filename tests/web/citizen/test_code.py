"""Paying with a code: no login, nothing personal on any page, no code in any address, and few guesses."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.claims.sighting import Holder
from app.payments import codes
from app.payments.models import PayCode
from tests.demo import KIRSTEN, daycare, fine
from tests.web.citizen.test_checkout import plain, review_on
from tests.web.portal import DAYCARE, FINE, HERE, NEIGHBOUR_HOST, Browser, Portal

pytestmark = pytest.mark.database
SECRET = ("Vinterhavn", "Kirsten", "7503724996", "750372", "late", "Gebyr", "/regninger", "/login")


def code_for(portal: Portal, *claims: UUID) -> str:
    """A code of the desk for some of Kirsten's bills."""
    with portal.sessions.begin() as session:
        return codes.for_basket(
            session, claim_ids=claims, person_id=portal.town.person(KIRSTEN), facts=HERE, made_by="lone",
            now=portal.clock(),
        ).code  # fmt: skip


def browser(portal: Portal) -> Browser:
    """Somebody's browser: the form's token comes with its page."""
    client = portal.browser()
    client.get("/kode")
    return client


def typed(client: Browser, code: str) -> TestResponse:
    return client.send("/kode", code=code)


def paid_with(portal: Portal, client: Browser, code: str) -> str:
    """Type a code, go on, pay; returns the payment's token."""
    assert typed(client, code).location == "/kode/regning"
    chosen = client.send("/kode/kontrol")
    client.send("/kode/betal", review=review_on(client.get(chosen.location)), method="card")
    payment = portal.town.payments()[-1]
    portal.provider.pay(payment.provider_reference or "")
    return payment.token


def test_a_code_pays_without_login_and_no_page_on_the_way_tells_anything(portal: Portal) -> None:
    material = {"record_id": "r1", "item_number": "n1", "group": "bog", "title": "Vinterhavn"}
    first, second, _ = portal.owes(fine(evidence={"materials": [material]}), fine("f2", 2500), DAYCARE)
    code, client = code_for(portal, first, second), browser(portal)
    pages = [client.get("/kode"), typed(client, codes.grouped(code).lower()), client.get("/kode/regning")]
    chosen = client.send("/kode/kontrol")
    pages.append(client.get(chosen.location))
    assert "100,00 kr." in plain(pages[-1])
    pages.append(client.send("/kode/betal", review=review_on(pages[-1]), method="card"))
    payment = portal.town.payments()[0]
    pages.append(client.get("/kode/regning"))
    assert f"/betal/{payment.token}" in pages[-1].text, "this browser may go on"
    pages.append(client.get(f"/betal/{payment.token}"))
    portal.provider.pay(payment.provider_reference or "")
    portal.town.settle(payment)
    pages.append(client.get(f"/kvittering/{payment.token}"))
    assert "Tak. Du har betalt 100,00 kr." in plain(pages[-1])
    for page in pages:
        assert code not in str(page.location)
        main = page.text.partition("<main")[2].partition("</main>")[0]
        assert not [word for word in SECRET if word in main], page.request.path
    assert {payment.code_id for payment in portal.town.payments()} != {None}
    assert "Regningen er allerede betalt" in plain(client.get("/kode/regning"))


def test_what_was_paid_with_a_code_is_paid_for_the_person_and_not_their_payment(portal: Portal) -> None:
    (claim_id,) = portal.owes(DAYCARE)
    token = paid_with(portal, browser(portal), code_for(portal, claim_id))
    kirsten = portal.citizen()
    assert "Betaling i gang" in plain(kirsten.get("/regninger"))
    assert token not in kirsten.get("/regninger").text
    assert kirsten.send(f"/betal/{token}/afbryd").status_code == 404
    portal.town.settle(portal.town.payment(token))
    assert "Betaling på vej" in plain(kirsten.get("/regninger"))
    assert token not in kirsten.get("/betalinger").text
    receipt = plain(kirsten.get(f"/kvittering/{token}"))
    assert "Tak. Du har betalt" in receipt
    assert "Det har du betalt for" not in receipt


def test_one_holder_of_a_code_does_not_come_into_anothers_payment(portal: Portal) -> None:
    (claim_id,) = portal.owes(DAYCARE)
    code, first, second = code_for(portal, claim_id), browser(portal), browser(portal)
    for client in (first, second):
        typed(client, code)
    first.send("/kode/betal", review=review_on(first.get(first.send("/kode/kontrol").location)), method="card")
    token = portal.town.payments()[0].token
    page = second.get("/kode/regning")
    assert "er ved at blive betalt" in plain(page)
    assert token not in page.text
    assert second.send("/kode/kontrol").location == "/kode/regning"
    kirsten = portal.citizen()
    assert token not in kirsten.get("/regninger").text + kirsten.get(f"/regninger/{claim_id}").text


def test_a_citizen_who_types_a_code_pays_it_as_a_code(portal: Portal) -> None:
    (claim_id,) = portal.owes(DAYCARE)
    token = paid_with(portal, portal.citizen(), code_for(portal, claim_id))
    payment = portal.town.payment(token)
    assert payment.code_id is not None
    assert token not in portal.citizen().get("/betalinger").text


def test_a_review_of_a_code_opens_for_nobody_else(portal: Portal) -> None:
    first, second = portal.owes(FINE, DAYCARE)
    client, other = browser(portal), browser(portal)
    typed(client, code_for(portal, first))
    typed(other, code_for(portal, second))
    review_id = review_on(client.get(client.send("/kode/kontrol").location))
    assert other.get(f"/kode/kontrol?review={review_id}").location == "/kode/regning"
    assert other.send("/kode/betal", review=review_id, method="card").status_code == 400
    kirsten = portal.citizen()
    assert kirsten.get(f"/betal/kontrol?review={review_id}").location == "/regninger"
    assert kirsten.send("/betal", review=review_id, method="card").status_code == 400
    assert not portal.town.payments()


def test_what_has_changed_is_named_by_area_and_number(portal: Portal) -> None:
    (claim_id,) = portal.owes(daycare("d1", 150000))
    client = browser(portal)
    typed(client, code_for(portal, claim_id))
    review_id = review_on(client.get(client.send("/kode/kontrol").location))
    portal.clock.passes(minutes=6)
    portal.owes(daycare("d1", 140000))
    page = client.send("/kode/betal", review=review_id, method="card")
    assert page.status_code == 409
    assert "Beløbet er ændret. Dagtilbud, nummer" in plain(page)
    assert "1.400,00 kr." in plain(page)
    assert not portal.town.payments()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"holder": Holder.AGENCY}, "sendt videre til Gældsstyrelsen"),
        ({"debtor_account": None}, "kan ikke betales her lige nu"),
    ],
)
def test_what_may_not_be_paid_says_why(portal: Portal, changes: dict[str, object], words: str) -> None:
    (claim_id,) = portal.owes(replace(DAYCARE, **changes))  # type: ignore[arg-type]  # the row names the facts
    client = browser(portal)
    typed(client, code_for(portal, claim_id))
    page = client.get("/kode/regning")
    assert words in plain(page)
    assert "/kode/kontrol" not in page.text


def test_a_wrong_code_an_old_one_and_one_from_elsewhere(portal: Portal) -> None:
    (claim_id,) = portal.owes(DAYCARE)
    code, client = code_for(portal, claim_id), browser(portal)
    for text, status in (("abc", 422), ("0000-0000-0000", 404)):
        page = typed(client, text)
        assert page.status_code == status
        assert "Koden passer ikke. Tjek, at du har skrevet alle 12 tegn." in plain(page)
        assert f'value="{text}"' in page.text
        assert "<title>Fejl:" in page.text
    neighbour = portal.browser(host=NEIGHBOUR_HOST)
    neighbour.get("/kode")
    assert typed(neighbour, code).status_code == 404
    portal.clock.passes(minutes=HERE.desk_code_minutes)
    page = typed(client, code)
    assert page.status_code == 410
    assert "Koden fra skranken gælder kun i 30 minutter. Bed personalet om en ny." in plain(page)


def test_what_was_typed_is_forgotten_after_half_an_hour(portal: Portal) -> None:
    (claim_id,) = portal.owes(DAYCARE)
    client = browser(portal)
    typed(client, code_for(portal, claim_id))
    portal.clock.passes(minutes=29)
    assert client.get("/kode/regning").status_code == 200
    portal.clock.passes(minutes=1)
    assert client.get("/kode/regning").location == "/kode"
    page = client.send("/kode/kontrol")
    assert page.status_code == 403
    assert "Skriv den igen. Vi har ikke trukket penge." in plain(page)


def test_without_a_code_there_is_nothing(portal: Portal) -> None:
    client = browser(portal)
    assert client.get("/kode/regning").location == "/kode"
    assert client.get("/kode/kontrol").location == "/kode"
    assert client.send("/kode/betal", method="card").status_code == 403


class TestGuessing:
    """Ten wrong codes an hour for an address, and for a prefix."""

    def test_an_address_may_guess_ten_times_an_hour(self, portal: Portal) -> None:
        (claim_id,) = portal.owes(DAYCARE)
        code, client = code_for(portal, claim_id), browser(portal)
        guesses = [typed(client, f"{n:04d}-0000-0000").status_code for n in range(10)]
        assert guesses == [404] * 10
        page = typed(client, code)
        assert page.status_code == 429
        assert "Du har prøvet for mange gange. Vent en time, eller ring til os." in plain(page)
        assert page.headers["Retry-After"] == "3600"
        portal.clock.passes(hours=1)
        with portal.sessions.begin() as session:
            session.execute(update(PayCode).values(expires_at=portal.clock() + timedelta(minutes=5)))
        client.get("/kode")
        assert typed(client, code).status_code == 303

    def test_a_prefix_may_be_guessed_ten_times_an_hour_from_wherever(self, portal: Portal) -> None:
        clients = [browser(portal) for _ in range(12)]
        answers = []
        for n, client in enumerate(clients):
            client.environ_base["REMOTE_ADDR"] = f"192.0.2.{n}"
            answers.append(typed(client, f"ABCD-0000-{n:04d}").status_code)
        assert answers == [404] * 10 + [429] * 2
        clients[11].environ_base["REMOTE_ADDR"] = "192.0.2.99"
        assert typed(clients[11], "ABCE-0000-0000").status_code == 404

    def test_whoever_has_a_code_is_not_counted(self, portal: Portal) -> None:
        (claim_id,) = portal.owes(DAYCARE)
        code, client = code_for(portal, claim_id), browser(portal)
        assert {typed(client, code).status_code for _ in range(15)} == {303}
