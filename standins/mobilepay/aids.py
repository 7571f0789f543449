"""What tests and benchmarks use instead of a browser, a bank and ten minutes' patience."""

from collections.abc import Callable
from typing import Any

import flask
from werkzeug.exceptions import BadRequest

from standins.mobilepay import payments
from standins.mobilepay.bodies import MAXIMUM_ORE
from standins.mobilepay.merchant import Json, Payment, amount
from standins.mobilepay.refusals import ERRORS
from standins.mobilepay.wire import Desk, Planned

OPERATIONS = ("create", "capture", "refund", "cancel")
FURTHEST_SECONDS = 400 * 86_400
Said = tuple[Json, int]


def add_aids(blueprint: flask.Blueprint, desk: Desk) -> None:
    """Everything under `/mobilepay/test`."""
    _add_answers(blueprint, desk)
    _add_days(blueprint, desk)
    _add_money_back(blueprint, desk)

    @blueprint.post("/test/next-answer")
    def next_answer() -> Said:
        body = _body("status", "code", "operation")
        status, code, operation = body.get("status"), body.get("code"), body.get("operation")
        if status is not None and (isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599):
            raise BadRequest("status must be a number from 400 to 599")
        if code is not None and code not in ERRORS:
            raise BadRequest("code must be one of the numbers of ePayment's errors, as text")
        if operation is not None and operation not in OPERATIONS:
            raise BadRequest(f"operation must be one of {', '.join(OPERATIONS)}")
        if status is None and code is None:
            raise BadRequest("give status (the work is done first), code (it is not), or both")
        with desk.lock:
            desk.planned.append(Planned(operation, status, code))
        return body, 201


def _add_answers(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    def add(name: str, act: Callable[[Payment], str], closed: str) -> None:
        def answered(reference: str) -> Said:
            with merchant.lock:
                found = merchant.payments.get(reference)
                if found is None:
                    return {"error": "no such payment"}, 404
                outcome = act(found)
                said = {"outcome": outcome, "state": found.state, "return_url": found.asked.returnUrl}
            return said, 409 if outcome == closed else 200

        blueprint.add_url_rule(f"/test/{name}/<reference>", f"test_{name}", answered, methods=["POST"])

    def never(found: Payment) -> str:
        payments.settle(merchant, found)
        return "unanswered"

    add("approve", lambda found: payments.approve(merchant, found).value, "closed")
    add("refuse", lambda found: "refused" if payments.abort(merchant, found) else "closed", "closed")
    add("expire", lambda found: "expired" if payments.expire(merchant, found) else "closed", "closed")
    add("never-answer", never, "closed")


def _add_days(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    @blueprint.post("/test/payouts")
    def pay_out() -> Said:
        body = _body("off_by_ore")
        return merchant.funds.pay_out(_integer(body, "off_by_ore", -(10**9), 10**9)), 201

    @blueprint.post("/test/clock")
    def push() -> Said:
        seconds = _integer(_body("seconds"), "seconds", 1, FURTHEST_SECONDS)
        merchant.clock.push(seconds)
        with merchant.lock:
            for payment in list(merchant.payments.values()):
                payments.settle(merchant, payment)
        return {"now": merchant.clock.now().isoformat(), "captured": amount(merchant.captured_ore)}, 201


def _add_money_back(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    @blueprint.post("/test/refunds/<reference>")
    def refund_by_hand(reference: str) -> Said:
        ore = _integer(_body("amount_ore"), "amount_ore", 1, MAXIMUM_ORE)
        with merchant.lock:
            # What somebody does in the vendor's business portal has no idempotency key.
            return payments.refund(merchant, merchant.find(reference), ore, None), 201

    @blueprint.post("/test/dispute/<reference>")
    def dispute(reference: str) -> Said:
        kinds = {False: "retained-disputed-capture", True: "returned-disputed-capture"}
        body = _body("won")
        with merchant.lock:
            found = merchant.payments.get(reference)
            captures = [event for event in found.events if event["name"] == "CAPTURED"] if found else []
            if not captures:
                return {"error": "nothing has been captured"}, 409
            is_won, event = body.get("won") is True, captures[0]
            ore = event["amount"]["value"] * (1 if is_won else -1)
            entry = merchant.funds.enter(
                kinds[is_won], ore, reference=reference, psp_reference=str(event["pspReference"])
            )
        return entry, 201


def _body(*names: str) -> Json:
    body: Any = flask.request.get_json(force=True, silent=True) if flask.request.get_data() else {}
    if not isinstance(body, dict) or set(body) - set(names):
        raise BadRequest(f"the body must be a JSON object with no other members than {', '.join(names)}")
    return body


def _integer(body: Json, name: str, low: int, high: int) -> int:
    """The member, or 0 where it is left out and 0 is within its bounds."""
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f"{name} must be a whole number from {low} to {high}")
    return value
