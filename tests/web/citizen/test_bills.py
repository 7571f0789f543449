"""The overview and a bill's page, in the whole portal: what is owed, what is missing, and what is told once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from app.claims.sighting import Holder
from tests.demo import AHMED, KIRSTEN, daycare, fine
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, NEIGHBOUR_HOST, Portal, lasting

pytestmark = pytest.mark.database


def test_everything_owed_stands_in_one_list_by_how_urgent_it_is(portal: Portal) -> None:
    late = replace(FINE, due_on=date(2026, 2, 1))
    agency = replace(daycare("d9", 79500, agency_on=date(2026, 1, 5)), holder=Holder.AGENCY)
    portal.owes(late, DAYCARE, agency)
    page = portal.citizen().get("/regninger")
    words = text_of(page.text)
    assert page.status_code == 200
    assert words.index("75,00") < words.index("1.500,00") < words.index("795,00")
    assert "Du har 2 ubetalte regninger på i alt 1.575,00" in words.replace("\xa0", " ")
    assert page.text.count('name="claim"') == 2


def test_sources_are_asked_once_in_five_minutes(portal: Portal) -> None:
    kirsten = portal.citizen()
    kirsten.get("/regninger")
    kirsten.get("/regninger")
    portal.clock.passes(minutes=4)
    kirsten.get("/regninger")
    assert portal.library.asked == [KIRSTEN]
    portal.clock.passes(minutes=1)
    kirsten.get("/regninger")
    assert portal.library.asked == portal.ledger_source.asked == [KIRSTEN, KIRSTEN]


def test_a_new_bill_is_seen_at_the_first_visit(portal: Portal) -> None:
    portal.library.claims[KIRSTEN] = (FINE,)
    assert "75,00" in portal.citizen().get("/regninger").text


def test_a_source_that_is_down_is_named_and_hides_no_other(portal: Portal) -> None:
    portal.owes(DAYCARE)
    portal.library.switches.down = True
    words = text_of(portal.citizen().get("/regninger").text)
    assert "Vi kan ikke hente regninger fra Bibliotek lige nu" in words
    assert "1.500,00" in words


def test_a_source_that_is_down_leaves_its_bills_as_last_known(portal: Portal) -> None:
    kirsten = portal.citizen()
    portal.owes(FINE)
    kirsten.get("/regninger")
    portal.clock.passes(minutes=6)
    portal.library.switches.nonsense = True
    words = text_of(kirsten.get("/regninger").text)
    assert "Dem, du ser herfra, er fra i dag kl. 13.00" in words.replace("\xa0", " ")
    assert "75,00" in words


def test_a_slow_source_holds_the_page_up_no_longer_than_its_deadline(portal: Portal) -> None:
    portal.owes(DAYCARE)
    portal.library.switches.slow_seconds = 30
    words = text_of(portal.citizen().get("/regninger").text)
    assert "Vi kan ikke hente regninger fra Bibliotek lige nu" in words
    assert "1.500,00" in words


def test_a_silent_source_is_not_waited_for_at_the_next_click(portal: Portal) -> None:
    portal.library.switches.down = True
    kirsten = portal.citizen()
    kirsten.get("/regninger")
    portal.clock.passes(seconds=5)
    kirsten.get("/regninger")
    assert len(portal.library.asked) == 1


def test_whoever_owes_nothing_is_told_what_was_looked_through(portal: Portal) -> None:
    words = text_of(portal.citizen().get("/regninger").text)
    assert "Du har ingen ubetalte regninger" in words
    assert "Vi har tjekket" in words


def test_nothing_is_said_to_be_paid_up_when_a_source_is_missing(portal: Portal) -> None:
    portal.library.switches.down = True
    assert "Du har ingen ubetalte regninger" not in portal.citizen().get("/regninger").text


def test_another_municipality_has_a_list_of_its_own(portal: Portal) -> None:
    portal.town.shows(portal.town.person(), FINE)
    portal.library.claims[KIRSTEN] = ()
    words = text_of(portal.citizen(host=NEIGHBOUR_HOST).get("/regninger").text)
    assert "75,00" not in words


def test_an_outcome_that_was_never_seen_is_told_once(portal: Portal) -> None:
    claim_id, _ = portal.owes(FINE, DAYCARE)
    payment = portal.town.paid(portal.town.person(), claim_id)
    kirsten = portal.citizen()
    first, second = kirsten.get("/regninger"), kirsten.get("/regninger")
    assert "gik godt" in first.text
    assert f"/kvittering/{payment.token}" in first.text
    assert "gik godt" not in second.text


def test_an_outcome_is_told_to_its_payer_only(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.town.paid(portal.town.person(), claim_id)
    assert "gik godt" not in portal.citizen(AHMED, name="Ahmed Yilmaz").get("/regninger").text
    assert "gik godt" in portal.citizen().get("/regninger").text


def test_a_payment_that_nobody_knows_of_is_told_until_somebody_does(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.provider.drop_replies = 1
    portal.town.opened(portal.town.person(), claim_id)
    kirsten = portal.citizen()
    for _ in range(2):
        assert "Betal ikke igen" in kirsten.get("/regninger").text


def test_bills_in_an_open_payment_can_be_gone_on_with_or_stopped_but_not_chosen(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    payment = portal.town.opened(portal.town.person(), claim_id)
    page = portal.citizen().get("/regninger").text
    assert f'action="/betal/{payment.token}/afbryd"' in page
    assert 'name="claim"' not in page


def test_who_is_liable_too_sees_that_a_bill_is_being_paid_and_no_more(portal: Portal) -> None:
    kirsten, ahmed = portal.town.person(), portal.town.person(AHMED)
    (claim_id,) = portal.town.shared(kirsten, ahmed, DAYCARE)
    portal.ledger_source.claims = {cpr: (replace(DAYCARE, shared=True),) for cpr in (KIRSTEN, AHMED)}
    payment = portal.town.opened(kirsten, claim_id)
    page = portal.citizen(AHMED, name="Ahmed Yilmaz").get("/regninger").text
    assert "Betaling i gang" in page
    assert payment.token not in page


def test_a_bill_says_what_it_is_and_whom_to_ask(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    page = portal.citizen().get(f"/regninger/{claim_id}")
    assert page.status_code == 200
    assert "75,00" in page.text
    assert "70 20 30 40" in page.text.replace("\xa0", " ")


def test_anothers_bill_is_as_unknown_as_one_that_never_was(portal: Portal) -> None:
    (claim_id,) = portal.owes(fine("a1"), cpr=AHMED)
    kirsten = portal.citizen()
    unknown, others = kirsten.get(f"/regninger/{uuid4()}"), kirsten.get(f"/regninger/{claim_id}")
    assert others.status_code == unknown.status_code == 404
    assert lasting(others.text) == lasting(unknown.text)


def test_ones_own_bill_is_unknown_at_another_municipality(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    assert portal.citizen(host=NEIGHBOUR_HOST).get(f"/regninger/{claim_id}").status_code == 404


@pytest.mark.parametrize("path", ["/regninger", "/betalinger", "/regninger/0b0cbeb5-41cf-4e1d-9b4f-6f3b7f4bb4a1"])
def test_whoever_is_not_logged_in_goes_by_mitid_and_comes_back(portal: Portal, path: str) -> None:
    answer = portal.browser().get(path)
    assert (answer.status_code, answer.location) == (303, f"/login?next={path.replace('/', '%2F')}")


def test_a_session_that_has_been_idle_says_so(portal: Portal) -> None:
    kirsten = portal.citizen()
    portal.clock.now += timedelta(minutes=21)
    page = kirsten.get("/regninger")
    assert page.status_code == 401
    assert "/login" in page.text
