"""What must hold for every page a person sees, wherever the journey leads."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from standins.frame import find_cpr

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
_AXE = Axe()
_OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > wide + 1);
  return out.slice(-3).map((one) => one.outerHTML.slice(0, 120)).join(" | ") || "something";
}"""
_LOW_BUTTONS = """() => [...document.querySelectorAll(".button-primary, .button-secondary, .claim-choice label")]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"""


def judge(page: Page, *, language: str, runs_scripts: bool) -> None:
    """The page at hand: readable by everybody, in the language chosen, and telling nobody a number."""
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("lang", language)
    title = page.title()
    assert re.fullmatch(r"(?:(?:Fejl|Error): )?.+ – Betal din kommune – .+", title), title
    assert find_cpr(page.url) is None, "a CPR number stands in the address"
    assert find_cpr(title) is None, "a CPR number stands in the title"
    assert page.evaluate(_OVERFLOW) == "", page.url
    assert page.evaluate(_LOW_BUTTONS) == [], page.url
    if not runs_scripts:
        return  # axe is a script that waits for its own turn, which never comes here; the same pages are judged elsewhere
    found = _AXE.run(page, options=OPTIONS)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
