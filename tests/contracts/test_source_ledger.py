"""What the source `ledger` must do for the portal, proven on the connector with its stand-in."""

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.claims.sighting import FoundClaim, Holder, Role
from app.ledger.wire import WireLedger
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sources.connectors.ledger import LedgerSource
from app.sources.port import SourceUnavailable
from standins import people
from standins.demo_claims import CREATED_BY, PALLES_DEBTS
from standins.frame import Served
from standins.ledger.books import LIBRARY_SYSTEM, origin_system_uuid
from standins.world import claim_type_uuid, today
from tests.contracts.ledgers import DESK, Owed, accepted, posting

PLENTY = 10.0


@pytest.fixture
def road(served: Served) -> Iterator[ServiceplatformRoad]:
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    made = ServiceplatformRoad(base_url=f"{served.url}/ledger")
    yield made
    made.close()


@pytest.fixture
def source(road: ServiceplatformRoad) -> LedgerSource:
    return LedgerSource(
        road=road,
        desk=DESK,
        claim_types={str(claim_type_uuid(key)): key for key in CREATED_BY},
        origin_systems={str(origin_system_uuid(name)): name for name in CREATED_BY.values()},
        areas=frozenset({"daycare"}),
    )


def fault(served: Served, kind: str, **more: float) -> None:
    httpx.post(f"{served.url}/control/ledger/faults", json={"kind": kind, "times": 1, **more}).raise_for_status()


def by_type(source: LedgerSource, cpr: str) -> dict[str, FoundClaim]:
    return {claim.claim_type: claim for claim in source.ask(cpr, deadline_seconds=PLENTY).claims}


def test_the_rich_case(source: LedgerSource) -> None:
    found = by_type(source, people.KIRSTEN.cpr)
    assert {key: (claim.outstanding_ore, claim.holder) for key, claim in found.items()} == {
        "library-replacement": (27_500, Holder.LEDGER),
        "daycare": (219_400, Holder.LEDGER),
        "property-contribution": (312_500, Holder.LEDGER),
        "benefit-repayment": (450_000, Holder.LEDGER),
        "parking": (79_500, Holder.AGENCY),
    }
    assert found["library-replacement"].origin_system == LIBRARY_SYSTEM
    assert found["library-replacement"].reminded_on == today() - timedelta(days=10)
    assert found["daycare"].evidence["text_lines"] == ["Daginstitution", "Børnehuset Solsikken, Alma"]
    assert found["daycare"].due_on == today() + timedelta(days=5)
    assert found["daycare"].period_from == today().replace(day=1)
    assert found["property-contribution"].drawn_on == today() + timedelta(days=20)
    assert [ore for _day, ore in found["benefit-repayment"].instalments] == [75_000] * 6
    assert found["parking"].agency_on is not None
    assert all(claim.debtor_account and claim.ledger_claim_id for claim in found.values())


def test_two_who_are_liable_for_the_same(source: LedgerSource) -> None:
    sofies, larss = by_type(source, people.SOFIE.cpr)["daycare"], by_type(source, people.LARS.cpr)["daycare"]
    assert (sofies.role, larss.role) == (Role.LIABLE, Role.CO_LIABLE)
    assert sofies.shared
    assert larss.shared
    assert (sofies.origin_system, sofies.origin_ref) == (larss.origin_system, larss.origin_ref)


def test_somebody_who_owes_nothing_and_somebody_unknown(source: LedgerSource) -> None:
    assert source.ask(people.INGRID.cpr, deadline_seconds=PLENTY).claims == ()
    assert source.ask("6101011234", deadline_seconds=PLENTY).claims == ()


def test_many_claims_within_the_deadline_of_a_page(source: LedgerSource) -> None:
    assert len(source.ask(people.PALLE.cpr, deadline_seconds=1.5).claims) == PALLES_DEBTS


def test_what_is_paid_is_gone_and_what_is_left_is_less(source: LedgerSource, road: ServiceplatformRoad) -> None:
    claim = by_type(source, people.KIRSTEN.cpr)["daycare"]
    owed = Owed(claim.debtor_account or "", claim.ledger_claim_id or "", claim.outstanding_ore)
    ledger = WireLedger(road=road, desk=DESK)
    accepted(ledger.post(posting(owed, amount_ore=19_400)))
    left = by_type(source, people.KIRSTEN.cpr)["daycare"]
    assert (left.outstanding_ore, left.principal_ore) == (200_000, 219_400)
    accepted(ledger.post(posting(owed, amount_ore=200_000)))
    assert "daycare" not in by_type(source, people.KIRSTEN.cpr)


@pytest.mark.parametrize("kind", ["down", "error", "drop_reply"])
def test_a_ledger_in_trouble_is_unavailable_and_comes_back(served: Served, source: LedgerSource, kind: str) -> None:
    fault(served, kind)
    with pytest.raises(SourceUnavailable):
        source.ask(people.KIRSTEN.cpr, deadline_seconds=PLENTY)
    assert len(source.ask(people.KIRSTEN.cpr, deadline_seconds=PLENTY).claims) == 5


def test_a_slow_ledger_is_given_up_at_the_deadline(served: Served, source: LedgerSource) -> None:
    fault(served, "slow", seconds=2)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        source.ask(people.KIRSTEN.cpr, deadline_seconds=0.3)
    assert time.monotonic() - began < 1.0
