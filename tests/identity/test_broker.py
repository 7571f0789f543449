"""Discovery and keys are fetched with limits, believed for a while, and never from anybody else."""

from dataclasses import dataclass

import pytest

from app.identity.broker import KEPT_SECONDS, REFETCH_SECONDS, Broker, BrokerUnavailable, NotTheBroker
from tests.identity.fake_op import ABSENT, FakeOp


@dataclass
class Seconds:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def fetched(op: FakeOp, ending: str) -> int:
    return sum(path.endswith(ending) for path in op.seen)


def test_discovery_is_fetched_once_until_it_is_old(op: FakeOp) -> None:
    clock = Seconds()
    broker = Broker(op.issuer, clock=clock)
    for _ in range(3):
        broker.metadata()
        broker.keys()
    assert (fetched(op, "configuration"), fetched(op, "jwks")) == (1, 1)
    clock.now = KEPT_SECONDS
    broker.keys()
    assert (fetched(op, "configuration"), fetched(op, "jwks")) == (2, 2)


def test_made_up_key_ids_do_not_make_us_fetch_without_end(op: FakeOp) -> None:
    clock = Seconds()
    broker = Broker(op.issuer, clock=clock)
    broker.keys()
    for second in range(int(REFETCH_SECONDS) + 1):
        clock.now = second
        broker.keys(is_unknown=True)
    assert fetched(op, "jwks") == 2


def test_a_broken_provider_is_left_alone_for_a_moment(op: FakeOp) -> None:
    clock = Seconds()
    broker = Broker(op.issuer, clock=clock)
    op.statuses["configuration"] = 500
    for _ in range(5):
        with pytest.raises(BrokerUnavailable):
            broker.metadata()
    assert fetched(op, "configuration") == 1
    op.statuses.clear()
    clock.now = 4
    assert broker.metadata()["issuer"] == op.issuer


@pytest.mark.parametrize("status", [204, 301, 302, 404, 500])
def test_anything_but_an_answer_is_no_answer(op: FakeOp, status: int) -> None:
    op.statuses["configuration"] = status
    with pytest.raises(BrokerUnavailable):
        Broker(op.issuer).metadata()
    assert fetched(op, "jwks") == 0


def test_another_issuer_in_discovery_is_refused_but_not_a_slash(op: FakeOp) -> None:
    op.metadata["issuer"] = op.issuer + "/"
    assert Broker(op.issuer).metadata()["issuer"] == op.issuer + "/"
    op.metadata["issuer"] = "https://evil.example"
    with pytest.raises(NotTheBroker):
        Broker(op.issuer).metadata()


@pytest.mark.parametrize("wrong", [ABSENT, 7, "", "/relative"])
@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_discovery_without_its_addresses_is_refused(op: FakeOp, name: str, wrong: object) -> None:
    op.metadata[name] = wrong
    with pytest.raises(BrokerUnavailable):
        Broker(op.issuer).metadata()


def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(BrokerUnavailable):
        Broker("http://127.0.0.1:9/op").metadata()
