"""Before a page about bills: each source that was last heard too long ago is asked, and no other."""

import pytest

from app.foundation.db import transaction
from app.identity.models import Person
from tests.demo import KIRSTEN
from tests.web.portal import FINE, Portal

pytestmark = pytest.mark.database


def asked(portal: Portal) -> tuple[int, int]:
    """How often the library and the ledger have been asked."""
    return len(portal.library.asked), len(portal.ledger_source.asked)


def test_what_was_never_heard_is_asked_and_in_the_register_when_the_page_is_made(portal: Portal) -> None:
    portal.library.claims[KIRSTEN] = (FINE,)
    portal.citizen().get("/regninger")
    assert asked(portal) == (1, 1)
    assert portal.town.claim("f1").outstanding_ore == 7500


def test_only_the_source_that_failed_is_asked_again(portal: Portal) -> None:
    portal.library.switches.down = True
    kirsten = portal.citizen()
    assert "Vi kan ikke hente" in kirsten.get("/regninger").text
    portal.library.switches.down = False
    portal.clock.passes(seconds=20)
    assert "Vi kan ikke hente" not in kirsten.get("/regninger").text
    assert asked(portal) == (2, 1)


def test_a_fresh_picture_needs_no_cpr_number(portal: Portal) -> None:
    kirsten = portal.citizen()
    kirsten.get("/regninger")
    with transaction(portal.sessions) as session:
        session.get_one(Person, portal.town.person()).cpr_sealed = b"cannot be opened"
    assert kirsten.get("/regninger").status_code == 200
    assert asked(portal) == (1, 1)


def test_pages_that_show_no_amounts_to_choose_from_ask_nobody(portal: Portal) -> None:
    kirsten = portal.citizen()
    for path in ("/betalinger", "/hjaelp", "/"):
        kirsten.get(path)
    assert asked(portal) == (0, 0)
