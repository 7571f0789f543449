"""What happens to a payment on the MobilePay stand-in: answers, captures, refunds, time, amounts that fail."""

from typing import Any

import httpx
import pytest

from tests.standins.mobilepay_client import BACK, Client, code_of

DAY = 86_400


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, code_of(answer)


def test_a_payment_from_first_to_last(client: Client) -> None:
    reference = client.open(10_000, metadata={"betaling": "b-1"})
    fresh = client.shown(reference)
    assert (fresh["state"], fresh["metadata"]) == ("CREATED", {"betaling": "b-1"})
    assert "captureGuaranteedUntil" not in fresh
    client.aid(f"approve/{reference}")
    assert client.change(reference, "capture", 6_000).json()["state"] == "AUTHORIZED"
    assert client.change(reference, "refund", 2_000).json()["aggregate"]["refundedAmount"]["value"] == 2_000
    released = client.change(reference, "cancel").json()
    assert released["amount"] == {"currency": "DKK", "value": 10_000}
    assert released["aggregate"]["cancelledAmount"]["value"] == 4_000
    last = client.shown(reference)
    assert last["state"] == "AUTHORIZED"
    assert last["pspReference"] == fresh["pspReference"] == released["pspReference"]
    assert "redirectUrl" not in last
    assert client.amounts(reference) == {"authorized": 10_000, "captured": 6_000, "refunded": 2_000, "cancelled": 4_000}
    events = client.events(reference)
    assert [(event["name"], event["amount"]["value"]) for event in events] == [
        ("CREATED", 10_000),
        ("AUTHORIZED", 10_000),
        ("CAPTURED", 6_000),
        ("REFUNDED", 2_000),
        ("CANCELLED", 4_000),
    ]
    assert events[0]["pspReference"] == fresh["pspReference"]
    assert len({event["pspReference"] for event in events}) == 5
    assert ["idempotencyKey" in event for event in events] == [True, False, True, True, True]
    assert client.state()["captured_ore"] == 6_000
    assert client.state()["refunded_ore"] == 2_000


def test_captures_in_parts_never_come_to_more_than_was_reserved(client: Client) -> None:
    reference = client.authorised(1_000)
    assert client.change(reference, "capture", 600).status_code == 200
    assert refusal(client.change(reference, "capture", 401)) == (400, "6090")
    assert client.change(reference, "capture", 400).status_code == 200
    assert refusal(client.change(reference, "capture", 1)) == (400, "6170")
    assert refusal(client.change(reference, "cancel")) == (400, "6040")
    assert client.amounts(reference)["captured"] == 1_000


def test_refunds_never_come_to_more_than_was_captured(client: Client) -> None:
    reference = client.open(1_000)
    assert refusal(client.change(reference, "refund", 1)) == (400, "6020")
    client.aid(f"approve/{reference}")
    assert refusal(client.change(reference, "refund", 1)) == (400, "6210")
    client.change(reference, "capture", 600)
    assert refusal(client.change(reference, "refund", 601)) == (400, "6150")
    client.push_clock(61)
    assert client.change(reference, "refund", 600).status_code == 200
    assert refusal(client.change(reference, "refund", 1)) == (400, "6180")
    assert client.amounts(reference)["refunded"] == 600


@pytest.mark.parametrize("act", ["capture", "refund"])
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, None),
        ({}, None),
        ({"modificationAmount": {"currency": "DKK", "value": 0}}, "6010"),
        ({"modificationAmount": {"currency": "DKK", "value": -1}}, "6010"),
        ({"modificationAmount": {"currency": "DKK", "value": 1.5}}, "4040"),
        ({"modificationAmount": {"currency": "NOK", "value": 100}}, "5040"),
        ({"modificationAmount": {"currency": "DKK", "value": 100}, "more": 1}, None),
    ],
)
def test_bodies_that_say_no_amount(client: Client, act: str, sent: Any, code: str | None) -> None:
    reference = client.authorised()
    assert refusal(client.post(f"/payments/{reference}/{act}", sent)) == (400, code)


def test_cancelling_before_and_after_the_user_answers(client: Client) -> None:
    early = client.open(1_000)
    ended = client.change(early, "cancel").json()
    assert (ended["state"], ended["aggregate"]["cancelledAmount"]["value"]) == ("TERMINATED", 1_000)
    assert client.names(early) == ["CREATED", "TERMINATED"]
    assert refusal(client.change(early, "cancel")) == (400, "6190")
    assert refusal(client.change(early, "capture", 1_000)) == (400, "6070")
    assert client.aid(f"approve/{early}").status_code == 409
    late = client.authorised(1_000)
    only_open = client.post(f"/payments/{late}/cancel", {"cancelTransactionOnly": True})
    assert refusal(only_open) == (400, "6060")
    assert client.change(late, "cancel").json()["state"] == "AUTHORIZED"
    assert refusal(client.change(late, "cancel")) == (400, "6190")
    assert refusal(client.change(late, "capture", 1_000)) == (400, "6070")
    open_still = client.open(1_000)
    assert client.post(f"/payments/{open_still}/cancel", {"cancelTransactionOnly": True}).status_code == 200


