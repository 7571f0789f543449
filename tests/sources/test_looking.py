"""A source is asked once more whether it shows claims as paid; what it shows is known, what it does not say waits."""

import pytest
from sqlalchemy import text

from app.sources.looking import look_again
from tests.delivering import Portal
from tests.demo import CODE, KIRSTEN, NOW, fine

pytestmark = pytest.mark.database


def looked(portal: Portal) -> int:
    ids = [payment.id for payment in portal.town.payments()]
    return look_again(
        portal.town.sessions, source=portal.library, municipality_code=CODE, payment_ids=ids, clock=lambda: NOW
    )


def state(portal: Portal) -> list[str]:
    with portal.town.sessions() as session:
        return list(session.execute(text("SELECT state FROM write_back ORDER BY id")).scalars())


@pytest.fixture
def paid(portal: Portal) -> Portal:
    """Kirsten's fee is paid and told, and nobody has seen the library show it."""
    portal.library.claims[KIRSTEN] = (fine(),)
    person = portal.town.person()
    portal.town.paid(person, *portal.town.shows(person, fine()))
    portal.deliver_all()
    with portal.town.sessions.begin() as session:
        session.execute(text("UPDATE write_back SET state = 'told', known_at = NULL"))
    return portal


def test_what_the_source_shows_as_paid_is_known(paid: Portal) -> None:
    assert (looked(paid), state(paid)) == (1, ["known"])
    assert looked(paid) == 0, "it is not asked again"


def test_what_it_still_shows_as_owed_waits(paid: Portal) -> None:
    paid.library.claims = {KIRSTEN: (fine(),)}
    assert (looked(paid), state(paid)) == (0, ["told"])


def test_a_source_that_is_silent_is_asked_another_time(paid: Portal) -> None:
    paid.library.switches.down = True
    assert (looked(paid), state(paid)) == (0, ["told"])
