"""What tests and benchmarks use instead of a browser: citizens, their banks and Stripe itself, moved over HTTP."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import flask
from werkzeug.exceptions import BadRequest

from standins.stripe.cards import PAYS, Outcome, try_card
from standins.stripe.disputes import move_dispute, open_dispute
from standins.stripe.money_back import end_refund, make_refund
from standins.stripe.objects import MOBILEPAY, Json
from standins.stripe.payouts import pay_out
from standins.stripe.refusals import Refusal
from standins.stripe.sessions import settle_expiry
from standins.stripe.wire import Desk


def add_aids(blueprint: flask.Blueprint, desk: Desk) -> None:
    """Everything under `/stripe/test`."""
    _add_paying(blueprint, desk)
    _add_money_back(blueprint, desk)

    @blueprint.post("/test/payouts")
    def pay_out_now() -> tuple[Json, int]:
        body = _body("off_by_ore", "fee_ore")
        made = pay_out(desk.account, off_by=_whole(body, "off_by_ore"), fee=_whole(body, "fee_ore"))
        return ({"error": "nothing to pay out"}, 409) if made is None else (made, 201)

    @blueprint.post("/test/next-answer")
    def next_answer() -> tuple[Json, int]:
        status = _whole(_body("status"), "status")
        if not 500 <= status <= 599:
            raise BadRequest("status must be a number from 500 to 599")
        desk.next_statuses.append(status)
        return {"status": status}, 201


def _add_paying(blueprint: flask.Blueprint, desk: Desk) -> None:
    account = desk.account

    @blueprint.post("/test/pay/<session_id>")
    def pay_at_once(session_id: str) -> tuple[Json, int]:
        body = _body("card", "approve", "late_seconds", "even_if_expired")
        late = body.get("late_seconds")
        if late is not None and (isinstance(late, bool) or not isinstance(late, int | float) or late < 0):
            raise BadRequest("late_seconds must be a number from 0")
        with _said_plainly(), account.lock:
            found = account.find("checkout.session", session_id)
            if body.get("even_if_expired") and found["status"] == "expired":
                # A bank that answers after Stripe has given up on it.
                found["status"], found["expires_at"] = "open", account.now() + 60
            usual = PAYS if "card" in found["payment_method_types"] else MOBILEPAY
            means = re.sub(r"\D", "", str(body["card"])) if "card" in body else usual
            tried = try_card(
                account,
                desk.clockwork,
                session_id,
                means,
                approved=bool(body.get("approve", True)),
                late_seconds=late,
            )
        back = str(found["success_url"] or "").replace("{CHECKOUT_SESSION_ID}", session_id)
        said = {"outcome": tried.outcome.value, "message": tried.message, "return_url": back}
        return said, 409 if tried.outcome in {Outcome.CLOSED, Outcome.UNKNOWN_CARD} else 200

    @blueprint.post("/test/expire/<session_id>")
    def run_out(session_id: str) -> Json:
        with _said_plainly(), account.lock:
            found = account.find("checkout.session", session_id)
            found["expires_at"] = min(found["expires_at"], account.now())
            settle_expiry(account, found)
            return found


def _add_money_back(blueprint: flask.Blueprint, desk: Desk) -> None:
    account = desk.account

    @blueprint.post("/test/refunds/<session_id>")
    def refund_by_hand(session_id: str) -> tuple[Json, int]:
        body = _body("amount_ore")
        with _said_plainly(), account.lock:
            asked = {"charge": account.find_charge(session_id)["id"]}
            amount = {"amount": _whole(body, "amount_ore")} if "amount_ore" in body else {}
            return make_refund(account, desk.clockwork, asked | amount), 201

    @blueprint.post("/test/refund/<refund_id>")
    def end_one(refund_id: str) -> Json:
        status = _body("status").get("status")
        if status not in {"succeeded", "failed"}:
            raise BadRequest("status must be succeeded or failed")
        with _said_plainly():
            return end_refund(account, refund_id, str(status))

    @blueprint.post("/test/disputes/<session_id>")
    def dispute_one(session_id: str) -> tuple[Json, int]:
        body = _body("status", "amount_ore")
        status = body.get("status", "needs_response")
        if status not in {"needs_response", "warning_needs_response"}:
            raise BadRequest("status must be needs_response or warning_needs_response")
        amount = _whole(body, "amount_ore") if "amount_ore" in body else None
        with _said_plainly(), account.lock:
            return open_dispute(account, account.find_charge(session_id)["id"], status=status, amount=amount), 201

    @blueprint.post("/test/dispute/<dispute_id>")
    def move_one(dispute_id: str) -> Json:
        with _said_plainly():
            return move_dispute(account, dispute_id, str(_body("status").get("status")))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What Stripe would refuse becomes 409 (or 404) with its words."""
    try:
        yield
    except Refusal as no:
        flask.abort(flask.make_response({"error": str(no)}, no.status if no.status == 404 else 409))


def _body(*names: str) -> Json:
    # Whatever type the caller gives it: a body that is taken for a form would be lost without a word.
    body = flask.request.get_json(force=True, silent=True) if flask.request.get_data() else {}
    if not isinstance(body, dict) or set(body) - set(names):
        raise BadRequest(f"the body must be a JSON object with nothing but {', '.join(names)}")
    return body


def _whole(body: Json, name: str) -> int:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequest(f"{name} must be a whole number")
    return value