def test_cancel_needs_no_key_and_keeps_one_that_is_given(client: Client) -> None:
    reference = client.open()
    assert client.post(f"/payments/{reference}/cancel", headers={"Idempotency-Key": None}).status_code == 200
    other = client.open()
    assert client.change(other, "cancel", key="c").text == client.change(other, "cancel", key="c").text


def test_a_payment_the_user_refuses(client: Client) -> None:
    reference = client.open()
    assert client.aid(f"refuse/{reference}").json() == {"outcome": "refused", "state": "ABORTED", "return_url": BACK}
    assert client.names(reference) == ["CREATED", "ABORTED"]
    assert refusal(client.change(reference, "cancel")) == (400, "6050")
    assert refusal(client.change(reference, "capture", 100)) == (400, "6200")
    assert client.aid(f"refuse/{reference}").status_code == 409


def test_ten_minutes_without_an_answer(client: Client) -> None:
    reference = client.open()
    assert client.aid(f"never-answer/{reference}").json()["state"] == "CREATED"
    client.push_clock(598)
    assert client.shown(reference)["state"] == "CREATED"
    client.push_clock(3)
    # Nobody need look for it to happen.
    assert client.state()["counts"]["EXPIRED"] == 1
    assert client.names(reference) == ["CREATED", "EXPIRED"]
    assert client.aid(f"approve/{reference}").status_code == 409
    assert refusal(client.change(reference, "cancel")) == (400, "6050")


def test_time_can_be_up_for_one_payment_alone(client: Client) -> None:
    reference, other = client.open(), client.open()
    assert client.aid(f"expire/{reference}").json()["outcome"] == "expired"
    assert client.shown(reference)["state"] == "EXPIRED"
    assert client.shown(other)["state"] == "CREATED"
    approved = client.authorised()
    assert client.aid(f"expire/{approved}").status_code == 409
    assert client.aid("expire/nobody-knows-it").status_code == 404


def test_what_is_not_captured_in_fourteen_days_is_released(client: Client) -> None:
    reference = client.authorised(1_000)
    assert client.shown(reference)["captureGuaranteedUntil"].endswith("Z")
    client.change(reference, "capture", 300)
    client.push_clock(14 * DAY - 60)
    client.renew()
    assert client.amounts(reference)["cancelled"] == 0
    client.push_clock(61)
    assert client.names(reference)[-1] == "CANCELLED"
    assert client.amounts(reference)["cancelled"] == 700
    assert refusal(client.change(reference, "capture", 700)) == (400, "6100")
    assert client.change(reference, "refund", 100).status_code == 200


def test_refunds_are_possible_for_a_year(client: Client) -> None:
    reference = client.captured(1_000)
    client.push_clock(365 * DAY - 60)
    client.renew()
    assert client.change(reference, "refund", 100).status_code == 200
    client.push_clock(61)
    assert refusal(client.change(reference, "refund", 100)) == (400, "6220")


@pytest.mark.parametrize("ore", [151, 182, 183, 184, 186, 187])
def test_amounts_that_fail_when_the_user_approves(client: Client, ore: int) -> None:
    reference = client.open(ore)
    assert client.aid(f"approve/{reference}").json()["outcome"] == "failed"
    assert client.shown(reference)["state"] == "CREATED"
    assert client.amounts(reference)["authorized"] == 0
    assert client.names(reference) == ["CREATED", "AUTHORIZED failed"]
    assert client.aid(f"refuse/{reference}").json()["state"] == "ABORTED"


def test_the_amount_nobody_knows_about_for_an_hour(client: Client) -> None:
    reference = client.open(201)
    assert client.aid(f"approve/{reference}").json()["outcome"] == "unknown"
    assert refusal(client.change(reference, "cancel")) == (400, "6250")
    client.push_clock(3_590)
    # The ten minutes are long over; it has not expired, for the user did answer.
    assert client.shown(reference)["state"] == "CREATED"
    client.push_clock(20)
    client.renew()
    assert client.shown(reference)["state"] == "AUTHORIZED"
    assert client.change(reference, "capture", 201).status_code == 200


@pytest.mark.parametrize(("ore", "code"), [(123, "5100"), (124, "6220")])
def test_refunds_that_fail(client: Client, ore: int, code: str) -> None:
    reference = client.captured()
    assert refusal(client.change(reference, "refund", ore)) == (400, code)
    assert client.amounts(reference)["refunded"] == 0
    assert client.change(reference, "refund", ore + 2).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"customer": {"phoneNumber": "4512345678"}}, 200, None),
        ({"customer": {"phoneNumber": "4712345678"}}, 400, "7010"),
        ({"customer": {"phoneNumber": "+4512345678"}}, 400, "4070"),
        ({"token": "other"}, 400, "10010"),
        ({}, 400, "4140"),
    ],
)
def test_forced_approval(client: Client, sent: Any, status: int, code: str | None) -> None:
    reference = client.open()
    answer = client.post(f"/test/payments/{reference}/approve", sent)
    assert refusal(answer) == (status, code)
    assert client.shown(reference)["state"] == ("AUTHORIZED" if status == 200 else "CREATED")


