"""The browser does not come back from the provider: the portal knows anyway, and so does a receipt without login."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.pages.card import NEVER_RETURNS, PAYS
from e2e.pages.check import Check
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit


def test_the_overview_tells_of_a_payment_that_never_returned(visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY)
    overview.go_on()
    Check(visit).pay().pay_with(NEVER_RETURNS)
    expect(visit.page.get_by_text("du bliver ikke sendt tilbage")).to_be_visible()
    visit.house.wait_until(
        lambda: visit.house.value("SELECT state = 'paid' FROM payment ORDER BY created_at DESC LIMIT 1")
    )

    overview = Overview.again(visit)
    expect(overview.alerts).to_contain_text("gik godt")
    expect(overview.box(*LIBRARY)).to_have_count(0)
    overview.alerts.get_by_role("link", name="Se kvittering").click()
    expect(Receipt(visit).heading).to_contain_text("60,00")
    expect(Overview.again(visit).alerts).to_have_count(0)


def test_a_receipt_without_login_shows_nothing_personal(visit: Visit, open_visit: OpenVisit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(DAYCARE)
    overview.go_on()
    card = Check(visit).pay()
    visit.forget_cookies()
    card.pay_with(PAYS)

    for stranger in (visit, open_visit()):
        stranger.go(visit.page.url.removeprefix(visit.house.portal)) if stranger is not visit else None
        receipt = Receipt(stranger)
        expect(receipt.heading).to_contain_text("250,00")
        assert receipt.number.startswith("BK-")
        words = stranger.page.content()
        assert [word for word in ("Prøve Borger", "Børnepasning", "Børnehuset") if word in words] == []
        expect(receipt.text.get_by_role("link", name="Log ind med MitID")).to_be_visible()
