"""Figures that people look at: a payment is seen in the drawing, the sentence and the table, on every screen."""

import re

import pytest
from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.pages.figures import Figures
from e2e.pages.overview import Overview
from e2e.pages.way import LIBRARY, pay
from e2e.visit import Visit

PAYMENTS, LEDGER = "Betalinger pr. dag", "Fra betaling til debitorsystem"
ARRIVED = "SELECT count(*) > 0 FROM write_back WHERE state = 'known'"
LETTERS = "one => Math.min(...[...one.querySelectorAll('text')].map(text => text.getBoundingClientRect().height))"


def test_a_payment_is_seen_in_every_figure(visit: Visit, open_visit: OpenVisit) -> None:
    pay(visit, Overview.of_new_citizen(visit), LIBRARY)
    visit.house.wait_until(lambda: visit.house.value(ARRIVED))
    figures = Figures.after_login(open_visit(), "Carsten Bro")
    expect(figures.page.locator("figure")).to_have_count(5)
    sentence = figures.figure(PAYMENTS).locator(".figure-sentence").inner_text()
    done = re.findall(r": ([\d.]+) gennemført", sentence)[0]
    expect(figures.drawing(PAYMENTS)).to_have_count(1)
    expect(figures.drawing(LEDGER)).to_have_count(1)
    rows = figures.numbers(PAYMENTS)
    expect(rows).to_have_count(14)
    expect(rows.last).to_contain_text(done)
    expect(figures.figure(LEDGER)).to_contain_text("Målet på 60 sekunder blev overskredet på")
    expect(figures.figure("Bogført uden menneskehånd")).to_contain_text("%")
    figures.numbers(LEDGER)
    figures.visit.look()
    figures.page.get_by_role("link", name="30 dage").click()
    expect(figures.page.locator("h1")).to_have_text("Tal fra de sidste 30 dage")
    figures.visit.look()


@pytest.mark.parametrize("screen", [(320, 640)], indirect=True, ids=["320"])
def test_the_letters_in_a_drawing_can_be_read_on_a_small_phone(visit: Visit, open_visit: OpenVisit) -> None:
    pay(visit, Overview.of_new_citizen(visit), LIBRARY)
    figures = Figures.after_login(open_visit(), "Carsten Bro")
    assert figures.drawing(PAYMENTS).evaluate(LETTERS) >= 12
    figures.page.emulate_media(forced_colors="active")
    expect(figures.drawing(PAYMENTS)).to_be_visible()
