"""The whole road of a fee that is registered first, with ledger and library at the other end of the wire."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import httpx
import pytest

from app.claims.derived import account_of, ledger_claim_id_of
from app.config import ROOT
from app.foundation.db import Sessions
from app.ledger.wire import WireLedger
from app.municipalities.register import read
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from app.sources.connectors.fbs import FbsSource
from app.wiring import Wires
from standins import people
from standins.frame import Served, serve_in_thread
from standins.world import Fee
from tests.conftest import Database
from tests.delivering import Portal
from tests.demo import Town
from tests.payments.returns.backwards import ask

pytestmark = pytest.mark.database
SKOVLUND = read((ROOT / "standins" / "municipalities" / "skovlund.yaml").read_text(encoding="utf-8"))
FEE_ORE = 6_000


@dataclass
class RoadPortal(Portal):
    """A portal whose ledger and library are the stand-ins'."""

    wire: WireLedger | None = None
    fbs: FbsSource | None = None

    def wires(self) -> Wires:
        wire, fbs = self.wire, self.fbs
        assert wire is not None
        assert fbs is not None
        return replace(
            super().wires(),
            ledger_of=lambda _facts: wire,
            library_of=lambda _facts: fbs,
            sources_of=lambda _facts: [fbs],
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions, facts=SKOVLUND)


@pytest.fixture
def portal(town: Town, database: Database, served: Served) -> Iterator[RoadPortal]:
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    agreed = SKOVLUND.ledger
    route = Route(agreed.sender_cvr, agreed.sender_system, agreed.receiver_cvr, agreed.receiver_system)
    road = ServiceplatformRoad(base_url=f"{served.url}/ledger")
    fbs = FbsSource(
        f"{served.url}/fbs/rest",
        agency=people.SKOVLUND_AGENCY,
        username="betaldinkommune",
        password="standin",
        areas=frozenset({"library"}),
    )
    try:
        yield RoadPortal(town, database.app_url, wire=WireLedger(road=road, desk=Desk(route, SKOVLUND.cvr)), fbs=fbs)
    finally:
        fbs.close()
        road.close()


def state(served: Served, standin: str = "ledger") -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{served.url}/control/{standin}/state").json()
    return found


def fault(served: Served, kind: str, times: int) -> None:
    body = {"kind": kind, "times": times}
    httpx.post(f"{served.url}/control/ledger/faults", json=body).raise_for_status()


def paid_fee(portal: RoadPortal, served: Served) -> tuple[Fee, UUID]:
    """Signe's late fee at Skovlund's library, paid; and the claim."""
    assert portal.fbs is not None
    person = portal.town.person(people.SIGNE.cpr)
    found = portal.fbs.ask(people.SIGNE.cpr, deadline_seconds=5.0).claims
    (claim_id,) = portal.town.shows(person, *found, source="fbs")
    portal.town.paid(person, claim_id)
    (fee,) = (one for one in served.place.world.fees.values() if one.cpr == people.SIGNE.cpr)
    return fee, claim_id


@pytest.mark.parametrize(("kind", "times"), [("", 0), ("drop_reply", 2), ("down", 2), ("error", 2)])
def test_it_is_paid_once_registered_once_posted_once_and_the_library_shows_it_paid(
    portal: RoadPortal, served: Served, kind: str, times: int
) -> None:
    if kind:
        fault(served, kind, times)
    fee, claim_id = paid_fee(portal, served)
    assert fee.payable_by_client
    portal.deliver_all()
    ledger = state(served)
    assert ledger["registered"] == [ledger_claim_id_of(claim_id)]
    assert ledger["uuids"] == [str(portal.message("ledger.post").id)]
    assert ledger["accounts"] == {account_of(claim_id): FEE_ORE}
    assert (ledger["rejected"], ledger["registrations_rejected"]) == ({}, {})
    assert fee.paid_on is not None
    assert not fee.payable_by_client
    claim = portal.town.claim(str(fee.fee_id))
    assert (claim.id, claim.closed_reason) == (claim_id, "paid")
    assert (portal.town.balance("transit"), portal.town.balance("ledger")) == (0, -FEE_ORE)
    assert portal.town.tasks() == []


def test_what_the_library_and_the_ledger_show_meanwhile_is_one_claim(portal: RoadPortal, served: Served) -> None:
    assert portal.fbs is not None
    fee, claim_id = paid_fee(portal, served)
    portal.deliver_until(lambda: portal.message("ledger.register").state == "done")
    portal.wait_until(lambda: not fee.payable_by_client)
    person = portal.town.person(people.SIGNE.cpr)
    found = portal.fbs.ask(people.SIGNE.cpr, deadline_seconds=5.0).claims
    if found:  # the ledger may have told the library already
        assert portal.town.shows(person, *found, source="fbs", asked_at=portal.clock()) == [claim_id]
    claim = portal.town.claim(str(fee.fee_id))
    assert claim.debtor_account == account_of(claim_id)
    portal.deliver_all()


def test_the_money_of_a_registered_fee_goes_back_as_any_other(portal: RoadPortal, served: Served) -> None:
    _fee, claim_id = paid_fee(portal, served)
    portal.deliver_until(lambda: portal.message("ledger.post").state == "done")
    (payment,) = portal.town.payments()
    ask(portal.town, payment, {claim_id: FEE_ORE}, now=portal.clock())
    portal.deliver_until(lambda: portal.message("ledger.reverse").state == "done")
    ledger = state(served)
    assert ledger["accounts"] == {account_of(claim_id): 0}
    assert ledger["reversals"] == {str(portal.message("ledger.reverse").id): FEE_ORE}
    assert served.place.world.debts[UUID(ledger_claim_id_of(claim_id))].outstanding_ore == FEE_ORE
