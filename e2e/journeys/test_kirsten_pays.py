"""Kirsten pays two of her bills and sees the money arrive: at the municipality, and at the library."""

from playwright.sync_api import expect

from e2e.house import House
from e2e.pages.overview import Overview
from e2e.pages.payments import Payments
from e2e.pages.way import pay
from e2e.visit import Visit

REPLACEMENT = ("Vinterhavn", "275,00")
LATE_FEE = ("Bien og bjørnen", "60,00")


def test_kirsten_pays_two_bills_and_sees_three_steps(world: House, visit: Visit) -> None:
    overview = Overview.after_login(visit, "Kirsten Lund")
    expect(overview.bill("Børnepasning")).to_contain_text("2.194,00")
    numbers = []
    for words in (REPLACEMENT, LATE_FEE):
        numbers.append(overview.open_bill(*words).number)
        overview = Overview.again(visit)

    receipt = pay(visit, overview, REPLACEMENT, LATE_FEE)
    expect(receipt.heading).to_contain_text("335,00")
    receipt.see_all_done(3)

    fees = world.state("fbs")["fees"]
    assert [bool(fees[number]["paid_on"]) for number in numbers] == [True, True]
    assert fees[numbers[1]]["order_id"].startswith(receipt.number)
    ledger = world.state("ledger")
    assert (ledger["postings"], ledger["total_ore"], ledger["rejected"]) == (2, 33_500, {})

    assert receipt.number in Payments(visit).rows.first.inner_text()
    overview = Overview.again(visit)
    for words in (REPLACEMENT, LATE_FEE):
        expect(overview.closed(words[0]).first).to_contain_text("Betalt")
        expect(overview.bill(words[0])).to_have_count(0)
