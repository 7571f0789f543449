"""What the desk sees of a bill that has been paid: its words, its way, and nothing of the rest of the payment."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.claims import register
from app.claims.models import Claim
from app.claims.status import Key
from app.foundation.cpr import mask
from app.foundation.db import transaction
from app.web.staff.picture import Picture, ask_library, picture_of
from app.web.wording import STATUSES
from tests.ledger.paid import Line, paid, posting, written_back
from tests.web.staff.desk_world import FJORDBY, KIRSTEN, LATE, LONE, World, facts_of, person_of

pytestmark = pytest.mark.database
CITIZEN = "/personale/bibliotek/borger"


@pytest.fixture
def kirsten(world: World) -> UUID:
    """Kirsten, whose late fee and daycare are in the register."""
    world.citizen_sees_everything(KIRSTEN)
    return person_of(world, KIRSTEN)


def claim_of(world: World, claim_type: str) -> UUID:
    with transaction(world.sessions) as session:
        return session.scalars(select(Claim.id).where(Claim.claim_type == claim_type)).one()


def pay_both(world: World, person_id: UUID) -> UUID:
    """One payment for the late fee and for daycare, taken now; returns its id."""
    fee, daycare = claim_of(world, "library-fee"), claim_of(world, "daycare")
    lines = [Line(fee, 6000, "collecting", "tell"), Line(daycare, 219400, "daycare", "none")]
    with transaction(world.sessions) as session:
        payment_id = paid(session, payer_id=person_id, municipality_code=FJORDBY, lines=lines, now=world.clock())
        register.cover(session, shares={fee: 6000, daycare: 219400}, payment_id=payment_id, now=world.clock())
    return payment_id


def seen(world: World, person_id: UUID) -> Picture:
    with world.app.test_request_context("/"), transaction(world.sessions) as session:
        return picture_of(session, facts=facts_of(FJORDBY), person_id=person_id, cpr=KIRSTEN, now=world.clock())


def states(picture: Picture) -> Sequence[str]:
    (steps,) = picture.steps.values()
    return [step.state for step in steps]


def test_a_paid_bill_says_so_and_shows_where_the_money_is(world: World, kirsten: UUID) -> None:
    payment_id = pay_both(world, kirsten)
    picture = seen(world, kirsten)
    assert [bill.status.key for bill in picture.bills] == [Key.PAID_PENDING]
    assert states(picture) == ["done", "now", "waits"]
    fee = claim_of(world, "library-fee")
    with transaction(world.sessions) as session:
        posting(session, payment_id, "collecting", "accepted", municipality_code=FJORDBY, now=world.clock())
    assert states(seen(world, kirsten)) == ["done", "done", "now"]
    with transaction(world.sessions) as session:
        written_back(session, payment_id, fee, "known", municipality_code=FJORDBY, now=world.clock())
    assert states(seen(world, kirsten)) == ["done", "done", "done"]


def test_what_becomes_of_the_rest_of_the_payment_does_not_show(world: World, kirsten: UUID) -> None:
    payment_id = pay_both(world, kirsten)
    with transaction(world.sessions) as session:
        posting(session, payment_id, "collecting", "accepted", municipality_code=FJORDBY, now=world.clock())
        posting(session, payment_id, "daycare", "rejected", municipality_code=FJORDBY, now=world.clock())
    assert states(seen(world, kirsten)) == ["done", "done", "now"]


def test_a_library_that_refuses_is_told_as_stuck(world: World, kirsten: UUID) -> None:
    payment_id, fee = pay_both(world, kirsten), claim_of(world, "library-fee")
    with transaction(world.sessions) as session:
        posting(session, payment_id, "collecting", "accepted", municipality_code=FJORDBY, now=world.clock())
        written_back(session, payment_id, fee, "refused", municipality_code=FJORDBY, now=world.clock())
    assert states(seen(world, kirsten)) == ["done", "done", "stuck"]


def test_a_bill_closed_of_late_stands_apart_and_an_old_one_not_at_all(world: World, kirsten: UUID) -> None:
    world.library[FJORDBY].claims[KIRSTEN] = ()
    world.clock.passes(minutes=6)
    ask_library(world.wires, facts=facts_of(FJORDBY), person_id=kirsten, cpr=KIRSTEN)
    picture = seen(world, kirsten)
    assert (len(picture.bills), [bill.origin_ref for bill in picture.closed]) == (0, ["503"])
    world.clock.passes(days=31)
    picture = seen(world, kirsten)
    assert (picture.bills, picture.closed) == ([], [])


def test_only_the_librarys_bills_are_in_the_picture(world: World, kirsten: UUID) -> None:
    picture = seen(world, kirsten)
    assert [bill.area for bill in picture.bills] == ["library"]
    assert picture.cpr == mask(KIRSTEN)


def test_every_status_has_words_for_the_desk() -> None:
    assert STATUSES.keys() == set(Key)
    assert all(str(wording.say).startswith("»") and str(wording.say).endswith("«") for wording in STATUSES.values())


def page_of(client: FlaskClient) -> str:
    client.post("/personale/bibliotek", data={"cpr": KIRSTEN, "reason": "letter"})
    return client.get(CITIZEN).text


def test_the_page_says_what_to_say_of_a_paid_bill(world: World, kirsten: UUID) -> None:
    pay_both(world, kirsten)
    page = page_of(world.browser(LONE))
    assert "»Du har betalt. Det kan jeg se her." in page
    assert "Pengene er modtaget" in page
    assert "Biblioteket er opdateret" in page
    assert "2.194" not in page
    assert "Pasning" not in page


def test_an_item_not_returned_is_told_as_such(world: World) -> None:
    lost = replace(LATE, origin_ref="502", claim_type="library-replacement", outstanding_ore=27500,
                   evidence={**LATE.evidence, "kind": "compensation"})  # fmt: skip
    world.library[FJORDBY].claims[KIRSTEN] = (lost,)
    page = page_of(world.browser(LONE))
    assert "Ikke afleveret" in page
    assert "275,00" in page


@pytest.mark.parametrize(
    ("blocked", "sentence"),
    [([], "Ikke spærret."), (["E"], "Spærret på grund af gæld."), (["F"], "Spærret af en anden grund.")],
)
def test_the_card_says_whether_it_is_blocked_and_why(world: World, blocked: list[str], sentence: str) -> None:
    world.library[FJORDBY].facts[KIRSTEN] = {"patron_id": 2, "blocked": blocked}
    assert sentence in page_of(world.browser(LONE))


def test_the_page_speaks_english_too(world: World) -> None:
    client = world.browser(LONE)
    page_of(client)
    page = client.get(f"{CITIZEN}?lang=en").text
    assert "Say it like this" in page
    assert "Find en anden borger" not in page
