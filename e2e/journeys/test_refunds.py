"""Money goes back: two people decide, the ledger gives it back first, and the citizen sees it."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.pages.check import Check
from e2e.pages.collections import Collections
from e2e.pages.outcome import Outcome
from e2e.pages.overview import Overview
from e2e.pages.way import DAYCARE, pay
from e2e.visit import Visit

POSTED = (
    "SELECT count(*) > 0 FROM ledger_posting JOIN payment ON payment.id = payment_id"
    " WHERE receipt_number = '{}' AND ledger_posting.state = 'accepted'"
)
REFUNDED = "SELECT count(*) = 1 FROM payment WHERE receipt_number = '{}' AND state = 'refunded'"


def test_two_people_send_a_large_payment_back(visit: Visit, open_visit: OpenVisit) -> None:
    overview = Overview.after_login(visit, "Kirsten Lund")
    receipt = pay(visit, overview, DAYCARE)
    expect(receipt.heading).to_contain_text("2.194,00")
    number = receipt.number
    visit.house.wait_until(lambda: visit.house.value(POSTED.format(number)))

    carsten = Collections.after_login(open_visit(), "Carsten Bro").find(number.replace("-", " ").lower())
    carsten.visit.expects(422)
    carsten.send_back("Børnepasning", "3.000", "Pladsen var opsagt")
    expect(carsten.text).to_contain_text("Så meget er der ikke tilbage at sende")
    carsten.send_back("Børnepasning", "2.194,00", "Pladsen var opsagt")
    expect(carsten.refunds).to_contain_text("Venter på en kollega")
    carsten.queue()
    expect(carsten.text).to_contain_text("En kollega skal godkende")
    expect(carsten.page.get_by_role("button", name="Godkend")).to_have_count(0)

    dorte = Collections.after_login(open_visit(), "Dorte Falk").queue()
    expect(dorte.text).to_contain_text("Pladsen var opsagt")
    dorte.page.get_by_role("button", name="Godkend").click()
    visit.house.wait_until(lambda: visit.house.value(REFUNDED.format(number)))
    expect(dorte.queue().text).to_contain_text("Ingen venter på dig eller en kollega")

    visit.page.reload()
    expect(receipt.text).to_contain_text("Hele beløbet er sendt tilbage til dig")
    dorte.find(number)
    expect(dorte.refunds).to_contain_text("Sendt tilbage")
    expect(dorte.text).to_contain_text("Regnskabet er rettet, og pengene bliver sendt")


def test_money_that_comes_after_giving_up_goes_back(visit: Visit, open_visit: OpenVisit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(DAYCARE)
    overview.go_on()
    card = Check(visit).pay()
    session_id = card.session_id
    card.cancel()
    expect(Outcome(visit).heading).to_contain_text("Du afbrød betalingen")

    visit.house.ask(f"/stripe/test/pay/{session_id}", method="POST", body={"even_if_expired": True})
    late = f"FROM payment WHERE provider_reference = '{session_id}' AND overpaid_ore = 25000"
    visit.house.wait_until(lambda: visit.house.value(f"SELECT count(*) = 1 {late}"))
    number = visit.house.value(f"SELECT receipt_number {late}")
    overview = Overview.again(visit)
    expect(overview.alerts).to_contain_text("Vi sender pengene tilbage")
    expect(overview.box(*DAYCARE)).to_have_count(1)

    carsten = Collections.after_login(open_visit(), "Carsten Bro").queue()
    expect(carsten.text).to_contain_text("Pengene kom, efter at betalingen var afsluttet uden penge")
    carsten.find(number)
    carsten.send_back("Betalt for meget", "250", "Pengene kom, efter at borgeren havde afbrudt")
    visit.house.wait_until(lambda: visit.house.value(REFUNDED.format(number)))
    visit.house.wait_until(lambda: visit.house.state("stripe")["refunded_ore"] >= 25000)
    carsten.queue()
    expect(carsten.text).not_to_contain_text(number)
    visit.go("/betalinger")
    visit.look()
    expect(visit.page.locator("main")).to_contain_text("ilbage")
