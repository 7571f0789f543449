"""A part of a bill is paid, what is left is said at once, and the rest can be paid like any other bill."""

from playwright.sync_api import expect

from e2e.pages.card import PAYS
from e2e.pages.check import Check
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, pay
from e2e.visit import Visit


def test_a_part_now_and_the_rest_later(visit: Visit) -> None:
    visit.expects(422)
    bill = Overview.of_new_citizen(visit).open_bill(*DAYCARE)
    bill.page.get_by_role("link", name="Betal en del").click()
    visit.arrive("/regninger/[0-9a-f-]{36}/del")
    amount = bill.page.get_by_label("Hvor meget vil du betale nu?")
    amount.fill("20")
    bill.page.get_by_role("button", name="Gå videre til betaling").click()
    expect(bill.page.get_by_role("alert")).to_contain_text("Skriv et beløb mellem 50,00 kr. og 250,00 kr.")
    visit.look()
    amount.fill("100,50")
    bill.page.get_by_role("button", name="Gå videre til betaling").click()
    check = Check(visit)
    expect(check.text).to_contain_text("Der vil mangle 149,50")
    check.pay().pay_with(PAYS)
    Receipt(visit)

    overview = Overview.again(visit)
    expect(overview.bill(*DAYCARE)).to_contain_text("100,50 kr. af 250,00 kr. er betalt")
    expect(overview.bill(*DAYCARE).locator(".claim-amount")).to_contain_text("149,50")
    pay(visit, overview, DAYCARE)
    overview = Overview.again(visit)
    expect(overview.box(*DAYCARE)).to_have_count(0)
