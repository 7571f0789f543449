"""The routes of the access token and of ePayment."""

from typing import Any

import flask

from standins.mobilepay import bodies, payments
from standins.mobilepay.limits import LOOKS
from standins.mobilepay.merchant import Json, Payment
from standins.mobilepay.refusals import malformed
from standins.mobilepay.tokens import LIFETIME, check_keys
from standins.mobilepay.wire import Desk, answer, authorise, change, json_body

PAYMENTS = "/epayment/v1/payments"


def add_api(blueprint: flask.Blueprint, desk: Desk) -> None:
    """Everything the sales unit's keys may do with payments."""
    _add_token(blueprint, desk)
    _add_reads(blueprint, desk)
    _add_create(blueprint, desk)
    _add_changes(blueprint, desk)
    _add_force_approve(blueprint, desk)


def _add_token(blueprint: flask.Blueprint, desk: Desk) -> None:
    @blueprint.post("/accesstoken/get")
    def token() -> flask.Response:
        check_keys(flask.request.headers)
        if flask.request.get_data():
            raise malformed("body", "The body must be empty; the keys stand in headers.")
        now = desk.merchant.clock.now()
        # Numbers are written as text in this answer, and only in this one.
        made = {
            "token_type": "Bearer",
            "expires_in": str(int(LIFETIME.total_seconds())),
            "ext_expires_in": "0",
            "expires_on": str(int((now + LIFETIME).timestamp())),
            "not_before": str(int(now.timestamp())),
            "resource": "00000002-0000-0000-c000-000000000000",
            "access_token": desk.tokens.make(LIFETIME),
        }
        return answer(made)


def _add_reads(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    @blueprint.get(f"{PAYMENTS}/<reference>")
    def get_payment(reference: str) -> flask.Response:
        authorise(desk)
        desk.limits.take("get", reference[:64], LOOKS)
        with merchant.lock:
            return answer(payments.shown(merchant, merchant.find(reference)))

    @blueprint.get(f"{PAYMENTS}/<reference>/events")
    def get_events(reference: str) -> flask.Response:
        authorise(desk)
        desk.limits.take("events", reference[:64], LOOKS)
        with merchant.lock:
            found = merchant.find(reference)
            payments.settle(merchant, found)
            return answer(found.events)


def _add_create(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    @blueprint.post(PAYMENTS)
    def create() -> flask.Response:
        def act(body: Any, key: str | None) -> Json:
            made = payments.open_payment(merchant, bodies.read(bodies.CreatePayment, body), key)
            left = (made.expires_at - merchant.clock.now()).total_seconds()
            # Nobody need look at a payment for it to expire, and a notice of it is sent.
            desk.clockwork.after(left + 0.2, lambda: payments.settle(merchant, made))
            return {"redirectUrl": _redirect_url(desk, made), "reference": made.reference}

        return change(desk, "create", None, act)


def _redirect_url(desk: Desk, made: Payment) -> str:
    landing = desk.merchant.landing(made)
    if made.asked.userFlow != "QR":
        return landing
    asked = made.asked.qrFormat
    form = asked.format if asked else "IMAGE/SVG+XML"
    if form == "TEXT/TARGETURL":
        return landing
    picture = f"{desk.place.own_url}/mobilepay/qr/{made.token}"
    return f"{picture}.svg" if form == "IMAGE/SVG+XML" else f"{picture}.png?size={(asked and asked.size) or 1024}"


def _add_changes(blueprint: flask.Blueprint, desk: Desk) -> None:
    merchant = desk.merchant

    @blueprint.post(f"{PAYMENTS}/<reference>/capture")
    def capture(reference: str) -> flask.Response:
        def act(body: Any, key: str | None) -> Json:
            found = merchant.find(reference)
            return payments.capture(merchant, found, _modification(body), key)

        def fail(body: Any, key: str | None) -> None:
            payments.fail_capture(merchant, merchant.find(reference), _modification(body), key)

        return change(desk, "capture", reference, act, on_failure=fail)

    @blueprint.post(f"{PAYMENTS}/<reference>/refund")
    def refund(reference: str) -> flask.Response:
        def act(body: Any, key: str | None) -> Json:
            return payments.refund(merchant, merchant.find(reference), _modification(body), key)

        return change(desk, "refund", reference, act)

    @blueprint.post(f"{PAYMENTS}/<reference>/cancel")
    def cancel(reference: str) -> flask.Response:
        def act(body: Any, key: str | None) -> Json:
            asked = bodies.read(bodies.Cancellation, {} if body is None else body)
            found = merchant.find(reference)
            return payments.cancel(merchant, found, key, only_open=asked.cancelTransactionOnly)

        return change(desk, "cancel", reference, act)


def _modification(body: Any) -> int:
    return bodies.check_amount(bodies.read(bodies.Modification, body).modificationAmount)


def _add_force_approve(blueprint: flask.Blueprint, desk: Desk) -> None:
    @blueprint.post("/epayment/v1/test/payments/<reference>/approve")
    def force_approve(reference: str) -> flask.Response:
        authorise(desk)
        asked = bodies.read(bodies.Approval, json_body(desk))
        with desk.merchant.lock:
            found = desk.merchant.find(reference)
            bodies.check_approval(asked, found.token)
            payments.force_approve(desk.merchant, found)
        return flask.Response(status=200)
