"""Questions about a bill: the citizen's form, and the inbox of the collections desk."""

from playwright.sync_api import Locator

from e2e.visit import Visit

INBOX = "/personale/opkraevning/spoergsmaal"


class Question:
    """The citizen's own pages about one bill."""

    def __init__(self, visit: Visit, bill: str) -> None:
        self.visit = visit
        self.page = visit.page
        self.bill = bill

    def begin(self) -> "Question":
        """From the bill's page to the form."""
        self.visit.go(self.bill)
        self.page.get_by_role("link", name="Spørg om regningen").click()
        self.visit.arrive(f"{self.bill}/spoerg")
        return self

    def go_on(self, about: str | None = None) -> None:
        """Choose what it is about, and go on."""
        if about:
            self.page.locator("label", has_text=about).click()
        self.page.get_by_role("button", name="Gå videre").click()
        self.visit.look()

    def send(self, words: str) -> None:
        self.page.get_by_label("Skriv dit spørgsmål").fill(words)
        self.page.get_by_role("button", name="Send spørgsmål").click()
        self.visit.look()

    @property
    def text(self) -> Locator:
        return self.page.locator("main")


class Inbox:
    """The questions at the collections desk."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.go(INBOX)
        visit.arrive(INBOX)

    def open(self, number: str) -> "Inbox":
        self.page.get_by_role("link", name=f"Nr. {number}:").click()
        self.page.wait_for_url("**/spoergsmaal/*")
        self.visit.look()
        return self

    def answer(self, words: str) -> None:
        self.page.get_by_label("Svar", exact=True).fill(words)
        self.page.get_by_role("button", name="Send svar").click()

    @property
    def text(self) -> Locator:
        return self.page.locator("main")
