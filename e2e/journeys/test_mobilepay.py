"""Paying with MobilePay: approved, refused, left unanswered until time is up, and returned from in another browser."""

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.check import Check
from e2e.pages.mobilepay import MobilePayPage
from e2e.pages.outcome import Outcome
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit


def to_mobilepay(visit: Visit, overview: Overview, *bills: tuple[str, ...]) -> MobilePayPage:
    overview.choose_only(*bills)
    overview.go_on()
    return Check(visit).pay_with_mobilepay()


def state_of(house: House, reference: str) -> object:
    # Our payment's id is its reference at MobilePay.
    return house.value(f"SELECT state FROM payment WHERE provider_reference = '{reference}'")  # noqa: S608 - a UUID of ours


def test_approved_it_is_taken_at_once_and_mobilepay_is_offered_first_next_time(world: House, visit: Visit) -> None:
    app = to_mobilepay(visit, Overview.of_new_citizen(visit), LIBRARY)
    expect(app.text).to_contain_text("60,00")
    expect(app.text).not_to_contain_text("Gebyr")
    app.approve()
    receipt = Receipt(visit)
    expect(receipt.heading).to_contain_text("60,00")
    expect(receipt.text).to_contain_text("MobilePay")
    receipt.see_all_done(3)
    assert world.state("mobilepay")["captured_ore"] == 6_000
    assert world.state("ledger")["total_ore"] == 6_000

    overview = Overview.again(visit)
    overview.choose_only(DAYCARE)
    overview.go_on()
    Check(visit)
    expect(visit.page.locator("input[name=method]").first).to_have_value("mobilepay")
    expect(visit.page.locator("input[name=method]").first).to_be_checked()


def test_refused_no_money_is_taken(visit: Visit) -> None:
    to_mobilepay(visit, Overview.of_new_citizen(visit), DAYCARE).refuse()
    # Who answers within two seconds of paying is shown the waiting page first, which then goes on by itself.
    expect(visit.page.locator("h1")).to_have_text("Du afbrød betalingen")
    outcome = Outcome(visit)
    expect(outcome.text).to_contain_text("Vi har ikke trukket penge.")
    expect(Overview.again(visit).box(*DAYCARE)).to_be_visible()


def test_left_unanswered_it_waits_and_then_runs_out(visit: Visit) -> None:
    house = visit.house
    app = to_mobilepay(visit, Overview.of_new_citizen(visit), DAYCARE)
    reference = app.reference
    app.leave()
    expect(visit.page.get_by_text("Du har ikke svaret")).to_be_visible()

    overview = Overview.again(visit)
    expect(overview.bill(*DAYCARE)).to_contain_text("Betaling i gang")
    overview.bill(*DAYCARE).get_by_role("link", name="Fortsæt").click()
    expect(Outcome(visit).text.get_by_role("link", name="Gå tilbage til MobilePay")).to_be_visible()

    house.ask(f"/mobilepay/test/expire/{reference}", method="POST")
    house.wait_until(lambda: state_of(house, reference) == "expired")
    expect(visit.page.get_by_role("heading", name="Der gik for lang tid")).to_be_visible()
    expect(Overview.again(visit).box(*DAYCARE)).to_be_visible()


def test_the_return_in_another_browser_shows_nothing_personal(visit: Visit, open_visit: OpenVisit) -> None:
    house = visit.house
    app = to_mobilepay(visit, Overview.of_new_citizen(visit), DAYCARE)
    back = house.ask(f"/mobilepay/test/approve/{app.reference}", method="POST")["return_url"]
    stranger = open_visit()
    stranger.go(back.removeprefix(house.portal))
    receipt = Receipt(stranger)
    expect(receipt.heading).to_contain_text("250,00")
    words = stranger.page.content()
    assert [word for word in ("Prøve Borger", "Børnepasning", "Børnehuset") if word in words] == []
    expect(receipt.text.get_by_role("link", name="Log ind med MitID")).to_be_visible()
