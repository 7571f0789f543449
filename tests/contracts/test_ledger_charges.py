"""Interest and reminder fees are claims of their own: seen, paid and reopened by themselves, over the wire."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx
import pytest

from app.claims.sighting import FoundClaim
from app.ledger.port import Posting, Rejected, Reversal, Share
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sources.connectors.ledger import LedgerSource
from standins import people
from standins.frame import Served
from tests.contracts.ledgers import DESK, Owed, StandinBench, accepted, standin_bench

PAID_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def standin(served: Served) -> Iterator[StandinBench]:
    with standin_bench(served) as made:
        yield made


def charge(standin: StandinBench, body: dict[str, object]) -> httpx.Response:
    return httpx.post(f"{standin.served.url}/control/ledger/act/charge", json=body)


@pytest.fixture
def owed(standin: StandinBench) -> Owed:
    """A claim with interest of 12,00 kr. and a reminder fee of 250,00 kr."""
    claim = standin.daycare()
    charge(standin, {"account_id": claim.account, "kind": "interest", "amount_ore": 1_200}).raise_for_status()
    charge(standin, {"claim_id": claim.claim_id, "kind": "reminder", "amount_ore": 25_000}).raise_for_status()
    return claim


def seen(standin: StandinBench) -> dict[str, FoundClaim]:
    """What the portal finds, by kind."""
    road = ServiceplatformRoad(base_url=f"{standin.served.url}/ledger")
    source = LedgerSource(road=road, desk=DESK, claim_types={}, origin_systems={}, areas=frozenset())
    try:
        found = source.ask(people.SOFIE.cpr, deadline_seconds=2.0).claims
    finally:
        road.close()
    return {str(one.evidence.get("kind", "claim")): one for one in found}


def left(standin: StandinBench) -> dict[str, int]:
    return {kind: one.outstanding_ore for kind, one in seen(standin).items()}


def paying(standin: StandinBench, owed: Owed, amounts: dict[str, int]) -> Posting:
    found = seen(standin)
    shares = tuple(
        Share(found[kind].origin_system, found[kind].origin_ref, found[kind].ledger_claim_id, ore)
        for kind, ore in amounts.items()
    )
    total_ore = sum(amounts.values())
    return Posting(uuid4(), owed.account, people.SOFIE.cpr, total_ore, PAID_AT, date(2026, 3, 4), (), shares)


def test_each_is_seen_with_an_amount_and_something_left(standin: StandinBench, owed: Owed) -> None:
    assert left(standin) == {"claim": owed.amount_ore, "interest": 1_200, "reminder_fee": 25_000}
    found = seen(standin)
    assert {one.debtor_account for one in found.values()} == {owed.account}
    assert len({one.ledger_claim_id for one in found.values()}) == 3
    view = standin.ledger.account(owed.account)
    assert view is not None
    assert [claim.outstanding_ore for claim in view.claims] == [owed.amount_ore, 1_200, 25_000]
    (summary,) = standin.ledger.accounts_of(people.SOFIE.cpr)
    assert summary.outstanding_ore == owed.amount_ore + 26_200


def test_a_split_covers_each_of_them(standin: StandinBench, owed: Owed) -> None:
    accepted(standin.ledger.post(paying(standin, owed, {"interest": 1_200, "reminder_fee": 10_000})))
    assert left(standin) == {"claim": owed.amount_ore, "reminder_fee": 15_000}
    accepted(standin.ledger.post(paying(standin, owed, {"claim": owed.amount_ore, "reminder_fee": 15_000})))
    assert left(standin) == {}


def test_a_reversal_reopens_each_of_them(standin: StandinBench, owed: Owed) -> None:
    paid = paying(standin, owed, {"claim": owed.amount_ore, "interest": 1_200, "reminder_fee": 25_000})
    accepted(standin.ledger.post(paid))
    claim, _interest, fee = paid.shares
    part = Reversal(
        uuid4(),
        paid.posting_id,
        owed.account,
        600,
        is_whole=False,
        shares=(
            Share(claim.origin_system, claim.origin_ref, claim.ledger_claim_id, 100),
            Share(fee.origin_system, fee.origin_ref, fee.ledger_claim_id, 500),
        ),
        made_at=PAID_AT,
        text="Tilbagebetaling",
    )
    accepted(standin.ledger.reverse(part))
    assert left(standin) == {"claim": 100, "reminder_fee": 500}


def test_a_whole_payment_taken_back_reopens_all(standin: StandinBench, owed: Owed) -> None:
    paid = paying(standin, owed, {"claim": 500, "interest": 1_200, "reminder_fee": 25_000})
    accepted(standin.ledger.post(paid))
    whole = Reversal(uuid4(), paid.posting_id, owed.account, paid.amount_ore, True, (), PAID_AT, "Tilbagebetaling")  # noqa: FBT003
    accepted(standin.ledger.reverse(whole))
    assert left(standin) == {"claim": owed.amount_ore, "interest": 1_200, "reminder_fee": 25_000}


def test_more_than_is_left_of_a_fee_is_rejected(standin: StandinBench, owed: Owed) -> None:
    answer = standin.ledger.post(paying(standin, owed, {"reminder_fee": 25_001}))
    assert isinstance(answer, Rejected)
    assert (answer.code, answer.arrears_ore) == ("RESTANCE_AFVIGER", owed.amount_ore + 26_200)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "interest", "amount_ore": 1},
        {"account_id": "konto", "kind": "interest", "amount_ore": 1},
        {"account_id": str(UUID(int=1)), "kind": "interest", "amount_ore": 1},
        {"account_id": str(UUID(int=1)), "kind": "gebyr", "amount_ore": 1},
        {"account_id": str(UUID(int=1)), "kind": "interest", "amount_ore": 0},
    ],
)
def test_what_cannot_be_charged_is_said(standin: StandinBench, body: dict[str, object]) -> None:
    answer = charge(standin, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
