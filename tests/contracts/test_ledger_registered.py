"""What registering does besides: the library lets go of its fee, claims get smaller, and what is wrong is rejected."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import httpx
import pytest

from app.ledger.port import Registration, Rejected
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sf1590 import exchange, outcome, registration
from standins.frame import Served
from standins.world import Fee, today
from tests.contracts.ledgers import DESK, StandinBench, accepted, paying, standin_bench

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
PATIENCE_SECONDS = 10


@pytest.fixture
def standin(served: Served) -> Iterator[StandinBench]:
    with standin_bench(served) as made:
        yield made


@pytest.fixture
def sent(standin: StandinBench) -> Registration:
    """A library fee, registered."""
    made = standin.unregistered()
    accepted(standin.ledger.register(made))
    return made


def fee_of(standin: StandinBench, sent: Registration) -> Fee:
    return standin.served.place.world.fees[int(sent.origin_ref)]


def soon(is_so: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return is_so()


def test_the_library_lets_go_of_its_fee_and_is_told_when_it_is_covered(
    standin: StandinBench, sent: Registration
) -> None:
    fee = fee_of(standin, sent)
    assert soon(lambda: not fee.payable_by_client)
    assert fee.paid_on is None
    accepted(standin.ledger.post(paying(sent, 6_000)))
    assert soon(lambda: fee.paid_on == today())


def lower(
    standin: StandinBench, sent: Registration, lowered: registration.Lowered
) -> outcome.Accepted | outcome.Rejected:
    road = ServiceplatformRoad(base_url=f"{standin.served.url}/ledger")
    send = partial(road.send, cvr="99000007", deadline_seconds=2.0)
    try:
        said = registration.Registration(UUID(sent.account), NOW, sent.origin_system, lowered=(lowered,))
        return exchange.carry_out(exchange.REGISTER, said, send=send, desk=DESK, now=NOW)[0]
    finally:
        road.close()


def test_a_claim_is_made_smaller_once(standin: StandinBench, sent: Registration) -> None:
    half = registration.Lowered(uuid4(), UUID(sent.ledger_claim_id), NOW, 2_000, "Halvt gebyr")
    assert [isinstance(lower(standin, sent, half), outcome.Accepted) for _ in range(2)] == [True, True]
    view = standin.ledger.account(sent.account)
    assert view is not None
    assert [(claim.principal_ore, claim.outstanding_ore) for claim in view.claims] == [(6_000, 4_000)]
    other = lower(standin, sent, replace(half, amount_ore=1))
    too_much = lower(standin, sent, replace(half, lowered_id=uuid4(), amount_ore=4_001))
    unknown = lower(standin, sent, replace(half, lowered_id=uuid4(), claim_id=uuid4()))
    assert [one.reason.code for one in (other, too_much, unknown) if isinstance(one, outcome.Rejected)] == [
        "UUID_GENBRUGT",
        "NEDREGULERING_FOR_STOR",
        "FORDRING_UKENDT",
    ]
    away = registration.Lowered(uuid4(), UUID(sent.ledger_claim_id), NOW, 4_000, "Bortfalder", is_whole=True)
    assert isinstance(lower(standin, sent, away), outcome.Accepted)
    assert isinstance(standin.ledger.post(paying(sent, 1)), Rejected)


def test_what_names_no_origin_is_rejected(standin: StandinBench) -> None:
    made = standin.unregistered()
    wrong = {
        "OPRINDELSE_MANGLER": replace(made, origin_ref=""),
        "SYSTEM_UKENDT": replace(made, ledger_claim_id=str(uuid4()), origin_system=uuid4()),
    }
    for code, broken in wrong.items():
        answer = standin.ledger.register(broken)
        assert isinstance(answer, Rejected)
        assert answer.code == code
    assert fee_of(standin, made).payable_by_client


def test_an_account_holds_one_claim(standin: StandinBench, sent: Registration) -> None:
    answer = standin.ledger.register(replace(sent, ledger_claim_id=str(uuid4())))
    assert isinstance(answer, Rejected)
    assert answer.code == "KONTO_OPTAGET"


def test_the_page_and_the_state_show_what_was_registered(standin: StandinBench, sent: Registration) -> None:
    state = httpx.get(f"{standin.served.url}/control/ledger/state").json()
    assert state["registered"] == [sent.ledger_claim_id]
    page = httpx.get(f"{standin.served.url}/ledger/").text
    assert sent.ledger_claim_id in page
    assert sent.debtor_cpr not in page
