"""Paying with a code: the field, what it opens, and the check page after it."""

from playwright.sync_api import Locator

from e2e.pages.check import Check
from e2e.visit import Visit


class Code:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    @classmethod
    def open(cls, visit: Visit) -> "Code":
        """From the front page's link."""
        visit.go("/")
        visit.page.locator("main").get_by_role("link", name="Betal med kode fra dit brev").click()
        visit.arrive("/kode")
        return cls(visit)

    def type(self, code: str) -> "Code":
        """Type a code that opens something."""
        self.page.get_by_label("Kode", exact=True).fill(code)
        self.page.get_by_role("button", name="Find regningen").click()
        self.visit.arrive("/kode/regning")
        return self

    def go_on(self) -> Check:
        """To the check page."""
        self.page.get_by_role("button", name="Gå videre og betal").click()
        return Check(self.visit, address="/kode/kontrol")

    @property
    def text(self) -> Locator:
        return self.page.locator("main")
