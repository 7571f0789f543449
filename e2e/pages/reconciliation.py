"""Reconciliation at the collections desk: the days, and the close of one."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Locator, expect

from e2e.visit import Visit

PAGE = "/personale/opkraevning/afstemning"


class Reconciliation:
    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    def open(self) -> "Reconciliation":
        """Turn to the days by the menu."""
        self.page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Afstemning").click()
        self.visit.arrive(PAGE)
        return self

    def run(self, day: str) -> "Reconciliation":
        """Ask for a day, and wait until the page shows how it came out."""
        self.visit.go(PAGE)
        self.page.get_by_label("Dag", exact=True).fill(day)
        self.page.get_by_role("button", name="Afstem dagen").click()
        self.page.wait_for_url(f"**{PAGE}/{day}")
        expect(self.text).to_contain_text("Afstemt ", timeout=30_000)
        self.visit.look()
        return self

    def rows(self) -> list[dict[str, str]]:
        """The day's file, as a spreadsheet reads it."""
        with self.page.expect_download() as begun:
            self.page.get_by_role("link", name="Hent dagen som CSV").click()
        text = Path(begun.value.path()).read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(text), delimiter=";"))

    @property
    def text(self) -> Locator:
        return self.page.locator("main")
