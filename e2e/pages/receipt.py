"""The receipt, with the way of the money."""

from pathlib import Path

from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from e2e.visit import Visit

SETTLES_MS = 30_000


def words_of(pdf: Path) -> str:
    """The text of a PDF, as a screen reader finds it."""
    return "\n".join(page.extract_text() for page in PdfReader(pdf).pages).replace("\xa0", " ")


class Receipt:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.arrive("/kvittering/[^/]+")

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def heading(self) -> Locator:
        return self.page.locator("h1")

    @property
    def number(self) -> str:
        """As it is seen; it is read aloud in other words."""
        return self.page.locator(".receipt-number [aria-hidden]").inner_text()

    def pdf(self) -> str:
        """The words of the PDF that the link gives."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Hent som PDF").click()
        return words_of(download.value.path())

    def mail_to(self, address: str) -> None:
        """Ask for the receipt by e-mail."""
        self.page.get_by_role("textbox", name="E-mail").fill(address)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Send til min e-mail").click()

    @property
    def steps(self) -> Locator:
        return self.page.locator("#tracker .tracker-step")

    @property
    def done(self) -> Locator:
        return self.page.locator("#tracker .tracker-done")

    def see_all_done(self, steps: int) -> None:
        """Every step comes to its end by itself, without the page being loaded anew."""
        self.page.evaluate("document.documentElement.dataset.mark = 'same page'")
        expect(self.steps).to_have_count(steps)
        expect(self.done).to_have_count(steps, timeout=SETTLES_MS)
        expect(self.page.locator("html")).to_have_attribute("data-mark", "same page")
        self.visit.look()
