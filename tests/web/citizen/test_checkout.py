"""From chosen bills to the provider: what has changed is named, amounts are ours, and one intent gives one payment."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from app.identity import sessions as login_sessions
from app.web.limits import LIMITS
from tests.demo import AHMED, KIRSTEN, fine
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, NEIGHBOUR_HOST, Browser, Portal, lasting

pytestmark = pytest.mark.database
_REVIEW = re.compile(r'name="review" value="([^"]+)"')
VISIT = ("login_session", "rate_limit", "source_hearing")


def review_on(page: TestResponse) -> str:
    """The review that the page's form would send."""
    found = _REVIEW.search(page.text)
    assert found is not None, text_of(page.text)
    return found[1]


def review_for(client: Browser, *claim_ids: UUID) -> str:
    """Choose bills and look at them, as a citizen does."""
    answer = client.send("/betal/kontrol", claim=[str(one) for one in claim_ids])
    assert answer.status_code == 303, text_of(answer.text)
    return review_on(client.get(answer.location))


def pay(client: Browser, review_id: str, **fields: str) -> TestResponse:
    return client.send("/betal", **({"review": review_id, "method": "card"} | fields))


def plain(page: TestResponse) -> str:
    return text_of(page.text).replace("\xa0", " ")


def test_choosing_leads_to_a_page_that_can_be_fetched_again(portal: Portal) -> None:
    ids = portal.owes(FINE, DAYCARE)
    kirsten = portal.citizen()
    answer = kirsten.send("/betal/kontrol", claim=[str(one) for one in ids])
    assert answer.status_code == 303
    for _ in range(2):
        page = kirsten.get(answer.location)
        assert page.status_code == 200
        assert "1.575,00 kr." in plain(page)
    assert portal.counts()["review"] == 1


def test_choosing_nothing_is_said_and_nothing_is_stored(portal: Portal) -> None:
    portal.owes(FINE)
    page = portal.citizen().send("/betal/kontrol")
    assert page.status_code == 422
    assert "Vælg mindst én regning" in plain(page)
    assert "<title>Fejl:" in page.text
    assert "checked" not in page.text
    assert portal.counts()["review"] == 0


