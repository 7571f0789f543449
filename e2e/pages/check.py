"""The last look before paying, and the page that leads on."""

from playwright.sync_api import Locator

from e2e.pages.card import CardPage
from e2e.pages.mobilepay import MobilePayPage
from e2e.visit import Visit


class Check:
    def __init__(self, visit: Visit, *, address: str = "/betal/kontrol") -> None:
        self.visit = visit
        self.page = visit.page
        visit.arrive(address)

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def pay_button(self) -> Locator:
        return self.page.locator("form[action$='/betal'] button[type=submit]")

    @property
    def total(self) -> Locator:
        return self.page.locator("tfoot .amount")

    def remove(self, bill: str) -> "Check":
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=f"Fjern {bill}").click()
        return Check(self.visit)

    def receipt_to(self, address: str) -> None:
        """Ask for a receipt by e-mail."""
        self.page.get_by_label("E-mail (valgfrit)").fill(address)

    def choose(self, method: str) -> "Check":
        """Mark a way to pay: `card` or `mobilepay`."""
        self.page.locator(f"input[name=method][value={method}] + label").click()
        return self

    def pay(self) -> CardPage:
        """Choose the card, press the button and be led on to the provider."""
        self.choose("card").pay_button.click()
        return CardPage(self.visit)

    def pay_with_mobilepay(self) -> MobilePayPage:
        """Choose MobilePay, press the button and be led on to the app."""
        self.choose("mobilepay").pay_button.click()
        return MobilePayPage(self.visit)
