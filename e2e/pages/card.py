"""The provider's page, on which the card is typed."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator

from e2e.visit import Visit

PAYS = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
NEVER_RETURNS = "4000 0000 0000 4954"


class CardPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        self.page.wait_for_url(re.compile("/stripe/pay/"))

    @property
    def message(self) -> Locator:
        return self.page.get_by_role("alert")

    @property
    def session_id(self) -> str:
        return self.page.url.rpartition("/")[2]

    def pay_with(self, card: str) -> None:
        self.page.get_by_label("Kortnummer").fill(card)
        self.page.get_by_label("Udløbsdato").fill(f"12/{datetime.now(UTC).year % 100 + 3}")
        self.page.get_by_label("CVC").fill("123")
        self.page.get_by_role("button", name="Betal", exact=True).click()

    def cancel(self) -> None:
        self.page.get_by_role("button", name="Afbryd", exact=True).click()
