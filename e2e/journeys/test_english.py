"""The way through the payment in English."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.pages.overview import Overview
from e2e.pages.way import pay


def test_paying_in_english(open_visit: OpenVisit) -> None:
    visit = open_visit(language="en")
    overview = Overview.of_new_citizen(visit)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Your bills")
    overview.choose_only(("Fee for late return",))
    expect(overview.total).to_have_text("DKK\u00a060.00")
    expect(overview.count).to_have_text("1 bill selected")
    receipt = pay(visit, overview, ("Fee for late return",))
    expect(receipt.heading).to_have_text("Thank you. You paid DKK\u00a060.00.")
    expect(receipt.steps).to_have_count(3)
    expect(receipt.text).to_contain_text("The library is updated")
