"""The same payment in a browser that runs no scripts: the pages carry it alone."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import LIBRARY, pay


def test_paying_and_the_tracker_without_javascript(open_visit: OpenVisit) -> None:
    visit = open_visit(java_script_enabled=False)
    overview = Overview.of_new_citizen(visit)
    expect(overview.total).to_be_hidden()
    receipt = pay(visit, overview, LIBRARY)
    number = receipt.number

    def is_all_done() -> bool:
        visit.page.reload()
        return receipt.done.count() == 3

    visit.house.wait_until(is_all_done, seconds=30)
    assert Receipt(visit).number == number
    expect(Overview.again(visit).box(*LIBRARY)).to_have_count(0)


def test_a_double_click_without_javascript_opens_one_payment(open_visit: OpenVisit) -> None:
    visit = open_visit(java_script_enabled=False)
    overview = Overview.of_new_citizen(visit)
    before = len(visit.house.state("stripe")["sessions"])
    overview.choose_only(LIBRARY)
    overview.go_on()
    visit.page.wait_for_url("**/betal/kontrol*")
    visit.page.locator("input[name=method][value=card] + label").click()
    visit.page.locator("form[action='/betal'] button").dblclick()
    visit.page.wait_for_url("**/stripe/pay/**")
    assert len(visit.house.state("stripe")["sessions"]) in {before + 1, 50}
