"""Payouts and their movements, read from answers that a scripted Stripe gives."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from app.payments.movements import Illegible, Movement, MovementKind
from app.payments.port import OutcomeUnknown
from app.payments.providers.stripe import StripeProvider
from app.payments.providers.stripe_payouts import MAX_PAYOUT_PAGES
from app.payments.providers.stripe_wire import Timeouts

SINCE = date(2026, 11, 22)
MIDNIGHT = 1_795_305_600
CHARGE = {"id": "ch_1", "object": "charge"}
PAYOUT: dict[str, Any] = {
    "id": "po_1",
    "object": "payout",
    "amount": 500,
    "arrival_date": MIDNIGHT + 86_400,
    "automatic": True,
    "currency": "dkk",
    "reconciliation_status": "completed",
    "status": "paid",
}


def line(number: int, category: str, amount: int, source: Any = None, fee: int = 0) -> dict[str, Any]:
    return {
        "id": f"txn_{number}",
        "object": "balance_transaction",
        "amount": amount,
        "fee": fee,
        "reporting_category": category,
        "source": source,
        "type": "payout" if category == "payout" else "adjustment",
    }


@dataclass
class Account:
    """What the scripted Stripe has, a page at a time, and what it was asked."""

    payouts: list[Any] = field(default_factory=list)
    movements: list[list[Any]] = field(default_factory=list)
    is_endless: bool = False
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        self.asked.append((path, query))
        if path == "/v1/payouts":
            return {"object": "list", "data": self.payouts, "has_more": self.is_endless, "url": path}
        number = sum(asked == path for asked, _query in self.asked) - 1
        has_more = number + 1 < len(self.movements)
        return {"object": "list", "data": self.movements[number], "has_more": has_more, "url": path}


@pytest.fixture
def account() -> Account:
    return Account([PAYOUT])


@pytest.fixture
def provider(account: Account) -> Iterator[StripeProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = json.dumps(account.answer(address.path, parse_qs(address.query))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}"
        yield StripeProvider("sk_test_x", api_base=base, timeouts=Timeouts(connect_seconds=1, total_seconds=2))
        server.shutdown()
        thread.join()


def test_each_category_is_a_kind_and_names_its_charge(account: Account, provider: StripeProvider) -> None:
    refund = {"id": "re_1", "object": "refund", "charge": "ch_1"}
    dispute = {"id": "du_1", "object": "dispute", "charge": CHARGE}
    account.movements = [
        [line(1, "charge", 1000, CHARGE, 15), line(2, "refund", -100, refund)],
        [line(3, "refund_failure", 100, refund), line(4, "dispute", -1000, dispute, 200)],
        [line(5, "dispute_reversal", 1000, dispute), line(6, "fee", -85), line(7, "topup", 1, "tu_1")],
        [line(8, "payout", -500, PAYOUT)],
    ]
    (payout,) = provider.payouts(since=SINCE)
    assert (payout.reference, payout.paid_on, payout.amount_ore) == ("po_1", date(2026, 11, 23), 500)
    assert payout.movements == (
        Movement("txn_1", MovementKind.CAPTURE, "ch_1", 1000, 15),
        Movement("txn_2", MovementKind.REFUND, "ch_1", -100),
        Movement("txn_3", MovementKind.REFUND, "ch_1", 100),
        Movement("txn_4", MovementKind.DISPUTE, "ch_1", -1000, 200),
        Movement("txn_5", MovementKind.DISPUTE, "ch_1", 1000),
        Movement("txn_6", MovementKind.FEE, None, -85),
        Movement("txn_7", MovementKind.OTHER, None, 1),
    )
    asked = [query for path, query in account.asked if path == "/v1/balance_transactions"]
    assert [query.get("starting_after") for query in asked] == [None, ["txn_2"], ["txn_4"], ["txn_7"]]
    assert all(query["payout"] == ["po_1"] and query["expand[0]"] == ["data.source"] for query in asked)
    assert account.asked[0][1]["arrival_date[gte]"] == [str(MIDNIGHT)]
    assert account.asked[0][1]["status"] == ["paid"]


def test_a_payout_that_stripe_has_not_gathered_yet_waits(account: Account, provider: StripeProvider) -> None:
    account.payouts = [PAYOUT | {"reconciliation_status": "in_progress"}, PAYOUT | {"currency": "eur"}]
    assert list(provider.payouts(since=SINCE)) == []
    assert [path for path, _query in account.asked] == ["/v1/payouts"]


def test_a_payout_made_by_hand_has_no_movements(account: Account, provider: StripeProvider) -> None:
    account.payouts = [PAYOUT | {"automatic": False, "reconciliation_status": "not_applicable"}]
    (payout,) = provider.payouts(since=SINCE)
    assert (payout.amount_ore, payout.movements) == (500, ())


def test_half_a_payout_is_none(account: Account, provider: StripeProvider) -> None:
    account.movements = [[line(1, "charge", 1000, CHARGE)], [{"id": "txn_2", "object": "balance_transaction"}]]
    with pytest.raises(OutcomeUnknown):
        list(provider.payouts(since=SINCE))
    account.payouts = [{"id": "po_1", "object": "payout"}]
    with pytest.raises(OutcomeUnknown):
        list(provider.payouts(since=SINCE))


def test_a_list_that_does_not_end_is_not_taken_for_whole(account: Account, provider: StripeProvider) -> None:
    account.payouts, account.is_endless = [PAYOUT | {"currency": "eur"}], True
    with pytest.raises(OutcomeUnknown, match="does not end"):
        list(provider.payouts(since=SINCE))
    assert len(account.asked) == MAX_PAYOUT_PAGES + 1


def test_a_day_begins_and_ends_at_midnight_in_denmark_and_one_line_that_cannot_be_read_spoils_no_other(
    account: Account, provider: StripeProvider
) -> None:
    ours = UUID(int=5)
    named = CHARGE | {"metadata": {"payment": str(ours)}}
    account.movements = [
        [line(1, "charge", 1000, named, 15), {"id": "txn_2", "object": "balance_transaction", "type": "charge"}],
        [line(3, "payout", -985, PAYOUT), line(4, "fee", -85)],
    ]
    assert list(provider.movements(on=date(2026, 3, 29))) == [
        Movement("txn_1", MovementKind.CAPTURE, "ch_1", 1000, 15, ours),
        Illegible("txn_2", "stripe's answer cannot be read"),
        Movement("txn_4", MovementKind.FEE, None, -85),
    ]
    first = account.asked[0][1]
    began, ended = (int(first[f"created[{bound}]"][0]) for bound in ("gte", "lt"))
    assert ended - began == 23 * 3600, "the day on which the clocks go forward is an hour shorter"
    assert datetime.fromtimestamp(began, UTC).isoformat() == "2026-03-28T23:00:00+00:00"
