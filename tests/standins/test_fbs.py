"""The library system's stand-in: logins, fees, payments and its page, as FBS documents them."""

from typing import Any

import httpx
import pytest

from standins import people
from standins.faults import Faults
from standins.fbs import SESSION_SECONDS, Cicero, Unauthorised
from standins.frame import Place, Served
from standins.world import World

FJORDBY, SKOVLUND = people.FJORDBY_AGENCY, people.SKOVLUND_AGENCY


def log_in(visitor: httpx.Client, agency: str = FJORDBY) -> dict[str, str]:
    answer = visitor.post(
        f"/fbs/rest/external/v1/{agency}/authentication/login",
        json={"username": "betaldinkommune", "password": "standin"},
    )
    return {"X-Session": answer.raise_for_status().json()["sessionKey"]}


def look_up(visitor: httpx.Client, cpr: str, session: dict[str, str]) -> dict[str, Any]:
    path = f"/fbs/rest/external/{FJORDBY}/patrons/preauthenticated/v10"
    found: dict[str, Any] = visitor.post(path, content=cpr, headers=session).raise_for_status().json()
    return found


def fees(visitor: httpx.Client, patron_id: int, session: dict[str, str], **query: str) -> list[dict[str, Any]]:
    asked = {"includepaid": "false", "includenonpayable": "true"} | query
    path = f"/fbs/rest/external/{FJORDBY}/patron/{patron_id}/fees/v2"
    found: list[dict[str, Any]] = visitor.get(path, params=asked, headers=session).raise_for_status().json()
    return found


def pay(visitor: httpx.Client, patron_id: int, session: dict[str, str], body: object) -> httpx.Response:
    path = f"/fbs/rest/external/{FJORDBY}/patron/{patron_id}/payment/v2"
    return visitor.post(path, json=body, headers=session)


def test_credentials_agency_and_body_of_a_login_are_checked(visitor: httpx.Client) -> None:
    path = f"/fbs/rest/external/v1/{FJORDBY}/authentication/login"
    right = {"username": "betaldinkommune", "password": "standin"}
    assert visitor.post(path, json={**right, "password": "x"}).status_code == 403
    assert visitor.post(path, json={"username": "betaldinkommune"}).status_code == 403
    assert visitor.post(path.replace(FJORDBY, "DK-000000"), json=right).status_code == 403
    assert visitor.post(path, content=b"[").status_code == 400


def test_without_a_session_or_with_another_librarys_all_is_401(visitor: httpx.Client) -> None:
    other = log_in(visitor, SKOVLUND)
    base = f"/fbs/rest/external/{FJORDBY}"
    for session in ({}, {"X-Session": "made-up"}, other):
        for method, path in (
            ("POST", "/patrons/preauthenticated/v10"),
            ("GET", "/patron/1001/fees/v2"),
            ("GET", "/patron/1001/fee/expected-fees/v1"),
            ("GET", "/patron/1001/fee/5/transactions/v1"),
            ("POST", "/patron/1001/payment/v2"),
        ):
            assert visitor.request(method, base + path, headers=session).status_code == 401


def test_a_session_expires(served: Served) -> None:
    now = [0.0]
    world = World()
    place = Place("", "", world, Faults(), lambda _: None, served.place.key_folder)
    cicero = Cicero(place, clock=lambda: now[0])
    key = cicero.log_in(FJORDBY, "betaldinkommune", "standin")
    now[0] = SESSION_SECONDS - 1
    cicero.require_session(FJORDBY, key)
    now[0] = SESSION_SECONDS
    with pytest.raises(Unauthorised):
        cicero.require_session(FJORDBY, key)


