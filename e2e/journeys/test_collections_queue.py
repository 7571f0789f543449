"""What failed stands in a queue with its reason; people try it again or solve it, and do not overwrite each other."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.collections import Collections
from e2e.pages.failures import Failures
from e2e.pages.overview import Overview
from e2e.pages.way import DAYCARE, pay
from e2e.visit import Visit

TAKEN = (
    "SELECT ledger_posting.state = '{}' FROM ledger_posting JOIN payment ON payment.id = payment_id"
    " WHERE receipt_number = '{}'"
)
TRANSIT = (
    "SELECT coalesce(sum(journal_line.amount_ore), 0) = 0 FROM journal_line"
    " JOIN journal_entry ON journal_entry.id = entry_id"
    " JOIN payment ON payment.id = payment_id WHERE account LIKE 'transit/%' AND receipt_number = '{}'"
)


def test_what_the_ledger_did_not_answer_is_tried_again(visit: Visit, open_visit: OpenVisit) -> None:
    overview = Overview.of_new_citizen(visit)
    carsten = Failures(Collections.after_login(open_visit(), "Carsten Bro").visit)
    with visit.house.fault("ledger", "down"):
        number = pay(visit, overview, DAYCARE).number
        row = carsten.open().wait_for(number)
        expect(row).to_contain_text("Debitorsystemet svarer ikke")
        expect(row).to_contain_text("250,00")
        carsten.choose(number)
        carsten.retry_chosen()
        expect(carsten.result).to_contain_text("1 betaling bliver prøvet igen nu.")
    visit.house.wait_until(lambda: visit.house.value(TAKEN.format("accepted", number)), seconds=40)
    carsten.open()
    expect(carsten.row(number)).to_have_count(0)
    Collections(carsten.visit).find(number)
    expect(carsten.text).to_contain_text("Accepteret")
    expect(carsten.text).to_contain_text("ledger/0991")


def test_mettes_rejected_payment_is_solved_by_one_of_two(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    number = pay(visit, Overview.after_login(visit, "Mette Riis"), DAYCARE).number
    world.wait_until(lambda: world.value(TAKEN.format("rejected", number)))
    carsten = Failures(Collections.after_login(open_visit(), "Carsten Bro").visit)
    dorte = Failures(Collections.after_login(open_visit(), "Dorte Falk").visit)
    for one in (carsten, dorte):
        one.open().wait_for(number)
        one.open_row(number)
        expect(one.text).to_contain_text("Beløbet er større end restbeløbet")
    carsten.take()
    expect(carsten.result).to_contain_text("Opgaven er din.")
    dorte.visit.expects(409)
    dorte.take()
    expect(dorte.text).to_contain_text("Carsten Bro var hurtigere")
    expect(dorte.text).to_contain_text("Overtag efter Carsten Bro")
    dorte.visit.look()
    carsten.visit.expects(422)
    carsten.solve("")
    expect(carsten.text).to_contain_text("Skriv en note uden cpr-nummer")
    carsten.visit.look()
    carsten.solve("Bogført på bilag 17 efter aftale med dagtilbud")
    expect(carsten.result).to_contain_text("Gemt.")
    expect(carsten.text).to_contain_text("Løst af Carsten Bro: Bogført på bilag 17")
    assert world.value(TRANSIT.format(number))
    dorte.open()
    expect(dorte.row(number)).to_have_count(0)


def test_a_citizens_payments_are_found_by_number(world: House, open_visit: OpenVisit, visit: Visit) -> None:
    Overview.after_login(open_visit(), "Mette Riis")
    collections = Collections.after_login(visit, "Carsten Bro")
    visit.page.get_by_role("link", name="Find en borgers betalinger på cpr-nummer").click()
    visit.arrive("/personale/opkraevning/borger")
    visit.page.get_by_label("Cpr-nummer").fill(world.people()["Mette Riis"]["cpr"])
    visit.page.get_by_label("Borgeren ringer").check(force=True)
    visit.page.get_by_role("button", name="Find borger").click()
    visit.arrive("/personale/opkraevning/borger/opslag")
    expect(collections.text).to_contain_text("-****")
