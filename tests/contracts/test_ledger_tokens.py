"""Postings over a road that wants tokens, against the stand-ins of both token services and of the ledger."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.ledger.port import LedgerRefuses, LedgerUnavailable
from app.ledger.wire import WireLedger
from app.serviceplatformen.tokens import TokenOffice
from app.serviceplatformen.transport import ServiceplatformRoad, Tickets
from app.sf1590.exchange import Desk
from standins.frame import Served
from tests.contracts.ledgers import COLLECTING, DESK, accepted, collecting

ENTITY = "http://entityid.kombit.dk/service/{service}/1"


@pytest.fixture(autouse=True)
def demanding(served: Served) -> None:
    """The ledger wants tokens; they live one second."""
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    for act, asked in (("demand", {"wanted": True}), ("life", {"seconds": 1})):
        httpx.post(f"{served.url}/control/serviceplatformen/act/{act}", json=asked).raise_for_status()


def state(served: Served, standin: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{served.url}/control/{standin}/state").json()
    return found


@contextmanager
def ledger_with_tokens(
    served: Served, *, clock: Callable[[], float] = time.monotonic, entity_id: str = ENTITY, desk: Desk = DESK
) -> Iterator[WireLedger]:
    standin = f"{served.url}/serviceplatformen"
    office = TokenOffice(
        issue_url=f"{standin}/runtime/api/rest/wstrust/v1/issue",
        access_url=f"{standin}/service/AccessTokenService_1/token",
        clock=clock,
    )
    road = ServiceplatformRoad(base_url=f"{served.url}/ledger", tickets=Tickets(office, entity_id, {}))
    try:
        yield WireLedger(road=road, desk=desk, deadline_seconds=5.0)
    finally:
        road.close()
        office.close()


def test_tokens_that_end_in_the_middle_of_postings_are_renewed_and_nothing_is_lost(served: Served) -> None:
    payments = [collecting(100 + number) for number in range(60)]
    began = time.monotonic()

    def post(number: int) -> None:
        # Spread over more than two lives of a token.
        time.sleep(max(0, began + number * 0.045 - time.monotonic()))
        accepted(ledger.post(payments[number]))

    with ledger_with_tokens(served) as ledger, ThreadPoolExecutor(4) as pool:
        list(pool.map(post, range(len(payments))))
    books = state(served, "ledger")
    assert books["postings"] == len(payments)
    assert books["accounts"] == {COLLECTING: sum(payment.amount_ore for payment in payments)}
    assert 2 < state(served, "serviceplatformen")["tokens"] < len(payments) / 2


def test_a_token_that_the_service_takes_no_more_is_renewed_once_and_the_posting_goes_through(served: Served) -> None:
    """Our clock says that the token lives; theirs does not."""
    first, second = collecting(100), collecting(200)
    with ledger_with_tokens(served, clock=lambda: 0.0) as ledger:
        accepted(ledger.post(first))
        time.sleep(1.1)
        accepted(ledger.post(second))
    told = state(served, "serviceplatformen")
    assert (told["tokens"], told["refused"]) == (2, 1)
    assert state(served, "ledger")["accounts"] == {COLLECTING: 300}


def test_without_a_token_the_road_lets_nobody_in(served: Served) -> None:
    road = ServiceplatformRoad(base_url=f"{served.url}/ledger")
    with pytest.raises(LedgerRefuses, match="401"):
        WireLedger(road=road, desk=DESK, deadline_seconds=2.0).post(collecting(100))
    road.close()
    assert state(served, "ledger")["postings"] == 0


def test_a_token_for_another_service_is_refused_after_one_renewal(served: Served) -> None:
    another = "http://entityid.kombit.dk/service/another/1"
    with ledger_with_tokens(served, entity_id=another) as ledger, pytest.raises(LedgerRefuses):
        ledger.post(collecting(100))
    assert state(served, "serviceplatformen")["tokens"] == 2


def test_a_municipality_without_an_agreement_has_no_token(served: Served) -> None:
    with (
        ledger_with_tokens(served, desk=replace(DESK, authority_cvr="99999999")) as stranger,
        pytest.raises(LedgerRefuses, match="no token"),
    ):
        stranger.post(collecting(100))


def test_a_token_service_that_is_away_is_the_roads_silence_and_the_posting_goes_later(served: Served) -> None:
    payment = collecting(100)
    fault = {"kind": "down", "times": 1}
    httpx.post(f"{served.url}/control/serviceplatformen/faults", json=fault).raise_for_status()
    with ledger_with_tokens(served) as ledger:
        with pytest.raises(LedgerUnavailable):
            ledger.post(payment)
        accepted(ledger.post(payment))
