"""What has been paid, as a list."""

from pathlib import Path

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

    def search(self, text: str) -> None:
        """Look for an amount or a receipt number."""
        self.page.get_by_label("Beløb eller kvitteringsnummer").fill(text)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Søg").click()

    def download(self, link: str) -> Path:
        """What a link of the list gives."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=link).click()
        return download.value.path()
