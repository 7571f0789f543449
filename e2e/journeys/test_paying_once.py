"""Nobody pays twice: not by a double click, not in a second tab."""

from playwright.sync_api import expect

from e2e.pages.card import PAYS, CardPage
from e2e.pages.check import Check
from e2e.pages.outcome import Outcome
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit


def test_a_double_click_opens_one_payment(world: None, visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY, DAYCARE)
    expect(overview.total).to_contain_text("310,00")
    overview.go_on()
    check = Check(visit).remove("Børnepasning")
    expect(check.total).to_contain_text("60,00")
    check.choose("card").pay_button.dblclick()
    CardPage(visit)
    assert len(visit.house.state("stripe")["sessions"]) == 1


def test_a_second_tab_goes_on_or_stops(visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY)
    overview.go_on()
    first = Check(visit).pay()

    left = visit.in_new_tab()
    overview = Overview.again(visit)
    expect(overview.bill(*LIBRARY)).to_contain_text("Betaling i gang")
    expect(overview.box(*LIBRARY)).to_have_count(0)
    overview.bill(*LIBRARY).get_by_role("link", name="Fortsæt").click()
    Outcome(visit)
    visit.page.get_by_role("link", name="Gå tilbage til betalingssiden").click()
    assert CardPage(visit).session_id == first.session_id

    Overview.again(visit).bill(*LIBRARY).get_by_role("button", name="Afbryd").click()
    expect(Outcome(visit).heading).to_have_text("Du afbrød betalingen")
    expect(Overview.again(visit).box(*LIBRARY)).to_be_visible()

    visit.page.close()
    visit.page = left
    visit.expects(410)
    first.pay_with(PAYS)
    expect(left.get_by_text("Der er ikke trukket penge.")).to_be_visible()
    assert Overview.again(visit).bills.count() == 2


def test_what_was_paid_in_another_tab_is_named(visit: Visit) -> None:
    visit.expects(409)
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY, DAYCARE)
    overview.go_on()
    waiting = Check(visit)

    left = visit.in_new_tab()
    overview = Overview.again(visit)
    overview.choose_only(LIBRARY)
    overview.go_on()
    Check(visit).pay().pay_with(PAYS)
    Receipt(visit)

    visit.page.close()
    visit.page = left
    waiting.choose("card").pay_button.click()
    visit.page.wait_for_url("**/betal")
    visit.look()
    expect(waiting.text).to_contain_text("Vi har taget den af listen.")
    expect(waiting.total).to_contain_text("250,00")
