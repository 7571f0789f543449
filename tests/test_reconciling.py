"""The nightly run: every municipality, its own sides; one whose ledger is silent stops no other."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import reconciling, worker
from app.foundation.clock import danish_day
from app.foundation.db import Sessions, transaction
from app.ledger.port import LedgerUnavailable
from app.ledger.reconciliation import wanted
from app.ledger.reconciliation.models import ReconciliationDay
from app.municipalities import register as municipalities
from app.outbox.models import DONE
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import CODE, COLLECTING, NOW, Town, daycare, facts

pytestmark = pytest.mark.database
DAY = danish_day(NOW)
NEIGHBOUR = facts(code="0997", cvr="10000009", name="Naboby Kommune")


@pytest.fixture
def portal(sessions: Sessions, database: Database) -> Portal:
    return portal_of(Town(sessions), database.app_url)


def paid(portal: Portal) -> None:
    person = portal.town.person()
    portal.town.paid(person, *portal.town.shows(person, daycare()))
    portal.ledger.now = NOW + timedelta(minutes=2)
    portal.deliver_all()


def days(portal: Portal) -> dict[str, ReconciliationDay]:
    with portal.town.sessions() as session:
        rows = session.scalars(select(ReconciliationDay).where(ReconciliationDay.day == DAY))
        return {row.municipality_code: row for row in rows}


def test_every_municipality_has_its_own_sides(portal: Portal) -> None:
    with portal.town.sessions.begin() as session:
        municipalities.load(session, facts=NEIGHBOUR, now=NOW)
    wires = portal.wires()
    sides = reconciling.sides_of(wires, wires.facts(CODE))
    assert [(one.provider.name, one.is_home) for one in sides.merchants] == [("stripe", False)]
    assert sides.collecting == (COLLECTING,)
    assert [one.is_home for one in reconciling.sides_of(wires, wires.facts("0997")).merchants] == [True]


def test_the_night_takes_yesterday_of_all_and_a_silent_ledger_stops_no_other(portal: Portal) -> None:
    with portal.town.sessions.begin() as session:
        municipalities.load(session, facts=NEIGHBOUR, now=NOW)
    paid(portal)
    portal.passes(timedelta(hours=16))
    portal.ledger.before = [LedgerUnavailable("down")] * 2  # of the first municipality, the neighbour
    said = reconciling.every_night(portal.wires(), portal.clock())
    assert said == f"2 days, 0 differences; 0997 {DAY} ledger: LedgerUnavailable: down"
    found = days(portal)
    assert (found[CODE].is_clean, found["0997"].is_clean) == (True, False)
    assert reconciling.every_night(portal.wires(), portal.clock()) == "2 days, 0 differences"
    assert days(portal)["0997"].is_clean


def test_whoever_asks_for_a_day_has_it_done_by_a_worker(portal: Portal) -> None:
    paid(portal)
    with transaction(portal.town.sessions) as session:
        wanted.want(session, municipality_code=CODE, day=DAY, now=portal.clock())
    with transaction(portal.town.sessions) as session, pytest.raises(wanted.UnderWay):
        wanted.want(session, municipality_code=CODE, day=DAY, now=portal.clock())
    portal.deliver_until(lambda: portal.message(wanted.RECONCILE).state == DONE)
    row = days(portal)[CODE]
    assert (row.is_clean, row.ledger_ore, row.began_at) == (True, 150000, None)


def test_it_is_among_the_nights_tasks() -> None:
    (task,) = [one for one in worker.PERIODIC if one.name == "ledger.reconciliation"]
    (payouts,) = [one for one in worker.PERIODIC if one.name == "payments.payouts"]
    assert task.every == payouts.every == timedelta(days=1)
    assert task.offset > payouts.offset
