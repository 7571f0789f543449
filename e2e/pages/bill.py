"""One bill's own page."""

from playwright.sync_api import Locator

from e2e.visit import Visit


class BillPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.arrive("/regninger/[0-9a-f-]{36}")

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def number(self) -> str:
        """The number the bill has where it was made."""
        return self.page.get_by_role("row", name="Regningens nummer").get_by_role("cell").last.inner_text()
