"""Bills of two, and payments that the library or the ledger does not take as they are."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.bill import BillPage
from e2e.pages.overview import Overview
from e2e.pages.receipt import SETTLES_MS, Receipt
from e2e.pages.way import DAYCARE, LIBRARY, pay
from e2e.visit import Visit


def test_sofie_pays_and_lars_sees_it_paid_without_a_name(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    lars = open_visit()
    number = Overview.after_login(lars, "Lars Krogh").open_bill(*DAYCARE).number
    expect(lars.page.locator("main")).to_contain_text("Du hæfter for regningen sammen med en anden.")

    pay(visit, Overview.after_login(visit, "Sofie Krogh"), DAYCARE).see_all_done(2)

    lars.page.reload()
    expect(lars.page.locator("main .badge")).to_contain_text("Betaling på vej")
    visit.house.let_pictures_age()
    lars.page.reload()
    expect(lars.page.locator("main .badge-success")).to_contain_text("Betalt")
    assert BillPage(lars).number == number
    assert "Sofie" not in lars.page.content()
    expect(Overview.again(lars).box(*DAYCARE)).to_have_count(0)


def _is_stuck(receipt: Receipt, step: int, words: str) -> None:
    expect(receipt.steps.nth(step)).to_contain_text(words, timeout=SETTLES_MS)
    expect(receipt.steps.nth(step)).to_contain_text("Du skal ikke betale igen.")
    receipt.visit.look()


def test_jonas_is_told_that_people_look_at_what_the_library_refused(world: House, visit: Visit) -> None:
    receipt = pay(visit, Overview.after_login(visit, "Jonas Bech"), LIBRARY)
    _is_stuck(receipt, 2, "Biblioteket kunne ikke lukke regningen selv. Vi ser på det.")
    expect(receipt.done).to_have_count(2)
    expect(Overview.again(visit).box(*LIBRARY)).to_have_count(0)


def test_mette_is_told_that_people_look_at_what_the_ledger_refused(world: House, visit: Visit) -> None:
    receipt = pay(visit, Overview.after_login(visit, "Mette Riis"), DAYCARE)
    expect(receipt.heading).to_contain_text("300,00")
    _is_stuck(receipt, 1, "Vi ser på betalingen.")
    assert world.state("ledger")["total_ore"] == 0
    expect(Overview.again(visit).box(*DAYCARE)).to_have_count(0)
