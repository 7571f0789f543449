"""What pages are told of a payment's postings."""

import pytest

from app.ledger.port import Rejected
from app.ledger.queries import Posted, posted
from tests.delivering import Portal
from tests.demo import OTHER_ACCOUNT, Town, daycare

pytestmark = pytest.mark.database


def test_what_the_ledger_has_answered_is_summed_by_payment(town: Town, portal: Portal) -> None:
    person = town.person()
    one, two, three = town.shows(
        person, daycare("d1", 1000), daycare("d2", 2000, account=OTHER_ACCOUNT), daycare("d3", 4000)
    )
    both, single = town.paid(person, one, two), town.paid(person, three)
    silent = town.opened(person, *town.shows(person, daycare("d4")))
    portal.ledger.rejections[OTHER_ACCOUNT] = Rejected("X", "no", None)
    with town.sessions() as session:
        assert posted(session, payment_ids=[both.id]) == {both.id: Posted(0, 0, None)}
    portal.deliver_all()
    with town.sessions() as session:
        said = posted(session, payment_ids=[both.id, single.id, silent.id])
    assert (said[both.id].accepted_ore, said[both.id].rejected_ore) == (1000, 2000)
    assert (said[single.id].accepted_ore, said[single.id].rejected_ore) == (4000, 0)
    assert said[single.id].last_answer_at is not None
    assert said[silent.id] == Posted(0, 0, None)


def test_nothing_asked_is_nothing_told(town: Town) -> None:
    with town.sessions() as session:
        assert posted(session, payment_ids=[]) == {}
