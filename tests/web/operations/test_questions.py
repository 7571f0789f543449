"""The inbox of questions: deadlines, owners, templates, and two people who do not overwrite each other."""

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.questions.reasons import Reason
from app.web.operations import questions as door
from app.web.question_words import TEMPLATES
from tests.demo import KIRSTEN
from tests.web.operations.conftest import Desk
from tests.web.plain import text_of
from tests.web.portal import DAYCARE

pytestmark = pytest.mark.database
INBOX = "/personale/opkraevning/spoergsmaal"
WORDS = "Hvorfor skal jeg betale for maj?"


@pytest.fixture
def asked(desk: Desk) -> str:
    """The address of a question that Kirsten asked."""
    (claim,) = desk.portal.owes(DAYCARE)
    desk.portal.citizen().send(f"/regninger/{claim}/spoerg", reason="unclear", text=WORDS)
    page = desk.carsten.get(INBOX).text
    return page.partition(f'href="{INBOX}/')[2].partition('"')[0]


def test_an_empty_inbox_says_so(desk: Desk) -> None:
    assert "Ingen spørgsmål venter" in desk.carsten.get(INBOX).text


def test_the_inbox_tells_kind_and_deadline_but_neither_words_nor_name(desk: Desk, asked: str) -> None:
    page = desk.carsten.get(INBOX).text
    assert "1 spørgsmål venter." in text_of(page)
    assert "Jeg forstår ikke regningen (1)" in page
    assert not any(secret in page for secret in (WORDS, "Kirsten", KIRSTEN[:6]))
    assert asked not in desk.carsten.get(f"{INBOX}?om=paid").text
    desk.portal.clock.passes(days=8)
    late = text_of(desk.portal.employee("collections", subject="carsten").get(INBOX).text)
    assert "1 skal besvares i dag eller skulle have været det." in late
    assert "For sent" in late
    assert "frist i dag: 1" in desk.portal.employee("collections", subject="dorte").get("/personale/opkraevning").text


def test_a_look_is_in_the_trail_and_the_answer_begins_with_the_template(desk: Desk, asked: str) -> None:
    page = desk.carsten.get(f"{INBOX}/{asked}").text
    assert (WORDS in page, TEMPLATES[Reason.UNCLEAR].splitlines()[2] in page) == (True, True)
    with transaction(desk.portal.sessions) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "question.look_up")).one()
        assert (entry.actor, entry.person_id, entry.reason) == ("carsten", desk.town.person(), door.LOOKED)
        assert WORDS not in str(entry.facts)


def test_an_answer_is_sent_and_can_be_read(desk: Desk, asked: str) -> None:
    sent = desk.carsten.send(f"{INBOX}/{asked}/svar", answer="Maj er ikke betalt.")
    assert sent.status_code == 303
    assert "Svaret er sendt." in desk.carsten.get(sent.location).text
    shown = desk.dorte.get(f"{INBOX}/{asked}").text
    assert ("Maj er ikke betalt." in shown, "Carsten Bro" in shown, "<textarea" in shown) == (True, True, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "Skriv et svar."),
        ("Regningen handler om …", "Der står stadig"),
        (f"Du er {KIRSTEN}", "Det ligner et cpr-nummer."),
        ("x" * 4001, "Teksten er for lang."),
    ],
)
def test_an_unfinished_answer_is_not_sent(desk: Desk, asked: str, words: str, says: str) -> None:
    sent = desk.carsten.send(f"{INBOX}/{asked}/svar", answer=words)
    assert (sent.status_code, says in sent.text, "<title>Fejl:" in sent.text) == (422, True, True)
    assert "1 spørgsmål venter." in text_of(desk.carsten.get(INBOX).text)


def test_two_people_do_not_overwrite_each_other(desk: Desk, asked: str) -> None:
    assert desk.carsten.send(f"{INBOX}/{asked}/tag").status_code == 303
    late = desk.dorte.send(f"{INBOX}/{asked}/svar", answer="Mit svar")
    assert late.status_code == 409
    assert "Carsten Bro var hurtigere: tog spørgsmålet" in text_of(late.text)
    assert "Mit svar" in late.text
    assert "<textarea" not in desk.dorte.get(f"{INBOX}/{asked}").text
    desk.carsten.send(f"{INBOX}/{asked}/svar", answer="Carstens svar")
    assert "svarede" in desk.dorte.send(f"{INBOX}/{asked}/luk", note="Ringet").text
    assert "Carstens svar" in desk.dorte.get(f"{INBOX}/{asked}").text


def test_closing_wants_a_note(desk: Desk, asked: str) -> None:
    assert desk.carsten.send(f"{INBOX}/{asked}/luk", note=" ").status_code == 422
    assert desk.carsten.send(f"{INBOX}/{asked}/luk", note="Talt med borgeren").status_code == 303
    assert "Talt med borgeren" in desk.carsten.get(f"{INBOX}/{asked}").text


def test_it_is_nobody_elses(desk: Desk, asked: str) -> None:
    assert desk.neighbour.get(f"{INBOX}/{asked}").status_code == 404
    for act in ("tag", "svar", "luk"):
        assert desk.neighbour.send(f"{INBOX}/{asked}/{act}", answer="Hej", note="Hej").status_code == 404
    assert desk.portal.employee("library").get(INBOX).status_code == 403
    assert "Ingen spørgsmål venter" in desk.neighbour.get(INBOX).text
