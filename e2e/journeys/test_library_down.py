"""The library's system is down: the other bills are there, the gap has a name, and later it heals."""

from playwright.sync_api import expect

from e2e.pages.overview import Overview
from e2e.pages.way import DAYCARE, LIBRARY
from e2e.visit import Visit


def test_other_bills_are_there_while_the_library_is_down(visit: Visit) -> None:
    with visit.house.fault("fbs", "down"):
        overview = Overview.of_new_citizen(visit)
        expect(overview.alerts).to_contain_text("Vi kan ikke hente regninger fra Bibliotek lige nu.")
        expect(overview.alerts).to_contain_text("De andre regninger er her.")
        expect(overview.box(*DAYCARE)).to_be_visible()
        expect(overview.bill(*LIBRARY)).to_have_count(0)

    visit.house.let_pictures_age()
    overview = Overview.again(visit)
    expect(overview.box(*LIBRARY)).to_be_visible()
    expect(overview.page.get_by_text("Vi kan ikke hente")).to_have_count(0)

    with visit.house.fault("fbs", "down"):
        visit.house.let_pictures_age()
        overview = Overview.again(visit)
        expect(overview.alerts).to_contain_text("Dem, du ser herfra, er fra")
        expect(overview.bill(*LIBRARY)).to_be_visible()
