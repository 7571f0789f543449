"""Collections see the ledger's own picture beside the portal's: the same, on its way, and when the ledger is silent."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.collections import Collections
from e2e.pages.ledger_view import LedgerView
from e2e.pages.overview import Overview
from e2e.pages.way import DAYCARE, pay
from e2e.visit import Visit

POSTED = (
    "SELECT count(*) > 0 FROM ledger_posting JOIN payment ON payment.id = payment_id"
    " WHERE receipt_number = '{}' AND ledger_posting.state = 'accepted'"
)


def test_both_sides_of_kirsten(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    overview, cpr = Overview.after_login(visit, "Kirsten Lund"), world.people()["Kirsten Lund"]["cpr"]
    number = pay(visit, overview, DAYCARE).number
    world.wait_until(lambda: world.value(POSTED.format(number)))
    desk = open_visit()
    desk.expects(400)
    view = LedgerView(Collections.after_login(desk, "Carsten Bro").visit)
    view.ask_for("123", None)
    expect(view.page.get_by_role("alert")).to_contain_text("Vælg, hvorfor du slår op")
    desk.look()
    view.find(cpr)
    expect(view.text).to_contain_text("Debitorsystemet svarede")
    expect(view.claim("Børnepasning")).to_contain_text("I debitorsystemet")
    expect(view.claim("Gebyr for sen aflevering")).to_contain_text("afsenderen har den")

    Collections(desk).find(number)
    desk.page.get_by_role("link", name="Se den i debitorsystemet").click()
    desk.page.wait_for_url("**/debitorsystem")
    desk.look()
    expect(view.text).to_contain_text("2.194,00")
    expect(view.text).to_contain_text("Ingen forskelle, som nogen skal se på")
    with world.fault("ledger", "down"):
        desk.page.reload()
        expect(view.text).to_contain_text("Debitorsystemet svarer ikke")
        expect(view.text).to_contain_text("2.194,00")
        desk.look()
