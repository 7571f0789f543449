"""A citizen asks about a bill, two people want to answer, one does, and the citizen reads it."""

import re

from playwright.sync_api import expect

from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.collections import Collections
from e2e.pages.desk import Desk
from e2e.pages.overview import Overview
from e2e.pages.questions import Inbox, Question
from e2e.pages.way import DAYCARE
from e2e.visit import Visit

FEE = ("Bien og bjørnen", "60,00")


def address_of(overview: Overview, words: tuple[str, ...]) -> str:
    return overview.bill(*words).locator("details a").get_attribute("href") or ""


def test_a_question_is_asked_answered_once_and_read(visit: Visit, open_visit: OpenVisit) -> None:
    visit.expects(422)
    overview = Overview.of_new_citizen(visit)
    question = Question(visit, address_of(overview, DAYCARE)).begin()
    question.go_on()
    expect(question.page.get_by_role("alert")).to_contain_text("Vælg, hvad du vil spørge om.")
    question.go_on("Beløbet er forkert")
    expect(question.text).to_contain_text("Der mangler 250,00 kr.")
    question.send("")
    expect(question.page.get_by_role("alert")).to_be_focused()
    question.send("Hvorfor er maj dyrere end april?")
    visit.arrive(f"{question.bill}/spoerg/modtaget")
    number = re.findall(r"nr\. (\d+)", question.text.inner_text())[0]
    overview = Overview.again(visit)
    expect(overview.bill(*DAYCARE)).to_contain_text("Vi ser på dit spørgsmål")
    expect(overview.box(*DAYCARE)).not_to_be_checked()

    carsten = Inbox(Collections.after_login(open_visit(), "Carsten Bro").visit).open(number)
    dorte = Inbox(Collections.after_login(open_visit(), "Dorte Falk").visit).open(number)
    dorte.visit.expects(409)
    expect(carsten.text).to_contain_text("Hvorfor er maj dyrere end april?")
    carsten.answer("Maj har fem uger. Prisen pr. uge er den samme.")
    expect(carsten.text).to_contain_text("Svaret er sendt.")
    carsten.visit.look()
    dorte.answer("Det ser jeg på.")
    expect(dorte.text).to_contain_text("Carsten Bro var hurtigere")
    dorte.visit.look()

    visit.go(question.bill)
    visit.arrive(question.bill)
    expect(question.text).to_contain_text("Maj har fem uger.")
    expect(question.text).not_to_contain_text("Det ser jeg på.")


def test_the_library_sends_a_question_on(world: House, visit: Visit, open_visit: OpenVisit) -> None:
    overview = Overview.after_login(visit, "Kirsten Lund")
    bill = address_of(overview, FEE)
    desk = Desk.after_login(open_visit(), "Lone Dahl").find(world.people()["Kirsten Lund"]["cpr"])
    desk.bill(*FEE).get_by_role("link", name="Send spørgsmål til Opkrævningen").click()
    desk.page.locator("label", has_text="Jeg har afleveret").click()
    desk.page.get_by_label("Skriv spørgsmålet").fill("Bogen ligger på reolen. Vi har selv set den.")
    desk.visit.look()
    desk.page.get_by_role("button", name="Send spørgsmål").click()
    expect(desk.text).to_contain_text("Spørgsmålet er sendt til Opkrævningen")
    desk.visit.look()
    visit.go(bill)
    visit.arrive(bill)
    expect(visit.page.locator("main")).to_contain_text("Stillet for dig af biblioteket")
