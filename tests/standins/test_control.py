"""The control interface: what tests and demonstrations rely on (contract, section 4)."""

import httpx
import pytest

from standins import people
from standins.frame import Served

AUTHORIZE = "/mitid/op/connect/authorize"


def test_people_are_listed_with_what_a_login_needs(visitor: httpx.Client) -> None:
    rows = visitor.get("/control/people").json()
    assert {tuple(row) for row in rows} == {("name", "cpr", "username", "kind", "note")}
    by_name = {row["name"]: row for row in rows}
    assert by_name["Kirsten Lund"]["cpr"] == people.KIRSTEN.cpr
    assert by_name["Erik Uden"]["cpr"] == ""
    assert by_name["Lone Dahl"]["kind"] == "staff"
    assert len(rows) == len(people.CITIZENS) + len(people.STAFF)


def test_the_last_requests_are_kept_with_the_simulated_cpr_masked(visitor: httpx.Client) -> None:
    visitor.get(AUTHORIZE, params={"simulation": f"no-ui cpr:{people.AHMED.cpr}"})
    visitor.post("/mitid/op/connect/token", data={"grant_type": "x"})
    first, second = visitor.get("/control/mitid/requests").json()
    assert first["method"] == "GET"
    assert first["status"] == 400
    assert people.AHMED.cpr not in first["path"]
    assert "630391-****" in first["path"]
    assert second["body"] == "grant_type=x"
    assert second["at"] >= first["at"]
    assert visitor.get("/control/personale-login/requests").json() == []


def test_only_the_last_two_hundred_requests_are_kept(visitor: httpx.Client) -> None:
    for number in range(205):
        visitor.get(f"/mitid/?n={number}")
    kept = visitor.get("/control/mitid/requests").json()
    assert len(kept) == 200
    assert kept[-1]["path"] == "/mitid/?n=204"


def test_a_cpr_in_an_address_is_a_violation_that_names_the_place_and_never_the_number(visitor: httpx.Client) -> None:
    before = len(visitor.get("/control/violations").json())
    cpr = people.KIRSTEN.cpr
    visitor.get(f"/mitid/patrons/{cpr}")
    visitor.get("/mitid/", params={"who": f"{cpr[:6]}-{cpr[6:]}"})
    visitor.get("/mitid/", params={"simulation": f"no-ui cpr:{cpr}"})
    visitor.get("/stripe/v1/events", params={"created[gte]": 1_801_000_000})
    visitor.get("/mitid/", params={"id": "61010112-3461-4101-8123-610101123461"})
    visitor.post("/control/reset")
    found = visitor.get("/control/violations").json()[before:]
    assert [entry["what"] for entry in found] == [
        "mitid: a CPR number stood in the path of a request's address",
        "mitid: a CPR number stood in the parameter who of a request's address",
    ]


def test_a_violation_stays_out_of_the_request_list(visitor: httpx.Client) -> None:
    visitor.get("/mitid/", params={"who": people.KIRSTEN.cpr})
    assert people.KIRSTEN.cpr not in visitor.get("/control/mitid/requests").text


def test_reset_gives_everyone_fresh_claims_and_ends_faults(visitor: httpx.Client, served: Served) -> None:
    world = served.place.world
    fees, debts = set(world.fees), set(world.debts)
    visitor.post("/control/mitid/faults", json={"kind": "slow", "seconds": 1})
    assert visitor.post("/control/reset").status_code == 200
    assert fees.isdisjoint(world.fees)
    assert debts.isdisjoint(world.debts)
    assert len(world.fees) == len(fees)
    assert visitor.get("/control/mitid/faults").json() == []
    assert visitor.get("/control/mitid/requests").json() == []


def test_citizens_for_load_tests_can_log_in_and_owe_two_claims(visitor: httpx.Client, served: Served) -> None:
    rows = visitor.post("/control/citizens", json={"count": 3}).json()
    assert len({row["cpr"] for row in rows}) == 3
    world = served.place.world
    for row in rows:
        assert row["kind"] == "citizen"
        person = world.person_by_cpr(row["cpr"])
        assert person is not None
        patron = world.patrons_by_cpr[people.FJORDBY_AGENCY, row["cpr"]]
        fees = world.fees_of(people.FJORDBY_AGENCY, patron.patron_id)
        assert [(fee.amount_ore, fee.payable_by_client) for fee in fees] == [(6_000, True)]
        debts = world.debts_of(row["cpr"], people.FJORDBY_CVR)
        assert [(debt.outstanding_ore, debt.claim_type) for debt in debts] == [(25_000, "daycare")]
    more = visitor.post("/control/citizens", json={"count": 1}).json()
    assert more[0]["cpr"] not in {row["cpr"] for row in rows}
    assert rows[0] in visitor.get("/control/people").json()
    visitor.post("/control/reset")
    assert rows[0] not in visitor.get("/control/people").json()


@pytest.mark.parametrize("body", ['{"count": 0}', '{"count": true}', '{"count": "3"}', "{}", "[]", "no", ""])
def test_a_bad_count_is_answered_with_what_was_wrong(visitor: httpx.Client, body: str) -> None:
    answer = visitor.post("/control/citizens", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("what", ["requests", "faults", "state"])
def test_an_unknown_standin_is_named(visitor: httpx.Client, what: str) -> None:
    answer = visitor.get(f"/control/nobody/{what}")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["error"]


def test_state_is_what_the_standin_says(visitor: httpx.Client) -> None:
    assert visitor.get("/control/mitid/state").json() == {"logins": [], "backchannel_logouts": []}
