"""One person at one browser: the page they look at, and everything that must not happen meanwhile."""

import re
from collections.abc import Iterable

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, WebError

from e2e.house import House
from e2e.look import Judge

PATIENCE_MS = 15_000
POLICY = "default-src 'none'"


class Visit:
    """A browser with an address and cookies of its own."""

    def __init__(
        self, context: BrowserContext, house: House, judge: Judge, *, language: str, runs_scripts: bool
    ) -> None:
        self.context = context
        self.house = house
        self._judge = judge
        self.language = language
        self._runs_scripts = runs_scripts
        self.faults: list[str] = []
        self._expected: set[int] = set()
        self._numbers = frozenset(person["cpr"] for person in house.people().values() if person["cpr"])
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("response", self._on_response)
        self.page: Page = context.new_page()

    def expects(self, *statuses: int) -> None:
        """From here on these answers are part of the journey, and what the browser's console says of them too."""
        self._expected.update(statuses)

    def go(self, path: str) -> None:
        """Open an address of the portal."""
        self.page.goto(self.house.portal + path)

    def arrive(self, address: str) -> None:
        """Wait until the browser stands at an address of the portal (a pattern for all of its path), and look."""
        self.page.wait_for_url(re.compile(re.escape(self.house.portal) + address + r"(?:[?#].*)?$"))
        self.look()

    def look(self) -> None:
        """Judge the page at hand."""
        self._judge.judge(self.page, language=self.language, runs_scripts=self._runs_scripts)
        text = self.page.content()
        assert not any(form in text for cpr in self._numbers for form in (cpr, f"{cpr[:6]}-{cpr[6:]}")), self.page.url

    def in_new_tab(self) -> Page:
        """Open another tab of the same browser and turn to it; the one left is returned."""
        before, self.page = self.page, self.context.new_page()
        return before

    def keep_cookies(self) -> None:
        """Remember what the browser's cookies hold, for the judgement of the logs."""
        self.house.cookies.update(str(cookie.get("value", "")) for cookie in self.context.cookies())

    def forget_cookies(self) -> None:
        """The login is gone, as when a phone has put the browser to sleep for long."""
        self.keep_cookies()
        self.context.clear_cookies()

    def end(self) -> Iterable[str]:
        """Close the browser; what went wrong in it."""
        self.keep_cookies()
        self.context.close()
        return self.faults

    def _on_console(self, message: ConsoleMessage) -> None:
        status = re.search(r"responded with a status of (\d{3})", message.text)
        if message.type == "error" and not (status and int(status[1]) in self._expected):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _on_response(self, answer: Response) -> None:
        if not answer.url.startswith(self.house.portal) or not answer.request.is_navigation_request():
            return
        if answer.status >= 400 and answer.status not in self._expected:
            self.faults.append(f"{answer.status} at {answer.url}")
        if not answer.headers.get("content-security-policy", "").startswith(POLICY):
            self.faults.append(f"no strict content security policy at {answer.url}")
