"""Faults on demand, over real connections."""

import time

import httpx
import pytest

from standins.faults import BadFault, Fault, Faults, read_fault
from standins.frame import Served
from tests.standins.stranger import Stranger


def put(visitor: httpx.Client, **fault: object) -> None:
    assert visitor.post("/control/mitid/faults", json=fault).status_code == 201


def test_down_cuts_before_any_work(visitor: httpx.Client) -> None:
    put(visitor, kind="down")
    for _attempt in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            visitor.get("/mitid/")
    assert visitor.get("/personale-login/").status_code == 200
    assert visitor.delete("/control/mitid/faults").status_code == 204
    assert visitor.get("/mitid/").status_code == 200
    assert [entry["status"] for entry in visitor.get("/control/mitid/requests").json()] == [
        "cut before any work",
        "cut before any work",
        200,
    ]


def test_drop_reply_does_the_work_and_loses_the_answer(visitor: httpx.Client) -> None:
    stranger = Stranger(visitor)
    code = stranger.enter("kirsten")
    put(visitor, kind="drop_reply", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        stranger.redeem(code)
    # The work was done: the code is used up.
    assert stranger.redeem(code).json() == {"error": "invalid_grant"}
    assert "cut before the answer" in str(visitor.get("/control/mitid/requests").json()[1]["status"])


def test_error_does_no_work(visitor: httpx.Client) -> None:
    stranger = Stranger(visitor)
    code = stranger.enter("kirsten")
    put(visitor, kind="error", times=1)
    assert stranger.redeem(code).status_code == 500
    assert stranger.redeem(code).status_code == 200


def test_slow_waits_and_then_works(visitor: httpx.Client) -> None:
    put(visitor, kind="slow", seconds=0.3, times=1)
    began = time.monotonic()
    assert visitor.get("/mitid/").status_code == 200
    assert time.monotonic() - began >= 0.3
    assert visitor.get("/control/mitid/faults").json() == []


def test_times_counts_down_and_a_fault_of_the_same_kind_is_replaced(visitor: httpx.Client) -> None:
    put(visitor, kind="error")
    put(visitor, kind="error", times=2)
    assert visitor.get("/control/mitid/faults").json() == [{"kind": "error", "seconds": 0.0, "times": 2, "path": ""}]
    assert [visitor.get("/mitid/").status_code for _attempt in range(3)] == [500, 500, 200]


def test_a_fault_may_be_meant_for_one_address(visitor: httpx.Client) -> None:
    put(visitor, kind="error", times=1, path="/nowhere-else")
    assert visitor.get("/mitid/").status_code == 200
    put(visitor, kind="error", times=1, path="/mitid/")
    assert [visitor.get("/mitid/").status_code for _twice in range(2)] == [500, 200]


def test_a_fault_touches_neither_control_nor_another_standin(visitor: httpx.Client) -> None:
    put(visitor, kind="down")
    assert visitor.get("/control/mitid/state").status_code == 200
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"kind": "sleepy"},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "seconds": True},
        {"kind": "slow", "seconds": "1"},
        {"kind": "slow", "seconds": 1e9},
        {"kind": "down", "times": 0},
        {"kind": "down", "times": 1.5},
        {"kind": "down", "often": 1},
        {"kind": "down", "path": 1},
    ],
)
def test_what_makes_no_sense_is_refused(visitor: httpx.Client, body: object) -> None:
    with pytest.raises(BadFault):
        read_fault(body)
    answer = visitor.post("/control/mitid/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_notice_fault_is_taken_by_the_standin_that_sends_it(served: Served) -> None:
    faults = Faults()
    assert faults.take("stripe", "duplicate") is None
    faults.set("stripe", Fault("duplicate", times=1))
    faults.set("stripe", Fault("out_of_order"))
    assert faults.take("stripe", "duplicate") is not None
    assert faults.take("stripe", "duplicate") is None
    assert faults.take("stripe", "out_of_order") is not None
    assert faults.take("stripe", "out_of_order") is not None
    faults.clear("stripe")
    assert faults.in_force("stripe") == []
