"""Claims settled without us: the library is told once, and what it was told and is owed again is work for people."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.claims.models import Claim
from app.claims.sighting import Holder
from app.sources import settled
from app.sources.models import WriteBack
from tests.delivering import Portal
from tests.demo import KIRSTEN, NOW, Town, fine

pytestmark = pytest.mark.database


def shown(portal: Portal, holder: Holder = Holder.SOURCE) -> UUID:
    """A fee that the library shows."""
    town = portal.town
    portal.library.claims[KIRSTEN] = (fine(holder=holder),)
    (claim_id,) = town.shows(town.person(), *portal.library.claims[KIRSTEN])
    return claim_id


def promise(town: Town, claim_id: UUID, *, is_paid: bool = True) -> None:
    with town.sessions.begin() as session:
        settled.promise(session, claim=session.get_one(Claim, claim_id), is_paid=is_paid, now=NOW)


def withdraw(town: Town, claim_id: UUID) -> None:
    with town.sessions.begin() as session:
        settled.withdraw(session, claim=session.get_one(Claim, claim_id), now=NOW)


def states(town: Town) -> list[str]:
    with town.sessions() as session:
        return list(session.scalars(select(WriteBack.state).order_by(WriteBack.id)))


def test_promised_twice_is_told_once(town: Town, portal: Portal) -> None:
    claim_id = shown(portal)
    promise(town, claim_id)
    promise(town, claim_id)
    portal.deliver_all()
    assert states(town) == ["known"]
    assert len(town.messages("source.tell")) == 1
    promise(town, claim_id)
    assert states(town) == ["known"]


def test_what_the_library_does_not_show_needs_no_telling(town: Town) -> None:
    (claim_id,) = town.shows(town.person(), fine())
    town.shows(town.person(), source="fbs")
    promise(town, claim_id)
    assert not states(town)
    assert not town.messages()


def test_owed_again_before_it_was_told_is_not_told(town: Town, portal: Portal) -> None:
    claim_id = shown(portal)
    promise(town, claim_id)
    withdraw(town, claim_id)
    portal.deliver_all()
    assert states(town) == ["withdrawn"]
    assert not portal.library.orders
    assert not town.tasks()


def test_owed_again_after_it_was_told_is_work_for_people(town: Town, portal: Portal) -> None:
    claim_id = shown(portal)
    promise(town, claim_id)
    portal.deliver_all()
    withdraw(town, claim_id)
    (task,) = town.tasks()
    assert (task.kind, task.subject_id) == ("source_refused", claim_id)


def test_a_write_off_is_closed_at_the_library_by_a_person(town: Town, portal: Portal) -> None:
    promise(town, shown(portal), is_paid=False)
    (task,) = town.tasks()
    assert "biblioteket" in task.reason
    portal.library.paid_elsewhere("f1")
    portal.deliver_all()
    assert states(town) == ["known"]
    assert not town.tasks()
    assert not town.messages("source.tell")
