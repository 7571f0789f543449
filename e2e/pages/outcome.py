"""How a payment stands: waiting, or an end without success."""

from playwright.sync_api import Locator

from e2e.visit import Visit


class Outcome:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.arrive("/betal/[^/]{20,}")

    @property
    def heading(self) -> Locator:
        return self.page.locator("h1")

    @property
    def text(self) -> Locator:
        return self.page.locator("main")
