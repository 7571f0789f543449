"""A code at the desk: for the library's bills of the citizen looked up and no others, in the trail, and paid or not."""

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.claims import register
from app.claims.models import Claim
from app.foundation.db import transaction
from app.foundation.ids import new_row_id
from tests.web.plain import text_of
from tests.web.staff.desk_world import FJORDBY, KIRSTEN, LONE, NANNA, World, found_cprs, person_of

pytestmark = pytest.mark.database
CITIZEN, CODE = "/personale/bibliotek/borger", "/personale/bibliotek/borger/kode"


def claim_of(world: World, claim_type: str) -> UUID:
    with transaction(world.sessions) as session:
        return session.scalars(select(Claim.id).where(Claim.claim_type == claim_type)).one()


def at_desk(world: World) -> FlaskClient:
    """Lone, who has looked Kirsten up."""
    world.citizen_sees_everything(KIRSTEN)
    lone = world.browser(LONE)
    lone.post("/personale/bibliotek", data={"cpr": KIRSTEN, "reason": "here"})
    return lone


def test_a_code_is_shown_with_its_picture_and_until_when(world: World) -> None:
    lone = at_desk(world)
    assert "Vis kode og QR til betaling" in lone.get(CITIZEN).text
    made = lone.post(CITIZEN, data={"claim": str(claim_of(world, "library-fee"))})
    assert (made.status_code, made.location) == (303, CODE)
    page = lone.get(CODE)
    words = text_of(page.text).replace("\xa0", " ")
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", words)
    assert "Gælder til kl. 12.30" in words
    assert "60,00 kr." in words
    assert 'class="qr"' in page.text
    main = page.text.partition("<main")[2].partition("</main>")[0]
    assert "style=" not in main
    assert "Gebyr for sen aflevering" not in main, "the paper may be left on a table"
    assert not found_cprs(page.text)


def test_who_made_it_for_what_is_in_the_trail(world: World) -> None:
    lone, claim_id = at_desk(world), claim_of(world, "library-fee")
    lone.post(CITIZEN, data={"claim": str(claim_id)})
    (entry,) = world.trail("code.make")
    assert (entry.actor, entry.person_id, entry.municipality_code) == ("lone", person_of(world, KIRSTEN), FJORDBY)
    assert entry.facts == {"claims": [str(claim_id)]}


@pytest.mark.parametrize("claim_type", ["daycare", None])
def test_only_the_librarys_bills_can_be_in_it(world: World, claim_type: str | None) -> None:
    lone = at_desk(world)
    chosen = str(claim_of(world, claim_type)) if claim_type else "not-an-id"
    page = lone.post(CITIZEN, data={"claim": chosen})
    assert page.status_code == 422
    assert "Vælg mindst én regning, der kan betales." in text_of(page.text)
    assert not world.trail("code.make")


def test_without_a_look_up_there_is_no_code(world: World) -> None:
    at_desk(world)
    nanna, claim_id = world.browser(NANNA, host="skovlund.localhost"), claim_of(world, "library-fee")
    assert nanna.post(CITIZEN, data={"claim": str(claim_id)}).status_code == 403
    assert nanna.get(CODE).location == "/personale/bibliotek"
    assert not world.trail("code.make")


def test_the_code_of_one_citizen_is_not_shown_beside_the_next(world: World) -> None:
    lone = at_desk(world)
    lone.post(CITIZEN, data={"claim": str(claim_of(world, "library-fee"))})
    other = "6101019999"
    world.library[FJORDBY].facts[other] = {"patron_id": 3, "blocked": []}
    lone.post("/personale/bibliotek", data={"cpr": other, "reason": "here"})
    assert lone.get(CODE).location == CITIZEN


def test_the_desk_sees_that_it_is_paid_and_that_it_is_over(world: World) -> None:
    lone, claim_id = at_desk(world), claim_of(world, "library-fee")
    lone.post(CITIZEN, data={"claim": str(claim_id)})
    assert "data-poll" in lone.get(CODE).text
    with transaction(world.sessions) as session:
        register.lock(session, claim_ids=[claim_id])
        register.cover(session, shares={claim_id: 6000}, payment_id=new_row_id(), now=world.clock())
    page = lone.get(CODE).text
    assert "Betalt" in text_of(page)
    assert 'class="pay-code"' not in page
