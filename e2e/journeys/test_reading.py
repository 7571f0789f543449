"""Reading every page: narrow screens, large letters, high contrast, both languages, and pages that go wrong."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.check import Check
from e2e.pages.overview import Overview
from e2e.pages.way import LIBRARY
from e2e.visit import Visit

ROOMY = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.mark.parametrize("language", ["da", "en"])
def test_pages_for_everybody(open_visit: OpenVisit, language: str) -> None:
    visit = open_visit(language=language)
    for path in ("/", "/hjaelp", "/was", "/privatliv"):
        visit.go(f"{path}?lang={language}")
        visit.arrive(path)
    visit.expects(404)
    visit.go("/findes-ikke")
    visit.arrive("/findes-ikke")


def test_every_bill_of_kirstens_and_bents(world: House, open_visit: OpenVisit) -> None:
    for name, least in (("Kirsten Lund", 6), ("Bent Madsen", 3)):
        visit = open_visit()
        overview = Overview.after_login(visit, name)
        for summary in visit.page.locator("li.claim summary").all():
            summary.click()
        visit.look()
        addresses = [link.get_attribute("href") or "" for link in overview.bills.locator("details a").all()]
        assert len(addresses) >= least
        for address in addresses[:least]:
            visit.go(address)
            visit.arrive(address)


def test_going_on_with_nothing_chosen_is_an_error_that_says_so(visit: Visit) -> None:
    visit.expects(422)
    overview = Overview.of_new_citizen(visit)
    overview.choose_only()
    expect(overview.count).to_have_text("Ingen regninger valgt")
    overview.go_on()
    visit.arrive("/betal/kontrol")
    expect(visit.page.get_by_role("alert")).to_be_focused()
    expect(visit.page.get_by_role("alert")).to_contain_text("Vælg mindst én regning, før du går videre.")
    assert visit.page.title().startswith("Fejl: ")


@pytest.mark.parametrize("screen", [(320, 256)], indirect=True, ids=["320"])
def test_the_overview_at_four_hundred_percent(visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    bar = visit.page.locator(".pay-bar")
    assert bar.evaluate("one => getComputedStyle(one).position") == "static"
    visit.page.evaluate(ROOMY)
    visit.look()
    overview.choose_only(LIBRARY)
    overview.go_on()
    Check(visit)


def test_letters_twice_as_large(visit: Visit) -> None:
    Overview.of_new_citizen(visit)
    visit.page.evaluate("document.documentElement.style.fontSize = '20px'")
    visit.look()


def test_a_ticked_box_shows_in_high_contrast(open_visit: OpenVisit) -> None:
    visit = open_visit(forced_colors="active")
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY)
    box = overview.box(*LIBRARY)
    ticked = box.screenshot()
    box.uncheck()
    visit.page.mouse.move(0, 0)
    assert box.screenshot() != ticked
    assert overview.bill(*LIBRARY).evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
