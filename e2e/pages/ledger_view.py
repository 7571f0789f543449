"""A citizen at the collections desk, as the portal and the ledger see them."""

from playwright.sync_api import Locator

from e2e.visit import Visit

FIND, SHOWN = "/personale/opkraevning/borger", "/personale/opkraevning/borger/opslag"


class LedgerView:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.go(FIND)
        visit.arrive(FIND)

    def ask_for(self, cpr: str, reason: str | None = "Borgeren ringer") -> None:
        """Fill the form and send it; where it leads is the journey's to say."""
        self.page.get_by_label("Cpr-nummer").fill(cpr)
        if reason:
            self.page.locator("label", has_text=reason).click()
        self.page.locator("main form button[type=submit]").click()

    def find(self, cpr: str) -> None:
        """Look a citizen up who is there."""
        self.ask_for(cpr)
        self.visit.arrive(SHOWN)

    def claim(self, name: str) -> Locator:
        """One bill's row, both sides of it."""
        return self.page.locator("#claims ~ table tbody tr").filter(has_text=name)

    @property
    def text(self) -> Locator:
        return self.page.locator("main")
