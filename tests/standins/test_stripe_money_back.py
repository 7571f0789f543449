"""The Stripe stand-in's refunds, disputes and payouts: by magic card, by the test aids and on its own pages."""

import re
from typing import Any

import httpx
import pytest

from standins.clockwork import Clockwork
from standins.stripe import disputes, money_back
from standins.stripe.account import Account
from standins.stripe.cards import try_card
from standins.stripe.sessions import open_session
from tests.standins.test_stripe import event_types, get, new_session, pay, wait_until

PAID_EVENTS = 4


class AtOnce(Clockwork):
    """A clockwork that keeps what is to be done, until the test says when."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[float, Any]] = []

    def after(self, seconds: float, act: Any) -> None:
        self.waiting.append((seconds, act))

    def go(self) -> None:
        for _seconds, act in self.waiting:
            act()


def paid_account(card: str) -> tuple[Account, AtOnce, str]:
    """An account with one payment by this card; its charge."""
    account, clockwork = Account("http://x/"), AtOnce()
    price = {"currency": "dkk", "unit_amount": 25_000, "product_data": {"name": "x"}}
    asked = {"mode": "payment", "success_url": "http://x/", "line_items": [{"quantity": 1, "price_data": price}]}
    session_id = open_session(account, asked)["id"]
    try_card(account, clockwork, session_id, card)
    return account, clockwork, account.find_charge(session_id)["id"]


def aid(visitor: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return visitor.post(f"/stripe/test/{path}", json=body)


@pytest.mark.parametrize(
    ("card", "first", "then", "left"),
    [
        (money_back.REFUNDS_SLOWLY, "pending", "succeeded", 15_000),
        (money_back.REFUND_FAILS, "succeeded", "failed", 25_000),
        ("4242424242424242", "succeeded", "succeeded", 15_000),
    ],
)
def test_how_refunds_go_by_card(card: str, first: str, then: str, left: int) -> None:
    account, clockwork, charge_id = paid_account(card)
    made = money_back.make_refund(account, clockwork, {"charge": charge_id, "amount": 10_000})
    assert made["status"] == first
    clockwork.go()
    assert made["status"] == then
    charge = account.find("charge", charge_id)
    assert charge["amount"] - charge["amount_refunded"] == left == account.captured - account.refunded
    moved = sum(one["amount"] for one in account.kept["balance_transaction"].values())
    assert moved == left


@pytest.mark.parametrize(
    ("card", "status", "moved"),
    [
        (disputes.DISPUTED, "needs_response", -25_000 - disputes.FEE),
        (disputes.ASKED_ABOUT, "warning_needs_response", 0),
    ],
)
def test_the_disputed_cards_are_disputed_a_little_later(card: str, status: str, moved: int) -> None:
    account, clockwork, charge_id = paid_account(card)
    assert account.kept["dispute"] == {}
    clockwork.go()
    (made,) = account.kept["dispute"].values()
    assert (made["charge"], made["status"], made["amount"]) == (charge_id, status, 25_000)
    assert sum(one["net"] for one in made["balance_transactions"]) == moved
    assert made["is_charge_refundable"] is (moved == 0)


def test_a_disputed_charge_is_not_refunded_unless_the_bank_only_asks(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id)
    made = aid(visitor, f"disputes/{session_id}", status="warning_needs_response").json()
    assert aid(visitor, f"refunds/{session_id}", amount_ore=100).status_code == 201
    aid(visitor, f"dispute/{made['id']}", status="needs_response").raise_for_status()
    refused = aid(visitor, f"refunds/{session_id}", amount_ore=100)
    assert (refused.status_code, "charged back" in refused.text) == (409, True)
    aid(visitor, f"dispute/{made['id']}", status="won").raise_for_status()
    assert aid(visitor, f"refunds/{session_id}", amount_ore=100).status_code == 201


def test_a_dispute_goes_only_where_a_dispute_can_go(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert aid(visitor, f"disputes/{session_id}").status_code == 404
    pay(visitor, session_id)
    made = aid(visitor, f"disputes/{session_id}", amount_ore=10_000).raise_for_status().json()
    assert aid(visitor, f"disputes/{session_id}").status_code == 409
    for status in ("warning_closed", "nonsense", None):
        assert aid(visitor, f"dispute/{made['id']}", status=status).status_code == 409
    aid(visitor, f"dispute/{made['id']}", status="under_review").raise_for_status()
    lost = aid(visitor, f"dispute/{made['id']}", status="lost").raise_for_status().json()
    assert [one["amount"] for one in lost["balance_transactions"]] == [-10_000]
    assert aid(visitor, f"dispute/{made['id']}", status="won").status_code == 409
    assert event_types(visitor)[PAID_EVENTS:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]
    charge = get(visitor, "charges")["data"][0]
    assert charge["disputed"] is True
    assert [one["id"] for one in get(visitor, "disputes", charge=charge["id"])["data"]] == [made["id"]]
    assert get(visitor, "disputes", charge="ch_other")["data"] == []


def test_a_refund_ends_once(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id)
    made = aid(visitor, f"refunds/{session_id}").json()
    assert (made["amount"], made["metadata"]) == (25_000, {})
    assert aid(visitor, f"refund/{made['id']}", status="maybe").status_code == 400
    assert aid(visitor, f"refund/{made['id']}", status="succeeded").status_code == 409
    failed = aid(visitor, f"refund/{made['id']}", status="failed").raise_for_status().json()
    assert failed["failure_reason"] == "expired_or_canceled_card"
    assert failed["failure_balance_transaction"] is not None
    assert aid(visitor, f"refund/{made['id']}", status="failed").status_code == 409
    assert event_types(visitor)[-2:] == ["refund.failed", "refund.updated"]


def test_refunds_open_on_their_charge(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id)
    for _many in range(11):
        aid(visitor, f"refunds/{session_id}", amount_ore=100).raise_for_status()
    path = "payment_intent.latest_charge.refunds"
    session = get(visitor, f"checkout/sessions/{session_id}", **{"expand[]": path})
    refunds = session["payment_intent"]["latest_charge"]["refunds"]
    assert (len(refunds["data"]), refunds["has_more"]) == (10, True)
    assert (
        len(get(visitor, "refunds", charge=session["payment_intent"]["latest_charge"]["id"], limit=100)["data"]) == 11
    )


def test_a_payout_may_be_made_not_to_add_up(visitor: httpx.Client) -> None:
    pay(visitor, new_session(visitor))
    made = aid(visitor, "payouts", off_by_ore=-7, fee_ore=500).raise_for_status().json()
    moved = get(visitor, "balance_transactions", payout=made["id"], **{"expand[]": "data.source"})["data"]
    assert sum(one["net"] for one in moved if one["type"] != "payout") - 7 == made["amount"]
    assert [(one["reporting_category"], one["source"] and one["source"]["object"]) for one in moved] == [
        ("payout", "payout"),
        ("fee", None),
        ("charge", "charge"),
    ]
    assert made["arrival_date"] % 86_400 == 0
    assert aid(visitor, "payouts", off_by_ore="much").status_code == 400
    assert aid(visitor, "payouts", nonsense=1).status_code == 400


def test_mobilepay_is_a_button_and_a_yes(visitor: httpx.Client) -> None:
    session_id = new_session(visitor, **{"allowed_payment_method_types[0]": "mobilepay"})
    page = visitor.get(f"/stripe/pay/{session_id}").text
    assert "Betal med MobilePay" in page
    assert "Kortnummer" not in page
    assert "MobilePay" not in visitor.get(f"/stripe/pay/{new_session(visitor)}").text
    asked = visitor.post(f"/stripe/pay/{session_id}", data={"act": "mobilepay"}).headers["Location"]
    assert "MobilePay vil have" in visitor.get(asked).text
    assert "afvist i MobilePay" in visitor.post(asked, data={"act": "refuse"}).text
    visitor.post(f"/stripe/pay/{session_id}", data={"act": "mobilepay"})
    assert visitor.post(asked, data={"act": "approve"}).status_code == 303
    charge = get(visitor, "charges")["data"][0]
    assert charge["payment_method_details"]["type"] == "mobilepay"
    card = {"act": "pay", "card": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    other = new_session(visitor, **{"allowed_payment_method_types[0]": "mobilepay"})
    assert "kendes ikke" in visitor.post(f"/stripe/pay/{other}", data=card).text


def press(visitor: httpx.Client, session_id: str, act: str, **more: str) -> httpx.Response:
    """Press a button of the payment's page, which must be there."""
    page = visitor.get(f"/stripe/dashboard/{session_id}").text
    assert f'value="{act}"' in page
    found = re.search(r'name="which" value="(\w+)">\s*(?:<button[^>]*>[^<]*</button>\s*)*?<button[^>]*' + act, page)
    which = {"which": found[1]} if found else {}
    return visitor.post(f"/stripe/dashboard/{session_id}", data={"act": act} | which | more)


