"""The collections desk: find a payment, send money back, decide on a colleague's refund."""

from playwright.sync_api import Locator

from e2e.pages.mitid import MitID
from e2e.visit import Visit

FRONT = "/personale/opkraevning"
QUEUE = f"{FRONT}/tilbagebetalinger"


class Collections:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    @classmethod
    def after_login(cls, visit: Visit, name: str) -> "Collections":
        """Log in as an employee and turn to the collections desk."""
        visit.go("/personale/login")
        MitID(visit).choose(name)
        visit.arrive("/personale")
        visit.page.locator(f"main a[href='{FRONT}']").click()
        visit.arrive(FRONT)
        return cls(visit)

    def find(self, number: str) -> "Collections":
        """Search for a receipt number, as people type it; the one payment found is opened."""
        self.visit.go(FRONT)
        self.page.get_by_label("Find en betaling").fill(number)
        self.page.get_by_role("button", name="Find betaling").click()
        self.page.wait_for_url("**/betaling/**")
        self.visit.look()
        return self

    def send_back(self, what: str, amount: str, reason: str) -> None:
        """Fill the form of the payment at hand, and send it."""
        self.page.get_by_label(f"{what}: send tilbage").fill(amount)
        self.page.get_by_label("Hvorfor?").fill(reason)
        self.page.get_by_role("button", name="Send penge tilbage").click()

    def queue(self) -> "Collections":
        """Turn to the queue of money on its way back."""
        self.visit.go(QUEUE)
        self.visit.arrive(QUEUE)
        return self

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def refunds(self) -> Locator:
        """The refunds on a payment's own page."""
        return self.page.locator("main .refund")
