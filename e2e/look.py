"""What must hold for every page a person sees, wherever the journey leads."""

import re
from pathlib import Path

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
# How the page is built, without its words and what differs from person to person: what axe judges.
_SHAPE = """() => document.documentElement.lang + innerWidth + document.body.outerHTML
  .replace(/>[^<]+</g, "><")
  .replace(/(?<= (?:value|href|content|action|id|for|aria-[a-z]+|data-[a-z]+)=")[^"]*/g, "")"""
_LOW_BUTTONS = """() => [...document.querySelectorAll(".button-primary, .button-secondary, .claim-choice label")]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"""


class Judge:
    """Looks at pages for a whole run; axe judges pages that are built alike once."""

    def __init__(self, pictures: Path | None) -> None:
        self._pictures = pictures
        self._judged: set[int] = set()

    def judge(self, page: Page, *, language: str, runs_scripts: bool) -> None:
        """The page at hand: readable by everybody, in the language chosen, and telling nobody a number."""
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("lang", language)
        title = page.title()
        assert re.fullmatch(r"(?:(?:Fejl|Error): )?.+ – Betal din kommune – .+", title), title
        assert find_cpr(page.url) is None, "a CPR number stands in the address"
        assert find_cpr(title) is None, "a CPR number stands in the title"
        overflow = page.evaluate(_OVERFLOW)
        assert overflow == "", f"{page.url} is wider than the screen: {overflow}"
        low = page.evaluate(_LOW_BUTTONS)
        assert low == [], f"{page.url} has buttons too low for a thumb: {low}"
        shape = hash((page.evaluate(_SHAPE), runs_scripts))
        if shape not in self._judged:
            self._look_closely(page, runs_scripts=runs_scripts)
            self._judged.add(shape)

    def _look_closely(self, page: Page, *, runs_scripts: bool) -> None:
        if self._pictures:
            wide = page.evaluate("innerWidth")
            place = re.sub(r"[\w-]{20,}", "", page.url.split("://")[1].partition("/")[2].partition("?")[0])
            name = f"{len(self._judged):03d}-{place.strip('/').replace('/', '-') or 'forside'}-{wide}.png"
            page.screenshot(path=self._pictures / name, full_page=True)
        if not runs_scripts:
            return  # axe waits for a turn that never comes here; the same pages are judged elsewhere
        found = _AXE.run(page, options=OPTIONS)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
