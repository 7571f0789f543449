"""Three municipalities with debtor systems of three makers: the Rute header and settings differ, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest
from stdnum.dk import cvr as cvr_number

from app.ledger.port import LedgerNonsense, Registration
from app.ledger.wire import WireLedger
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sf1590 import exchange, outcome
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from app.sf1590.registration import Collection
from standins.frame import Served
from standins.ledger.routes import SYSTEMS
from standins.world import claim_type_uuid
from tests.contracts.ledgers import accepted, paying, registration, reversal

SERVICES = (
    exchange.SERVICE,
    exchange.REGISTERING_SERVICE,
    exchange.ASKING_SERVICE,
    exchange.REVERSING_SERVICE,
)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Municipality:
    """One that has a debtor system, and the settings that lead to it."""

    desk: Desk
    ledger: WireLedger
    road: ServiceplatformRoad


def desk_of(cvr: str, receiver_system: UUID | None = None) -> Desk:
    return Desk(Route(cvr, UUID(int=7), cvr, receiver_system or SYSTEMS[cvr].system_id), cvr)


@pytest.fixture(params=SYSTEMS, ids=lambda cvr: SYSTEMS[cvr].maker)
def municipality(request: pytest.FixtureRequest, served: Served) -> Iterator[Municipality]:
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    road = ServiceplatformRoad(base_url=f"{served.url}/ledger")
    desk = desk_of(request.param)
    try:
        yield Municipality(desk, WireLedger(road=road, desk=desk, deadline_seconds=2.0), road)
    finally:
        road.close()


def fee() -> Registration:
    return replace(registration("4711"), claim_type=claim_type_uuid("daycare"))


def test_the_municipalities_are_three_with_numbers_that_pass_the_check() -> None:
    assert [system.maker for system in SYSTEMS.values()] == ["KMD Opus Debitor", "Fujitsu Prisme", "EG ØS Indsigt"]
    assert all(cvr_number.is_valid(cvr) for cvr in SYSTEMS)


def test_everything_is_said_over_each_route(municipality: Municipality) -> None:
    ledger, sent = municipality.ledger, fee()
    accepted(ledger.register(sent))
    paid = paying(sent, 6_000)
    accepted(ledger.post(paid))
    accepted(ledger.reverse(reversal(paid, amount_ore=1_000)))
    again = paying(sent, 1_000)
    accepted(ledger.post(again))
    accepted(ledger.reverse(reversal(again)))
    view = ledger.account(sent.account)
    assert view is not None
    assert [claim.outstanding_ore for claim in view.claims] == [1_000]
    assert [one.account for one in ledger.accounts_of(sent.debtor_cpr)] == [sent.account]
    assert ledger.ping().tzinfo is not None


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_answers_a_ping(municipality: Municipality, service: str) -> None:
    send = partial(municipality.road.send, cvr="99000007", deadline_seconds=2.0)
    ping = replace(exchange.PING, service=service)
    at, _said = exchange.carry_out(ping, None, send=send, desk=municipality.desk, now=NOW)
    assert at.tzinfo is not None


def test_a_route_to_another_makers_system_leads_nowhere(municipality: Municipality) -> None:
    cvr = municipality.desk.authority_cvr
    others = [system.system_id for number, system in SYSTEMS.items() if number != cvr]
    for wrong in (*others, uuid4()):
        lost = WireLedger(road=municipality.road, desk=desk_of(cvr, wrong), deadline_seconds=2.0)
        with pytest.raises(LedgerNonsense, match="RUTE"):
            lost.ping()
        with pytest.raises(LedgerNonsense, match="RUTE"):
            lost.register(fee())


def test_one_municipalitys_account_is_not_anothers(municipality: Municipality) -> None:
    sent = fee()
    accepted(municipality.ledger.register(sent))
    for cvr in SYSTEMS:
        asked = WireLedger(road=municipality.road, desk=desk_of(cvr), deadline_seconds=2.0)
        assert (asked.account(sent.account) is not None) == (cvr == municipality.desk.authority_cvr)


def test_a_claim_is_put_up_for_collection_over_each_route(municipality: Municipality, served: Served) -> None:
    sent = fee()
    accepted(municipality.ledger.register(sent))
    send = partial(municipality.road.send, cvr="99000007", deadline_seconds=2.0)
    order = Collection(UUID(sent.account), UUID(sent.ledger_claim_id), date(2026, 4, 1))
    answer, _said = exchange.carry_out(exchange.COLLECT, order, send=send, desk=municipality.desk, now=NOW)
    assert isinstance(answer, outcome.Accepted)
    debt = served.place.world.debts[order.claim_id]
    assert (debt.demanded, debt.last_timely_on) == (True, date(2026, 4, 1))
