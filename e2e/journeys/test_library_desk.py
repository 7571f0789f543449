"""The library desk sees of its own citizens' library bills what the citizens see, and nothing else."""

import re

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.desk import Desk
from e2e.pages.overview import Overview
from e2e.pages.way import pay
from e2e.visit import Visit

BOOK = ("Vinterhavn", "275,00")
FEE = ("Bien og bjørnen", "60,00")


def test_lone_sees_what_kirsten_sees(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    overview, cpr = Overview.after_login(visit, "Kirsten Lund"), world.people()["Kirsten Lund"]["cpr"]
    lone = open_visit()
    desk = Desk.after_login(lone, "Lone Dahl").find(f"{cpr[:6]}-{cpr[6:]}")
    expect(desk.page.locator("h1")).to_contain_text("Kirsten Lund")
    expect(desk.page.locator("h1")).to_contain_text(cpr[:6])
    for words in (BOOK, FEE):
        for part in (".claim-amount", ".claim-meta > :first-child"):
            seen = overview.bill(*words).locator(part).inner_text()
            expect(desk.bill(*words).locator(part)).to_have_text(seen)
        expect(desk.bill(*words).locator(".say-it blockquote")).to_be_visible()
    for other in ("Børnepasning", "Parkering", "Ejendom", "2.194,00"):
        expect(desk.text).not_to_contain_text(other)

    number = re.findall(r"Nummer (\d+)", desk.bill(*FEE).inner_text())[0]
    pay(visit, overview, FEE).see_all_done(3)
    lone.go("/personale/bibliotek/borger")
    paid = desk.closed(number)
    expect(paid).to_contain_text("Betalt")
    paid.locator("summary").click()
    expect(paid.locator(".tracker-done")).to_have_count(3)
    lone.look()


def test_nanna_of_another_municipality_sees_nothing_of_kirsten(world: House, visit: Visit) -> None:
    visit.expects(404)
    desk = Desk.after_login(visit, "Nanna Birk")
    desk.ask_for(world.people()["Kirsten Lund"]["cpr"])
    visit.arrive("/personale/bibliotek")
    expect(desk.page.get_by_role("alert")).to_contain_text("Ingen fundet. Tjek nummeret.")
    expect(desk.text).not_to_contain_text("Kirsten")
    expect(desk.bills).to_have_count(0)


def test_the_desk_wants_a_number_and_a_reason(visit: Visit) -> None:
    visit.expects(400)
    desk = Desk.after_login(visit, "Lone Dahl")
    desk.ask_for("123", None)
    visit.arrive("/personale/bibliotek")
    summary = desk.page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    assert visit.page.title().startswith("Fejl: ")
    expect(desk.page.get_by_label("Cpr-nummer")).to_have_value("")
