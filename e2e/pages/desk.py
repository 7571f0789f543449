"""The library desk: find a citizen, and see what they see of the library's bills."""

from playwright.sync_api import Locator

from e2e.pages.mitid import MitID
from e2e.visit import Visit


class Desk:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    @classmethod
    def after_login(cls, visit: Visit, name: str) -> "Desk":
        """Log in as an employee and turn to the library desk."""
        visit.go("/personale/login")
        MitID(visit).choose(name)
        visit.arrive("/personale")
        visit.page.locator("main a[href='/personale/bibliotek']").click()
        visit.arrive("/personale/bibliotek")
        return cls(visit)

    def ask_for(self, cpr: str, reason: str | None = "Borgeren står her") -> None:
        """Fill the form and send it; where it leads is the journey's to say."""
        self.page.get_by_label("Cpr-nummer").fill(cpr)
        if reason:
            self.page.locator("label", has_text=reason).click()
        self.page.locator("main form button[type=submit]").click()

    def find(self, cpr: str) -> "Desk":
        """Look a citizen up who is there."""
        self.ask_for(cpr)
        self.visit.arrive("/personale/bibliotek/borger")
        return self

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def bills(self) -> Locator:
        """The bills that are still open."""
        return self.page.locator("main li.claim:not(.claim-closed)")

    def bill(self, *words: str) -> Locator:
        found = self.bills
        for part in words:
            found = found.filter(has_text=part)
        return found

    def closed(self, number: str) -> Locator:
        """The card of a bill, paid or closed of late, by its number."""
        return self.page.locator("main li.claim-closed").filter(has_text=number)