def test_all_sessions_can_be_made_to_expire_at_once(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    assert visitor.post("/fbs/test/expire-sessions").json()["expired"] >= 1
    path = f"/fbs/rest/external/{FJORDBY}/patrons/preauthenticated/v10"
    assert visitor.post(path, content=people.AHMED.cpr, headers=session).status_code == 401


def test_a_borrower_is_found_by_cpr_in_the_body_with_block_reasons(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    kirsten = look_up(visitor, people.KIRSTEN.cpr, session)
    assert kirsten["authenticateStatus"] == "VALID"
    assert [block["blockedReason"] for block in kirsten["patron"]["blockStatus"]] == ["E"]
    assert look_up(visitor, f'"{people.KIRSTEN.cpr}"', session) == kirsten
    assert look_up(visitor, "6101019999", session) == {"authenticateStatus": "INVALID", "patron": None}


def test_fees_are_listed_by_whether_paid_and_payable(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    patron_id = look_up(visitor, people.KIRSTEN.cpr, session)["patron"]["patronId"]
    every = fees(visitor, patron_id, session)
    assert {fee["type"]: fee["payableByClient"] for fee in every} == {"compensation": False, "fee": True}
    (late,) = fees(visitor, patron_id, session, includenonpayable="false")
    assert late["amount"] == 60
    pay(visitor, patron_id, session, {"orderId": "BK-1", "feeIds": [late["feeId"]]}).raise_for_status()
    assert len(fees(visitor, patron_id, session)) == 1
    by_type = {fee["type"]: fee for fee in fees(visitor, patron_id, session, includepaid="true")}
    assert "paidDate" in by_type["fee"]
    assert "paidDate" not in by_type["compensation"]


def test_what_fees_are_asked_with_must_be_said(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    path = f"/fbs/rest/external/{FJORDBY}/patron/1001/fees/v2"
    for query in ({}, {"includepaid": "true"}, {"includepaid": "1", "includenonpayable": "true"}):
        assert visitor.get(path, params=query, headers=session).status_code == 400
    unknown = {"includepaid": "true", "includenonpayable": "true"}
    assert visitor.get(path.replace("1001", "999999"), params=unknown, headers=session).status_code == 400


def test_paying_closes_a_fee_once_and_says_so_per_fee(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    patron_id = look_up(visitor, people.KIRSTEN.cpr, session)["patron"]["patronId"]
    by_type = {fee["type"]: fee["feeId"] for fee in fees(visitor, patron_id, session)}
    order = {"orderId": "BK-1", "feeIds": [by_type["fee"], by_type["compensation"], 1]}
    first = pay(visitor, patron_id, session, order).json()
    assert [one["paymentStatus"] for one in first] == ["paymentRegistered", "paymentNotAllowedByClient", "feeNotFound"]
    assert pay(visitor, patron_id, session, order).json() == first
    (other,) = pay(visitor, patron_id, session, {"orderId": "BK-2", "feeIds": [by_type["fee"]]}).json()
    assert other["paymentStatus"] == "paymentRegisteredByDifferentOrderId"
    assert "confirmationId" not in other
    state = visitor.get("/control/fbs/state").json()["fees"][str(by_type["fee"])]
    assert state["order_id"] == "BK-1"
    assert state["paid_on"] is not None
    path = f"/fbs/rest/external/{FJORDBY}/patron/{patron_id}/fee/{by_type['fee']}/transactions/v1"
    rows = visitor.get(path, headers=session).raise_for_status().json()
    assert [row["type"] for row in rows] == ["creation", "payment"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"orderId": "BK-1"},
        {"orderId": "BK-1", "feeIds": []},
        {"orderId": "", "feeIds": [1]},
        {"orderId": 5, "feeIds": [1]},
        {"orderId": "BK-1", "feeIds": ["1"]},
        {"orderId": "BK-1", "feeIds": [True]},
    ],
)
def test_an_order_that_is_none_is_refused(visitor: httpx.Client, body: object) -> None:
    session = log_in(visitor)
    patron_id = look_up(visitor, people.AHMED.cpr, session)["patron"]["patronId"]
    assert pay(visitor, patron_id, session, body).status_code == 400


def test_a_reset_forgets_orders_and_brings_the_fees_back(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    patron_id = look_up(visitor, people.AHMED.cpr, session)["patron"]["patronId"]
    (fee,) = fees(visitor, patron_id, session)
    pay(visitor, patron_id, session, {"orderId": "BK-1", "feeIds": [fee["feeId"]]}).raise_for_status()
    visitor.post("/control/reset").raise_for_status()
    patron_id = look_up(visitor, people.AHMED.cpr, session)["patron"]["patronId"]
    (anew,) = fees(visitor, patron_id, session)
    assert anew["feeId"] != fee["feeId"]
    orders = [fee["order_id"] for fee in visitor.get("/control/fbs/state").json()["fees"].values()]
    assert set(orders) == {None}


def test_a_cpr_number_in_an_order_id_is_a_violation(served: Served) -> None:
    said: list[str] = []
    world = World()
    world.reset()
    cicero = Cicero(Place("", "", world, Faults(), said.append, served.place.key_folder))
    patron = world.patrons_by_cpr[FJORDBY, people.AHMED.cpr]
    cicero.pay(patron, f"BK-{people.AHMED.cpr}", [])
    assert len(said) == 1
    assert people.AHMED.cpr not in said[0]


def test_expected_fees_are_none_where_fees_are_counted_by_time(visitor: httpx.Client) -> None:
    session = log_in(visitor)
    path = f"/fbs/rest/external/{FJORDBY}/patron/1001/fee/expected-fees/v1"
    assert visitor.get(path, headers=session).raise_for_status().json() == []


def test_the_page_shows_borrowers_and_fees_without_cpr_numbers(visitor: httpx.Client) -> None:
    text = visitor.get("/fbs/", params={"navn": "kirsten"}).text
    assert "Kirsten Lund" in text
    assert "275,00 kr." in text
    assert "spærret (E)" in text
    assert "Ahmed" not in text
    assert people.KIRSTEN.cpr not in text
    assert "Ingen lånere" in visitor.get("/fbs/", params={"navn": "findes ikke"}).text
