"""What has been paid, as a list."""

from playwright.sync_api import Locator

from e2e.visit import Visit


class Payments:
    def __init__(self, visit: Visit) -> None:
        self.page = visit.page
        visit.go("/betalinger")
        visit.arrive("/betalinger")

    @property
    def rows(self) -> Locator:
        return self.page.locator("main tbody tr")