def test_a_bill_chosen_twice_is_paid_once(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    pay(kirsten, review_for(kirsten, claim_id, claim_id))
    assert [payment.amount_ore for payment in portal.town.payments()] == [7500]


def test_anothers_bill_is_left_out_as_an_unknown_one_is(portal: Portal) -> None:
    (others,) = portal.owes(fine("a1"), cpr=AHMED)
    kirsten = portal.citizen()
    kirsten.get("/regninger")
    before = portal.counts(but=VISIT)
    pages = [kirsten.send("/betal/kontrol", claim=str(one)) for one in (others, uuid4())]
    assert [page.status_code for page in pages] == [409, 409]
    assert lasting(pages[0].text) == lasting(pages[1].text)
    assert portal.counts(but=VISIT) == before


def test_what_may_not_be_paid_is_named_and_the_rest_may(portal: Portal) -> None:
    first, second = portal.owes(FINE, DAYCARE)
    portal.town.opened(portal.town.person(), first)
    page = portal.citizen().send("/betal/kontrol", claim=[str(first), str(second)])
    assert page.status_code == 409
    assert "er ved at blive betalt" in plain(page)
    assert "1.500,00 kr." in plain(page)
    assert "1.575,00" not in plain(page)


def test_a_bill_is_taken_off(portal: Portal) -> None:
    first, second = map(str, portal.owes(FINE, DAYCARE))
    kirsten = portal.citizen()
    answer = kirsten.send("/betal/kontrol", claim=[first, second], remove=first)
    assert "75,00" not in plain(kirsten.get(answer.location))


def test_an_amount_that_changed_is_named_before_money_moves(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    portal.clock.passes(minutes=6)
    portal.library.claims[KIRSTEN] = (replace(FINE, outstanding_ore=9000),)
    page = pay(kirsten, review_id)
    assert page.status_code == 409
    assert "Beløbet er ændret" in plain(page)
    assert "er nu 90,00 kr." in plain(page)
    assert portal.provider.calls == []
    pay(kirsten, review_on(page))
    assert [payment.amount_ore for payment in portal.town.payments()] == [9000]


def test_a_bill_that_is_gone_is_named_and_nothing_is_left_to_pay(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    portal.clock.passes(minutes=6)
    portal.library.claims[KIRSTEN] = ()
    page = pay(kirsten, review_id)
    assert page.status_code == 409
    assert "Der er ikke noget at betale" in plain(page)
    assert portal.provider.calls == []


def test_amounts_and_currencies_in_the_form_are_not_read(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    smuggled = {"amount": "1", "amount_ore": "1", "total_ore": "1", "currency": "JPY", "payer_id": str(uuid4())}
    pay(kirsten, review_for(kirsten, claim_id), **smuggled)
    (payment,) = portal.town.payments()
    assert (payment.amount_ore, payment.payer_id) == (7500, portal.town.person())
    assert payment.provider_call["amount"] == 7500


def test_paying_leads_on_by_a_page_because_a_redirect_would_be_blocked(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    page = pay(kirsten, review_for(kirsten, claim_id))
    assert page.status_code == 200
    assert page.text.count("https://pay.example/stripe-1") == 2
    (payment,) = portal.town.payments()
    assert payment.provider_call["return_url"] == f"http://localhost/betal/{payment.token}"


def test_a_double_click_and_a_second_tab_share_one_payment(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    first_tab, second_tab = review_for(kirsten, claim_id), review_for(kirsten, claim_id)
    assert first_tab != second_tab
    pages = [pay(kirsten, tab) for tab in (first_tab, first_tab, second_tab)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert all("https://pay.example/stripe-1" in page.text for page in pages)
    assert portal.provider.calls == ["start"]


def test_a_provider_that_is_down_leaves_the_bills_free(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    portal.provider.is_down = True
    page = pay(kirsten, review_for(kirsten, claim_id))
    assert page.status_code == 503
    assert "Vi har ikke trukket penge" in plain(page)
    portal.provider.is_down = False
    assert pay(kirsten, review_on(page)).status_code == 200


def test_nobody_is_sent_to_an_address_that_is_no_providers(portal: Portal) -> None:
    portal = Portal(portal.sessions, changes={"provider_hosts": "checkout.stripe.com"})
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    page = pay(kirsten, review_for(kirsten, claim_id))
    assert page.status_code == 503
    assert "Vi har ikke trukket penge" in plain(page)
    assert "pay.example" not in page.text
    (payment,) = portal.town.payments()
    assert (payment.state, portal.provider.calls) == ("cancelled", ["start", "expire"])


def test_a_provider_that_went_silent_leads_to_waiting_and_never_to_a_second_payment(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    portal.provider.drop_replies = 1
    review_id = review_for(kirsten, claim_id)
    answer = pay(kirsten, review_id)
    (payment,) = portal.town.payments()
    assert (answer.status_code, answer.location) == (303, f"/betal/{payment.token}")
    assert pay(kirsten, review_id).location == answer.location
    assert len(portal.provider.payments) == 1


def test_a_review_from_yesterday_is_shown_anew(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    review_id = review_for(portal.citizen(), claim_id)
    portal.clock.now += timedelta(hours=23)
    page = pay(portal.citizen(), review_id)
    assert page.status_code == 409
    assert "Siden har ligget åben længe" in plain(page)
    assert review_on(page) != review_id
    assert portal.provider.calls == []


def test_an_amount_below_what_the_provider_takes_is_said(portal: Portal) -> None:
    (claim_id,) = portal.owes(fine("f1", 200))
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    page = pay(kirsten, review_id)
    assert page.status_code == 422
    assert "Du kan betale 2,50 kr. eller mere" in plain(page)
    assert review_on(page) == review_id


@pytest.mark.parametrize(("method", "status"), [("bitcoin", 400), ("mobilepay", 400), ("", 422)])
def test_a_method_that_is_not_offered_is_refused_and_changes_nothing(portal: Portal, method: str, status: int) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    before = portal.counts(but=VISIT)
    page = pay(kirsten, review_id, method=method)
    assert page.status_code == status
    assert "Vælg, hvordan du vil betale" in plain(page)
    assert review_on(page) == review_id
    assert portal.counts(but=VISIT) == before


def test_anothers_review_is_as_unknown_as_one_that_never_was(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    review_id = review_for(portal.citizen(), claim_id)
    ahmed = portal.citizen(AHMED, name="Ahmed Yilmaz")
    ahmed.get("/regninger")
    before = portal.counts(but=VISIT)
    sent = [pay(ahmed, one) for one in (review_id, str(uuid4()))]
    seen = [ahmed.get(f"/betal/kontrol?review={one}") for one in (review_id, uuid4())]
    assert [page.status_code for page in (*sent, *seen)] == [400, 400, 303, 303]
    assert lasting(sent[0].text) == lasting(sent[1].text)
    assert seen[0].location == seen[1].location == "/regninger"
    assert portal.counts(but=VISIT) == before


def test_a_review_belongs_to_one_municipality(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    review_id = review_for(portal.citizen(), claim_id)
    assert pay(portal.citizen(host=NEIGHBOUR_HOST), review_id).status_code == 400
    assert portal.provider.calls == []


def test_paying_too_often_is_told_when_to_come_again(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    at_most = next(int(limit.at_most.partition("/")[0]) for limit in LIMITS if "/betal" in limit.paths)
    assert {pay(kirsten, review_id).status_code for _ in range(at_most)} == {200}
    page = pay(kirsten, review_id)
    assert page.status_code == 429
    assert page.headers["Retry-After"] == "60"
    assert "Du har prøvet mange gange" in plain(page)
    assert portal.citizen(AHMED, name="Ahmed Yilmaz").get("/regninger").status_code == 200


def test_a_form_sent_after_the_session_ended_pays_nothing(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    review_id = review_for(kirsten, claim_id)
    with portal.sessions.begin() as session:
        login_sessions.end_person(session, person_id=portal.town.person())
    page = pay(kirsten, review_id)
    assert page.status_code == 400
    assert "Vi har ikke trukket penge" in plain(page)
    assert portal.provider.calls == []
