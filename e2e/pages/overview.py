"""The overview of all bills."""

from playwright.sync_api import Locator, expect

from e2e.pages.bill import BillPage
from e2e.pages.front import Front
from e2e.visit import Visit


class Overview:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        visit.arrive("/regninger")

    @classmethod
    def after_login(cls, visit: Visit, name: str) -> "Overview":
        """Log in from the front page as somebody with a name."""
        Front(visit).log_in().choose(name)
        return cls(visit)

    @classmethod
    def of_new_citizen(cls, visit: Visit) -> "Overview":
        """Log in as somebody nobody has met: a late fee of 60,00 at the library, and daycare of 250,00."""
        citizen = visit.house.new_citizen()
        Front(visit).log_in().type_name(citizen["username"])
        return cls(visit)

    @classmethod
    def again(cls, visit: Visit) -> "Overview":
        visit.go("/regninger")
        return cls(visit)

    @property
    def bills(self) -> Locator:
        """The bills that are still open."""
        return self.page.locator("li.claim:not(.claim-closed)")

    def bill(self, *words: str) -> Locator:
        """The card of the open bill in which all these words stand."""
        return _with(self.bills, words)

    def closed(self, *words: str) -> Locator:
        """The cards of those bills, paid or closed of late, in which all these words stand."""
        return _with(self.page.locator("li.claim-closed"), words)

    def box(self, *words: str) -> Locator:
        return self.bill(*words).get_by_role("checkbox")

    @property
    def alerts(self) -> Locator:
        return self.page.locator("main .alert")

    @property
    def total(self) -> Locator:
        return self.page.locator("[data-total]")

    @property
    def count(self) -> Locator:
        return self.page.locator("[data-count]")

    @property
    def go_on_button(self) -> Locator:
        return self.page.locator("form[data-overview] .pay-bar button[type=submit]")

    def choose_only(self, *bills: tuple[str, ...]) -> None:
        """Tick these bills and no others."""
        expect(self.bills.first).to_be_visible()
        ticked = self.page.locator("input[name=claim]:checked")
        while ticked.count():
            self._label(ticked.first).click()
        for words in bills:
            self._label(self.box(*words)).click()
            expect(self.box(*words)).to_be_checked()
        expect(self.page.locator("input[name=claim]:checked")).to_have_count(len(bills))

    def _label(self, box: Locator) -> Locator:
        # The design system draws the box in the label; that is what a person points at.
        return self.page.locator(f"label[for='{box.get_attribute('id')}']")

    def go_on(self) -> None:
        self.go_on_button.click()

    def open_bill(self, *words: str) -> BillPage:
        self.open_card(self.bill(*words))
        return BillPage(self.visit)

    def open_card(self, card: Locator) -> None:
        """Unfold a card and follow it to the bill's own page."""
        card.locator("summary").click()
        card.locator("details a").click()


def _with(cards: Locator, words: tuple[str, ...]) -> Locator:
    for part in words:
        cards = cards.filter(has_text=part)
    return cards