def test_forced_approval_by_token_of_what_can_be_approved(client: Client) -> None:
    made = client.create().json()
    path = f"/test/payments/{made['reference']}/approve"
    token = {"token": made["redirectUrl"].rpartition("/")[2]}
    assert client.post(path, token).status_code == 200
    assert refusal(client.post(path, token)) == (400, "6230")
    number = {"customer": {"phoneNumber": "4512345678"}}
    short = client.open(151)
    assert refusal(client.post(f"/test/payments/{short}/approve", number)) == (400, "10010")
    client.aid(f"refuse/{short}")
    assert refusal(client.post(f"/test/payments/{short}/approve", number)) == (400, "10020")


def test_a_refund_by_hand_bears_no_key(client: Client) -> None:
    reference = client.captured(1_000)
    assert client.aid(f"refunds/{reference}", amount_ore=300).status_code == 201
    assert client.amounts(reference)["refunded"] == 300
    last = client.events(reference)[-1]
    assert (last["name"], last["amount"]["value"]) == ("REFUNDED", 300)
    assert "idempotencyKey" not in last
    assert refusal(client.aid(f"refunds/{reference}", amount_ore=701)) == (400, "6150")
    assert client.aid(f"refunds/{reference}").status_code == 400


def test_a_capture_that_is_to_fail_does_no_work_and_may_be_tried_again_with_its_key(client: Client) -> None:
    reference = client.authorised()
    client.aid("next-answer", code="6280", operation="capture").raise_for_status()
    assert refusal(client.change(reference, "capture", 25_000, key="k")) == (400, "6280")
    assert client.amounts(reference)["captured"] == 0
    assert client.names(reference)[-1] == "CAPTURED failed"
    assert client.change(reference, "capture", 25_000, key="k").status_code == 200


def test_an_answer_that_is_to_be_lost_comes_after_the_work(client: Client) -> None:
    reference = client.authorised()
    client.aid("next-answer", status=503, operation="capture").raise_for_status()
    assert client.change(reference, "capture", 25_000, key="k").status_code == 503
    assert client.amounts(reference)["captured"] == 25_000
    assert client.change(reference, "capture", 25_000, key="k").status_code == 200
    assert client.amounts(reference)["captured"] == 25_000


def test_a_dropped_reply_has_done_the_work(client: Client) -> None:
    reference = client.authorised()
    client.visitor.post("/control/mobilepay/faults", json={"kind": "drop_reply", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.change(reference, "capture", 25_000, key="k")
    assert client.amounts(reference)["captured"] == 25_000
    assert client.change(reference, "capture", 25_000, key="k").status_code == 200
    assert client.names(reference).count("CAPTURED") == 1


@pytest.mark.parametrize(
    "sent", [{}, {"status": 200}, {"status": "500"}, {"code": "1"}, {"status": 500, "operation": "get"}, {"more": 1}]
)
def test_next_answers_that_make_no_sense(client: Client, sent: dict[str, Any]) -> None:
    answer = client.aid("next-answer", **sent)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("sent", [{}, {"seconds": 0}, {"seconds": "5"}, {"seconds": True}, {"minutes": 5}])
def test_pushes_of_the_clock_that_make_no_sense(client: Client, sent: dict[str, Any]) -> None:
    assert client.aid("clock", **sent).status_code == 400


def test_a_cpr_in_a_body_or_key_is_a_violation(client: Client) -> None:
    before = len(client.visitor.get("/control/violations").json())
    client.create(paymentDescription="Regning til 630391-1327")
    client.create(metadata={"who": "6303911327"})
    client.create(headers={"Idempotency-Key": "6303911327"})
    client.create(customer={"phoneNumber": "6303911327"})
    client.get("6303911327")
    told = [one["what"] for one in client.visitor.get("/control/violations").json()[before:]]
    assert told == [
        "mobilepay: a CPR number stood in paymentDescription of a request's body",
        "mobilepay: a CPR number stood in who of a request's body",
        "mobilepay: a CPR number stood in an Idempotency-Key",
        "mobilepay: a CPR number stood in the path of a request's address",
    ]


def test_a_reset_forgets_payments_and_time_but_not_tokens(client: Client) -> None:
    client.captured()
    client.push_clock(600)
    client.visitor.post("/control/reset").raise_for_status()
    state = client.state()
    assert (state["captured_ore"], state["payments"], state["funds"]["balance_ore"]) == (0, [], 0)
    assert client.create().status_code == 201
