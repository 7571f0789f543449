"""A citizen asks about a bill, gets a number and a day, and reads the answer there; nobody else does."""

import re

import pytest

from app.questions import answering, queries
from app.questions.queries import Waiting
from app.questions.reasons import Reason
from tests.demo import AHMED, KIRSTEN
from tests.web.citizen.test_checkout import plain
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, HERE, Portal

pytestmark = pytest.mark.database
WORDS = "Hvorfor skal jeg betale for maj?"


def waiting(portal: Portal) -> list[Waiting]:
    with portal.sessions.begin() as session:
        return queries.waiting(session, municipality_code=HERE.code)


def answer(portal: Portal, words: str) -> None:
    (one,) = waiting(portal)
    with portal.sessions.begin() as session:
        answering.answer(
            session, sealer=queries.sealer(portal.wires.vault), question_id=one.id, municipality_code=HERE.code,
            words=words, by="carsten", now=portal.clock(),
        )  # fmt: skip


def test_the_likely_answer_comes_first_with_a_way_past_it(portal: Portal) -> None:
    fine, daycare = portal.owes(FINE, DAYCARE)
    kirsten = portal.citizen()
    page = kirsten.get(f"/regninger/{daycare}").text
    assert f'href="/regninger/{daycare}/spoerg"' in page
    first = kirsten.get(f"/regninger/{daycare}/spoerg").text
    assert ("Jeg har afleveret" in first, "<textarea" in first) == (False, False)
    assert "Jeg har afleveret" in kirsten.get(f"/regninger/{fine}/spoerg").text
    missing = kirsten.get(f"/regninger/{daycare}/spoerg?valgt=1")
    assert (missing.status_code, "Vælg, hvad du vil spørge om." in missing.text) == (422, True)
    second = plain(kirsten.get(f"/regninger/{daycare}/spoerg?valgt=1&om=amount"))
    assert "Regningen var på 1.500,00 kr. Der mangler 1.500,00 kr." in second
    assert "Vi svarer senest mandag 9. marts. Du skal stadig betale til tiden" in second


def test_a_question_and_its_answer(portal: Portal) -> None:
    (claim,) = portal.owes(DAYCARE)
    kirsten = portal.citizen()
    sent = kirsten.send(f"/regninger/{claim}/spoerg", reason="unclear", text=WORDS)
    assert (sent.status_code, sent.location) == (303, f"/regninger/{claim}/spoerg/modtaget")
    page = plain(kirsten.get(sent.location))
    (one,) = waiting(portal)
    assert f"Tak. Vi har fået dit spørgsmål (nr. {one.number})." in page
    assert "Vi ser på dit spørgsmål" in kirsten.get("/regninger").text
    again = kirsten.send(f"/regninger/{claim}/spoerg", reason="other", text="Igen")
    assert again.status_code == 303
    assert [waited.reason for waited in waiting(portal)] == [Reason.UNCLEAR]
    assert kirsten.get(f"/regninger/{claim}/spoerg").status_code == 303
    answer(portal, "Maj er ikke betalt.\nHilsen os")
    bill = kirsten.get(f"/regninger/{claim}").text
    assert ("Maj er ikke betalt." in bill, WORDS in bill, "Svar fra Opkrævningen" in bill) == (True, True, True)
    assert "Vi ser på dit spørgsmål" not in bill
    assert kirsten.get(f"/regninger/{claim}/spoerg").status_code == 200, "and now one may ask again"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": "unclear", "text": ""}, "Skriv, hvad du vil spørge om."),
        ({"reason": "unclear", "text": "x" * 1001}, "Teksten er for lang."),
        ({"reason": "unclear", "text": f"Jeg er {KIRSTEN}"}, "Det ligner et cpr-nummer."),
        ({"reason": "returned", "text": "Hej"}, "Vælg, hvad du vil spørge om."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(portal: Portal, fields: dict[str, str], says: str) -> None:
    (claim,) = portal.owes(DAYCARE)
    sent = portal.citizen().send(f"/regninger/{claim}/spoerg", **fields)
    assert (sent.status_code, says in sent.text, "<title>Fejl:" in sent.text) == (422, True, True)
    if fields["reason"] == "unclear":
        assert f">{fields['text']}</textarea>" in sent.text
    assert waiting(portal) == []


def test_somebody_elses_bill_is_as_unknown_as_one_that_never_was(portal: Portal) -> None:
    (claim,) = portal.owes(DAYCARE)
    portal.citizen().send(f"/regninger/{claim}/spoerg", reason="unclear", text=WORDS)
    ahmed = portal.citizen(AHMED, name="Ahmed Yilmaz")
    for path in (f"/regninger/{claim}/spoerg", f"/regninger/{claim}/spoerg/modtaget"):
        assert ahmed.get(path).status_code == 404
    assert ahmed.send(f"/regninger/{claim}/spoerg", reason="unclear", text="Min").status_code == 404
    assert len(waiting(portal)) == 1


def test_a_co_liable_sees_neither_question_nor_status(portal: Portal) -> None:
    lars = portal.town.person(AHMED)
    (claim,) = portal.town.shared(portal.town.person(), lars, DAYCARE)
    portal.ledger_source.claims[AHMED] = portal.ledger_source.claims[KIRSTEN] = (DAYCARE,)
    portal.citizen().send(f"/regninger/{claim}/spoerg", reason="unclear", text=WORDS)
    page = portal.citizen(AHMED, name="Lars Krogh").get(f"/regninger/{claim}")
    assert page.status_code == 200
    assert not any(words in page.text for words in (WORDS, "Vi ser på dit spørgsmål", "Dine spørgsmål"))


def test_every_likely_answer_is_there_in_both_languages(portal: Portal) -> None:
    fine, _daycare = portal.owes(FINE, DAYCARE)
    kirsten = portal.citizen()
    for language in ("da", "en"):
        for reason in Reason:
            page = kirsten.get(f"/regninger/{fine}/spoerg?valgt=1&om={reason}&lang={language}")
            assert len(re.findall(r"<p>", page.text)) >= 3
            assert len(text_of(page.text)) > 100
