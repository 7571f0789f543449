"""A citizen at the collections desk: noted with a reason first, both sides in words, and a number in no address."""

from datetime import date

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.ledger.port import LedgerClaim, LedgerUnavailable
from tests.demo import ACCOUNT, AHMED, KIRSTEN
from tests.fakes.ledger import Kept
from tests.web.operations.conftest import Desk
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE

pytestmark = pytest.mark.database
FIND, SHOWN = "/personale/opkraevning/borger", "/personale/opkraevning/borger/opslag"


def there(desk: Desk, outstanding_ore: int, *more: LedgerClaim) -> None:
    claim = LedgerClaim(
        "L-d1", "ky", "d1", "sortiment", 150000, outstanding_ore, date(2026, 3, 20), is_at_agency=False, text_lines=()
    )
    desk.portal.ledger.kept = [Kept(ACCOUNT, (KIRSTEN,), one) for one in (claim, *more)]


def looks(desk: Desk) -> list[tuple[str | None, str | None]]:
    with transaction(desk.portal.sessions) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "person.look_up"))
        return [(row.actor, row.reason) for row in rows]


def test_both_sides_are_seen_and_the_look_is_noted(desk: Desk) -> None:
    desk.portal.owes(FINE, DAYCARE)
    there(desk, 150000)
    sent = desk.carsten.send(FIND, cpr=KIRSTEN, reason="phone")
    assert (sent.status_code, sent.location) == (303, SHOWN)
    page = desk.carsten.get(SHOWN).text
    words = text_of(page)
    assert ("Ingen forskelle, som nogen skal se på" in words, "Skal ikke være der endnu" in words) == (True, True)
    assert (KIRSTEN in page, f"{KIRSTEN[:6]}-****" in page) == (False, True)
    assert looks(desk) == [("carsten", "Borgeren ringer")]


def test_a_difference_is_said_in_words_with_what_to_do(desk: Desk) -> None:
    desk.portal.owes(DAYCARE)
    fee = LedgerClaim("Rykkergebyr:1", "ky", "", "s", 25000, 25000, None, is_at_agency=False, text_lines=())
    there(desk, 99900, fee)
    desk.carsten.send(FIND, cpr=KIRSTEN, reason="case")
    words = text_of(desk.carsten.get(SHOWN).text)
    assert "2 forskelle, som nogen skal se på" in words
    assert "Beløbet er ikke det samme. Se betalingerne nedenfor." in words
    assert "Kun i debitorsystemet. Borgeren ser den ved næste besøg." in words
    assert ("1.500,00" in words, "999,00" in words, "Rykkergebyr" in words) == (True, True, True)


def test_a_silent_ledger_leaves_the_portals_side(desk: Desk) -> None:
    desk.portal.owes(DAYCARE)
    desk.portal.ledger.before = [LedgerUnavailable("down"), LedgerUnavailable("down")]
    assert desk.carsten.send(FIND, cpr=KIRSTEN, reason="phone").status_code == 303
    words = text_of(desk.carsten.get(SHOWN).text)
    assert "Debitorsystemet svarer ikke. Vi spurgte i dag kl. 13.00." in words.replace("\xa0", " ")
    assert ("1.500,00" in words, "Ikke spurgt" in words) == (True, True)


def test_a_number_nobody_has_and_a_form_that_is_not_filled(desk: Desk) -> None:
    missing = desk.carsten.send(FIND, cpr="123")
    assert (missing.status_code, "Skriv et cpr-nummer" in missing.text) == (400, True)
    assert ("Vælg, hvorfor du slår op" in missing.text, looks(desk)) == (True, [])
    nobody = desk.carsten.send(FIND, cpr=AHMED, reason="phone")
    assert (nobody.status_code, "Ingen fundet. Tjek nummeret." in nobody.text) == (404, True)
    assert AHMED not in nobody.text
    assert looks(desk) == [("carsten", "Borgeren ringer")]


def test_the_look_up_ends_after_a_quarter(desk: Desk) -> None:
    desk.portal.owes(DAYCARE)
    there(desk, 150000)
    desk.carsten.send(FIND, cpr=KIRSTEN, reason="phone")
    desk.portal.clock.passes(minutes=14)
    assert "Ingen forskelle, som nogen skal se på" in desk.carsten.get(SHOWN).text
    desk.portal.clock.passes(minutes=1)
    assert "Opslaget er lukket efter 15 minutter" in desk.carsten.get(SHOWN).text


def test_only_collections_may_and_only_their_own_municipality_answers(desk: Desk) -> None:
    desk.portal.owes(DAYCARE)
    assert desk.portal.employee("library").send(FIND, cpr=KIRSTEN, reason="phone").status_code == 403
    assert "1.500,00" not in desk.neighbour.send(FIND, cpr=KIRSTEN, reason="phone").text
    assert "Opslaget er lukket" not in desk.neighbour.get(SHOWN).text
