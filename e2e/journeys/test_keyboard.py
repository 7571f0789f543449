"""The whole way by keyboard: every stop shows where one is, and nothing covers it."""

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e.pages.card import PAYS, CardPage
from e2e.pages.check import Check
from e2e.pages.front import Front
from e2e.pages.mitid import MitID
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit

MOST_STOPS = 60
_STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const drawn = at.matches(".form-checkbox, .form-radio") ? getComputedStyle(at.nextElementSibling, "::before")
    : getComputedStyle(at);
  const bar = document.querySelector(".pay-bar"), box = at.getBoundingClientRect();
  const edge = bar && !bar.contains(at) && getComputedStyle(bar).position === "sticky"
    ? bar.getBoundingClientRect() : null;
  return {
    what: at.outerHTML.slice(0, 100),
    outline: drawn.outlineStyle === "none" ? 0 : parseFloat(drawn.outlineWidth),
    covered: Boolean(edge && box.bottom > edge.top + 1 && box.top < edge.bottom),
  };
}"""


def _tab_to(page: Page, goal: Locator) -> None:
    """Press Tab until the goal has the focus; every stop on the way must show itself."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop: dict[str, Any] | None = page.evaluate(_STOP)
        if stop:
            assert stop["outline"] >= 3, f"focus cannot be seen at {stop['what']}"
            assert not stop["covered"], f"the bar covers {stop['what']}"
        if goal.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{goal} was not reached with {MOST_STOPS} tabs")


def test_paying_by_keyboard_alone(visit: Visit) -> None:
    page, citizen = visit.page, visit.house.new_citizen()
    front = Front(visit)
    page.keyboard.press("Tab")
    expect(page.locator(".skipnav")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    _tab_to(page, front.log_in_link)
    page.keyboard.press("Enter")

    MitID(visit)
    page.get_by_label("Bruger-id").focus()
    page.keyboard.type(citizen["username"])
    page.keyboard.press("Enter")

    overview = Overview(visit)
    for words, is_wanted in ((DAYCARE, False), (LIBRARY, True)):
        if overview.box(*words).is_checked() is not is_wanted:
            page.evaluate("document.activeElement.blur()")
            _tab_to(page, overview.box(*words))
            page.keyboard.press("Space")
    expect(overview.total).to_contain_text("60,00")
    _tab_to(page, overview.go_on_button)
    page.keyboard.press("Enter")

    check = Check(visit)
    _tab_to(page, page.locator("input[name=method]").first)
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=method][value=card]")).to_be_checked()
    _tab_to(page, check.pay_button)
    page.keyboard.press("Enter")

    CardPage(visit)
    page.get_by_label("Kortnummer").focus()
    for text in (PAYS, f"12/{datetime.now(UTC).year % 100 + 3}", "123"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    receipt = Receipt(visit)
    expect(receipt.heading).to_be_focused()
    _tab_to(page, page.locator("[data-print]"))
