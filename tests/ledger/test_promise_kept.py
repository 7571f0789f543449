"""While the promise is broken one task says so, and it closes by itself."""

from datetime import datetime, timedelta

import pytest

from app.ledger.promise_kept import BROKEN, watch
from app.tasks.models import Task
from tests.delivering import Portal
from tests.demo import CODE, NOW, Town, daycare

pytestmark = pytest.mark.database
BOUND = timedelta(seconds=60)
CAPTURED = NOW + timedelta(minutes=1)


def is_kept(town: Town, now: datetime, *, code: str = CODE) -> bool:
    with town.sessions.begin() as session:
        return watch(session, municipality_code=code, bound=BOUND, now=now)


def test_money_that_waits_longer_than_promised_is_one_task_that_closes_by_itself(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    assert is_kept(town, CAPTURED + BOUND)
    assert town.tasks() == []
    for seconds in (61, 90):
        assert not is_kept(town, CAPTURED + timedelta(seconds=seconds))
    assert is_kept(town, CAPTURED + timedelta(hours=1), code="0461")
    (task,) = town.tasks()
    assert (task.kind, task.facts) == (BROKEN, {"payment_id": str(payment.id), "since": CAPTURED.isoformat()})
    assert task.reason == "Penge venter længere end lovet på debitorsystemet. Venter på sin tur"
    portal.deliver_all()
    assert is_kept(town, CAPTURED + timedelta(hours=1))
    assert town.tasks() == []
    with town.sessions() as session:
        closed = session.get_one(Task, task.id)
    assert closed.closed_reason == "Debitorsystemet har taget imod: intet venter længere end lovet"
