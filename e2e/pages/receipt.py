"""The receipt, with the way of the money."""

from playwright.sync_api import Locator, expect

from e2e.visit import Visit

SETTLES_MS = 30_000


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
        return self.page.locator(".receipt-number").inner_text()

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
