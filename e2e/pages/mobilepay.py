"""The page that plays the MobilePay app."""

import re

from playwright.sync_api import Locator

from e2e.visit import Visit


class MobilePayPage:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page
        self.page.wait_for_url(re.compile("/mobilepay/app/"))

    @property
    def text(self) -> Locator:
        return self.page.locator("main")

    @property
    def message(self) -> Locator:
        return self.page.get_by_role("alert")

    @property
    def reference(self) -> str:
        return self.page.locator("code").inner_text()

    def approve(self) -> None:
        self.page.get_by_role("button", name="Godkend i MobilePay").click()

    def refuse(self) -> None:
        self.page.get_by_role("button", name="Afvis", exact=True).click()

    def leave(self) -> None:
        self.page.get_by_role("button", name="Luk uden at svare").click()
