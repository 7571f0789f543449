"""The MobilePay stand-in's report of funds: whose it is, how a day adds up, paging, and days that do not add up."""

from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.standins.mobilepay_client import Client

ACCOUNTING = ("standin-accounting", "standin-accounting-secret")


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def ask_token(client: Client, grant: str = "client_credentials", **more: Any) -> httpx.Response:
    return client.visitor.post("/mobilepay/miami/v1/token", data={"grant_type": grant}, **{"auth": ACCOUNTING, **more})


def report(client: Client, path: str, **query: str) -> httpx.Response:
    token = ask_token(client).raise_for_status().json()["access_token"]
    return client.visitor.get(f"/mobilepay{path}", params=query, headers={"Authorization": f"Bearer {token}"})


def funds(client: Client, day: str, **query: str) -> dict[str, Any]:
    ledger = report(client, "/settlement/v1/ledgers").json()["items"][0]["ledgerId"]
    answer: dict[str, Any] = report(client, f"/report/v2/ledgers/{ledger}/funds/dates/{day}", **query).json()
    return answer


def pay_out(client: Client, **sent: int) -> dict[str, Any]:
    answer: dict[str, Any] = client.aid("payouts", **sent).raise_for_status().json()
    return answer


def test_accounting_keys_buy_a_token_of_their_own(client: Client) -> None:
    told = ask_token(client).json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    assert ask_token(client, grant="password").status_code == 401
    assert ask_token(client, auth=("standin-accounting", "x")).json() == {"error": "invalid_client"}
    subscription = {"Ocp-Apim-Subscription-Key": "standin-subscription"}
    assert ask_token(client, headers=subscription).status_code == 401
    assert client.visitor.get("/mobilepay/settlement/v1/ledgers").status_code == 401
    old = {"Authorization": f"Bearer {told['access_token']}"}
    client.push_clock(901)
    assert client.visitor.get("/mobilepay/settlement/v1/ledgers", headers=old).status_code == 401


def test_one_ledger_for_one_sales_unit(client: Client) -> None:
    (ledger,) = report(client, "/settlement/v1/ledgers").json()["items"]
    assert ledger["currency"] == "DKK"
    assert ledger["settlesForRecipientHandles"] == ["api:123456"]
    mine = report(client, "/settlement/v1/ledgers", settlesForRecipientHandles="api:123456")
    assert mine.json()["items"] == [ledger]
    other = report(client, "/settlement/v1/ledgers", settlesForRecipientHandles="api:654321")
    assert other.json()["items"] == []
    assert report(client, "/report/v2/ledgers/1/funds/dates/2026-11-22").status_code == 404
    for day in ("2026-13-01", "20261122", "today"):
        assert report(client, f"/report/v2/ledgers/{ledger['ledgerId']}/funds/dates/{day}").status_code == 400


def test_a_day_adds_up_to_what_is_paid_out(client: Client) -> None:
    first, second = client.captured(10_000), client.authorised(20_000)
    client.change(second, "capture", 5_000)
    client.change(first, "refund", 2_500)
    closed = pay_out(client)
    day = funds(client, closed["ledgerDate"])
    assert (day["hasMore"], day["tryLater"]) == (False, False)
    entries = day["items"]
    assert [(entry["entryType"], entry["amount"], entry["reference"]) for entry in entries[:3]] == [
        ("capture", 10_000, first),
        ("capture", 5_000, second),
        ("refund", -2_500, first),
    ]
    assert [(entry["entryType"], entry["amount"]) for entry in entries[3:]] == [
        ("fees-retained", -150),
        ("payout-scheduled", -12_350),
    ]
    assert sum(entry["amount"] for entry in entries) == 0
    for before, after in pairwise(entries):
        assert before["balanceAfter"] == after["balanceBefore"]
    assert entries[-1] == closed["payout"]
    assert entries[-1]["pspReference"].startswith("302321-")
    captured = [event["pspReference"] for event in client.events(first) if event["name"] == "CAPTURED"]
    assert entries[0]["pspReference"] == captured[0]


def test_an_open_day_says_try_later_and_what_comes_after_a_payout_is_the_next_days(client: Client) -> None:
    client.captured(10_000)
    closed = pay_out(client)
    client.captured(5_000)
    assert len(funds(client, closed["ledgerDate"])["items"]) == 3
    again = pay_out(client)
    assert again["ledgerDate"] > closed["ledgerDate"]
    assert [entry["amount"] for entry in funds(client, again["ledgerDate"])["items"]] == [5_000, -50, -4_950]
    far = funds(client, "2099-01-01")
    assert (far["items"], far["tryLater"], far["hasMore"]) == ([], True, False)
    past = funds(client, "2020-01-01")
    assert (past["items"], past["tryLater"]) == ([], False)


def test_a_day_that_does_not_add_up_on_demand(client: Client) -> None:
    client.captured(10_000)
    closed = pay_out(client, off_by_ore=100)
    entries = funds(client, closed["ledgerDate"])["items"]
    assert sum(entry["amount"] for entry in entries) == -100
    assert closed["payout"]["amount"] == -10_000
    assert client.aid("payouts", off_by_ore="1").status_code == 400


def test_more_refunded_than_captured_pays_nothing_out_and_goes_on(client: Client) -> None:
    reference = client.captured(10_000)
    pay_out(client)
    client.change(reference, "refund", 10_000)
    empty = pay_out(client)
    assert empty["payout"] is None
    assert [entry["amount"] for entry in funds(client, empty["ledgerDate"])["items"]] == [-10_000]
    client.captured(30_000)
    assert pay_out(client)["payout"]["amount"] == -19_700


def test_a_long_day_comes_in_pages(client: Client) -> None:
    references = [client.captured(1_000) for _payment in range(60)]
    closed = pay_out(client)
    first = funds(client, closed["ledgerDate"])
    assert (len(first["items"]), first["hasMore"]) == (50, True)
    second = funds(client, closed["ledgerDate"], cursor=first["cursor"])
    assert (len(second["items"]), second["hasMore"]) == (12, False)
    assert "cursor" not in second
    told = [entry["reference"] for entry in first["items"] + second["items"] if entry["entryType"] == "capture"]
    assert told == references
    ledger = "/report/v2/ledgers/302321/funds/dates"
    assert report(client, f"{ledger}/{closed['ledgerDate']}").headers["Vipps-Feed-Page-Size"] == "50"
    assert report(client, f"{ledger}/2020-01-01", cursor=first["cursor"]).status_code == 400
    assert report(client, f"{ledger}/{closed['ledgerDate']}", cursor="x").status_code == 400


def test_a_dispute_takes_a_capture_back_and_may_be_won(client: Client) -> None:
    reference = client.captured(10_000)
    taken = client.aid(f"dispute/{reference}").json()
    assert (taken["entryType"], taken["amount"]) == ("retained-disputed-capture", -10_000)
    won = client.aid(f"dispute/{reference}", won=True).json()
    assert (won["entryType"], won["amount"]) == ("returned-disputed-capture", 10_000)
    assert taken["pspReference"] == won["pspReference"]
    assert client.aid(f"dispute/{client.open()}").status_code == 409
    assert client.aid("dispute/nobody-knows-it").status_code == 409
