"""The library desk asks for a citizen: about library bills only, in the trail, and the citizen sees who did."""

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.questions import queries
from tests.web.plain import text_of
from tests.web.staff.desk_world import FJORDBY, KIRSTEN, LONE, World, person_of
from tests.web.staff.test_code import at_desk, claim_of

pytestmark = pytest.mark.database
CITIZEN = "/personale/bibliotek/borger"


def test_a_question_is_sent_on(world: World) -> None:
    lone = at_desk(world)
    claim = claim_of(world, "library-fee")
    form = f"{CITIZEN}/spoerg/{claim}"
    assert form in lone.get(CITIZEN).text
    assert "Send spørgsmål til Opkrævningen" in lone.get(form).text
    sent = lone.post(form, data={"reason": "returned", "text": "Afleveret 2. maj på skranken"})
    assert (sent.status_code, sent.location) == (303, CITIZEN)
    page = lone.get(CITIZEN).text
    with transaction(world.sessions) as session:
        (asked,) = queries.of_claim(
            session, sealer=queries.sealer(world.vault), claim_id=claim, person_id=person_of(world, KIRSTEN),
            municipality_code=FJORDBY,
        )  # fmt: skip
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "question.ask")).one()
    assert (asked.is_by_desk, asked.words) == (True, "Afleveret 2. maj på skranken")
    assert (entry.actor, entry.person_id, "Afleveret" in str(entry.facts)) == ("lone", asked.person_id, False)
    assert f"Spørgsmålet er sendt til Opkrævningen (nr. {asked.number})." in text_of(page)
    assert ("Vi ser på dit spørgsmål" in page, form in page) == (True, False)
    assert "Spørgsmålet er sendt" not in lone.get(CITIZEN).text, "it is told once"


def test_both_mistakes_are_said(world: World) -> None:
    lone = at_desk(world)
    sent = lone.post(f"{CITIZEN}/spoerg/{claim_of(world, 'library-fee')}", data={"text": ""})
    assert sent.status_code == 422
    assert "Vælg, hvad du vil spørge om." in sent.text
    assert "Skriv, hvad du vil spørge om." in sent.text


def test_a_bill_of_another_area_is_unknown_here(world: World) -> None:
    lone = at_desk(world)
    form = f"{CITIZEN}/spoerg/{claim_of(world, 'daycare')}"
    assert lone.get(form).status_code == 404
    assert lone.post(form, data={"reason": "unclear", "text": "Hej"}).status_code == 404


def test_nobody_is_asked_for_without_a_look_up(world: World) -> None:
    world.citizen_sees_everything(KIRSTEN)
    form = f"{CITIZEN}/spoerg/{claim_of(world, 'library-fee')}"
    lone = world.browser(LONE)
    assert lone.get(form).status_code == 403
    assert lone.post(form, data={"reason": "unclear", "text": "Hej"}).status_code == 403
