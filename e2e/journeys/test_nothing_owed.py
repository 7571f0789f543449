"""Ingrid owes nothing, and the page says so and where it looked."""

from playwright.sync_api import expect

from e2e.house import House
from e2e.pages.overview import Overview
from e2e.pages.payments import Payments
from e2e.visit import Visit


def test_ingrid_owes_nothing(world: House, visit: Visit) -> None:
    overview = Overview.after_login(visit, "Ingrid Holm")
    expect(visit.page.get_by_role("heading", name="Du har ingen ubetalte regninger")).to_be_visible()
    expect(visit.page.locator("main .empty")).to_contain_text("Vi har tjekket")
    expect(overview.bills).to_have_count(0)
    expect(overview.go_on_button).to_have_count(0)
    expect(Payments(visit).rows).to_have_count(0)
    expect(visit.page.get_by_role("heading", name="Du har ikke betalt noget her endnu")).to_be_visible()
