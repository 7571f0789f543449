"""The failure queue at the collections desk, and a row's own page."""

from playwright.sync_api import Locator, expect

from e2e.visit import Visit

QUEUE = "/personale/opkraevning/fejl"


class Failures:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    def open(self) -> "Failures":
        """Turn to the queue by the desk's menu, and look."""
        self.page.locator(f".site-menu a[href='{QUEUE}']").click()
        self.visit.arrive(QUEUE)
        return self

    def row(self, number: str) -> Locator:
        """The row of the payment with this receipt number."""
        return self.page.locator("table.queue tbody tr").filter(has_text=number)

    def wait_for(self, number: str) -> Locator:
        """Look again until the payment stands in the queue."""
        for _ in range(30):
            if self.row(number).count():
                break
            self.page.wait_for_timeout(500)
            self.page.reload()
        expect(self.row(number)).to_have_count(1)
        self.visit.look()
        return self.row(number)

    def choose(self, number: str) -> None:
        self.row(number).locator("input[type=checkbox]").check(force=True)  # its label may lie over it

    def retry_chosen(self) -> None:
        """Try the chosen rows again, and say yes to the question."""
        self.page.get_by_role("button", name="Prøv de valgte igen").click()
        expect(self.page.locator("h1")).to_contain_text("Vil du prøve 1 betaling igen?")
        self.visit.look()
        self.page.get_by_role("button", name="Ja, prøv igen").click()
        self.visit.arrive(QUEUE)

    def open_row(self, number: str) -> "Failures":
        """The row's own page."""
        self.row(number).get_by_role("link").click()
        expect(self.page.locator("h1")).to_contain_text(number)
        self.visit.look()
        return self

    def take(self) -> None:
        self.page.get_by_role("button", name="Tag ejerskab").click()

    def solve(self, note: str) -> None:
        self.page.get_by_label("Note").fill(note)
        self.page.get_by_role("button", name="Løs manuelt").click()

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def result(self) -> Locator:
        """What came of the last act, as a screen reader hears it."""
        return self.page.locator("main [role=status]")