def test_the_dashboard_plays_it_all_with_buttons(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert "Betal tilbage" not in visitor.get(f"/stripe/dashboard/{session_id}").text
    pay(visitor, session_id, card=money_back.REFUNDS_SLOWLY)
    assert f"/stripe/dashboard/{session_id}" in visitor.get("/stripe/").text
    assert press(visitor, session_id, "refund", amount="10000").status_code == 303
    refused = press(visitor, session_id, "refund", amount="20000")
    assert (refused.status_code, 'role="alert"' in refused.text) == (409, True)
    press(visitor, session_id, "refund-succeeded")
    press(visitor, session_id, "refund-failed")
    assert [(one["amount"], one["status"]) for one in get(visitor, "refunds")["data"]] == [(10_000, "failed")]
    press(visitor, session_id, "inquiry")
    press(visitor, session_id, "dispute-needs_response")
    press(visitor, session_id, "dispute-lost")
    assert [one["status"] for one in get(visitor, "disputes")["data"]] == ["lost"]
    assert visitor.get("/stripe/dashboard/cs_x").status_code == 404
    pay(visitor, new_session(visitor))
    assert visitor.post("/stripe/dashboard/payouts").status_code == 303
    assert len(get(visitor, "payouts")["data"]) == 1


def test_the_disputed_card_is_disputed_over_the_wire_too(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id, card=disputes.DISPUTED, late_seconds=0.1)
    wait_until(lambda: len(get(visitor, "disputes")["data"]) == 1)


def test_time_may_be_made_to_run_out(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert aid(visitor, f"expire/{session_id}").json()["status"] == "expired"
    assert aid(visitor, "expire/cs_x").status_code == 404
    assert event_types(visitor) == ["checkout.session.expired"]
