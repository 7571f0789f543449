"""The figures of the collections desk: a sentence, a drawing and a table each."""

from playwright.sync_api import Locator

from e2e.pages.collections import Collections
from e2e.visit import Visit

ADDRESS = "/personale/opkraevning/tal"


class Figures:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    @classmethod
    def after_login(cls, visit: Visit, name: str) -> "Figures":
        """Log in as an employee of collections, and turn to the figures by the menu."""
        Collections.after_login(visit, name)
        visit.page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Tal", exact=True).click()
        visit.arrive(ADDRESS)
        return cls(visit)

    def figure(self, name: str) -> Locator:
        """One figure by the first words of its heading."""
        return self.page.locator("figure").filter(has=self.page.get_by_role("heading", name=name))

    def drawing(self, name: str) -> Locator:
        """The drawing that is seen at this width: of the two, the other is not there."""
        return self.figure(name).locator("svg.chart").locator("visible=true")

    def numbers(self, name: str) -> Locator:
        """The table of a figure, opened."""
        self.figure(name).locator("summary").click()
        return self.figure(name).locator("details tbody tr")
