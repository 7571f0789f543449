"""The front page: the way in."""

from playwright.sync_api import Locator

from e2e.pages.mitid import MitID
from e2e.visit import Visit


class Front:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        visit.go("/" if visit.language == "da" else f"/?lang={visit.language}")
        visit.arrive("/")

    @property
    def log_in_link(self) -> Locator:
        return self.visit.page.locator("main a[href='/login']")

    def log_in(self) -> MitID:
        self.log_in_link.click()
        return MitID(self.visit)
