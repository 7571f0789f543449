"""A code from the desk is paid in another browser, without login, and tells that browser nothing of anybody."""

import re

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.card import PAYS
from e2e.pages.code import Code
from e2e.pages.desk import Desk
from e2e.visit import Visit

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def test_a_code_from_the_desk_pays_without_login(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    ahmed = world.people()["Ahmed Yilmaz"]
    desk = Desk.after_login(visit, "Lone Dahl").find(ahmed["cpr"])
    expect(desk.bills).to_have_count(1)
    desk.page.get_by_role("button", name="Vis kode og QR til betaling").click()
    visit.arrive("/personale/bibliotek/borger/kode")
    expect(desk.page.locator("svg.qr")).to_be_visible()
    expect(desk.text).to_contain_text("Gælder til kl.")
    (code,) = CODE.findall(desk.text.inner_text())

    phone = open_visit()
    opened = Code.open(phone).type(code.lower().replace("-", " "))
    expect(opened.text).to_contain_text("Bibliotek")
    expect(opened.text).to_contain_text("60,00")
    check = opened.go_on()
    expect(check.text).to_contain_text(re.compile(r"Bibliotek, nummer \d+"))
    check.pay().pay_with(PAYS)
    phone.arrive("/kvittering/[^/]+")
    expect(opened.text).to_contain_text("Tak. Du har betalt 60,00")
    for word in ("Ahmed", "Yilmaz", "Gebyr", "»", "Log ind med MitID"):
        expect(opened.text).not_to_contain_text(word)

    expect(desk.text).to_contain_text("Betalt", timeout=30_000)
    expect(desk.text).not_to_contain_text(code)
    visit.go("/personale/bibliotek/borger")
    expect(desk.text).to_contain_text(re.compile("Betal(t|ing på vej)"))


def test_the_square_fills_in_the_code(world: House, visit: Visit) -> None:
    visit.expects(404)
    visit.go("/kode#K7M4-9QWX-2P8T")
    expect(visit.page.get_by_label("Kode", exact=True)).to_have_value("K7M4-9QWX-2P8T")
    assert "#" not in visit.page.url, "whoever looks over a shoulder later does not find it in the address"
    visit.page.get_by_role("button", name="Find regningen").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("Koden passer ikke.")
    visit.look()
