"""Ahmed's card is declined, and he pays with another on the same page."""

from playwright.sync_api import expect

from e2e.house import House
from e2e.pages.card import DECLINED, PAYS, CardPage
from e2e.pages.check import Check
from e2e.pages.outcome import Outcome
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit


def test_ahmed_is_declined_and_then_pays(world: House, visit: Visit) -> None:
    overview = Overview.after_login(visit, "Ahmed Yilmaz")
    overview.choose_only(LIBRARY)
    overview.go_on()
    card = Check(visit).pay()
    card.pay_with(DECLINED)
    expect(card.message).to_contain_text("afvist")
    assert world.state("stripe")["captured_ore"] == 0

    CardPage(visit).pay_with(PAYS)
    receipt = Receipt(visit)
    expect(receipt.heading).to_contain_text("60,00")
    receipt.see_all_done(3)
    expect(receipt.text).to_contain_text("Du skylder ikke kommunen mere lige nu.")
    assert world.state("stripe")["captured_ore"] == 6_000
    assert world.state("ledger")["total_ore"] == 6_000


def test_stopping_at_the_provider_takes_no_money(visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(DAYCARE)
    overview.go_on()
    Check(visit).pay().cancel()
    outcome = Outcome(visit)
    expect(outcome.heading).to_have_text("Du afbrød betalingen")
    expect(outcome.text).to_contain_text("Vi har ikke trukket penge.")
    expect(Overview.again(visit).box(*DAYCARE)).to_be_visible()
