"""The routes under `/stripe/v1`."""

from collections.abc import Callable

import flask

from standins.stripe import parameters
from standins.stripe.account import Account
from standins.stripe.form import Check
from standins.stripe.listing import opened, page
from standins.stripe.money_back import make_refund
from standins.stripe.objects import Json
from standins.stripe.sessions import expire, open_session, settle_expiry
from standins.stripe.wire import Desk, no_such_address, read, write


def add_api(blueprint: flask.Blueprint, desk: Desk) -> None:
    """Everything a secret key may do."""
    _add_sessions(blueprint, desk)
    _add_refunds(blueprint, desk)
    _add_reads(blueprint, desk)

    @blueprint.route("/v1/", defaults={"path": ""}, methods=["GET", "POST", "DELETE"])
    @blueprint.route("/v1/<path:path>", methods=["GET", "POST", "DELETE"])
    def unknown(path: str) -> flask.Response:  # noqa: ARG001 - the route names it
        return no_such_address()


def _add_sessions(blueprint: flask.Blueprint, desk: Desk) -> None:
    account = desk.account

    @blueprint.post("/v1/checkout/sessions")
    def create_session() -> flask.Response:
        def act(asked: Json, _request: Json) -> Json:
            made = open_session(account, asked)
            # Nobody need look at a session for it to expire, and Stripe says so when it does.
            desk.clockwork.after(made["expires_at"] - account.now() + 1, lambda: settle_expiry(account, made))
            return opened(account, made, asked.get("expand", []))

        return write(desk, parameters.CREATE_SESSION, act)

    @blueprint.post("/v1/checkout/sessions/<session_id>/expire")
    def expire_session(session_id: str) -> flask.Response:
        return write(
            desk,
            parameters.ONLY_EXPAND,
            lambda asked, request: opened(account, expire(account, session_id, request), asked.get("expand", [])),
        )

    @blueprint.get("/v1/checkout/sessions/<session_id>")
    def retrieve_session(session_id: str) -> flask.Response:
        def find(asked: Json) -> Json:
            with account.lock:
                found = account.find("checkout.session", session_id, "session")
                settle_expiry(account, found)
                return opened(account, found, asked.get("expand", []))

        return read(parameters.ONLY_EXPAND, find)

    @blueprint.get("/v1/checkout/sessions")
    def list_sessions() -> flask.Response:
        def find(asked: Json) -> Json:
            return page(
                account, "checkout.session", asked, "/v1/checkout/sessions", _same(asked, "payment_intent", "status")
            )

        return read(parameters.LIST_SESSIONS, find)


def _add_refunds(blueprint: flask.Blueprint, desk: Desk) -> None:
    @blueprint.post("/v1/refunds")
    def create_refund() -> flask.Response:
        return write(
            desk,
            parameters.CREATE_REFUND,
            lambda asked, request: opened(
                desk.account, make_refund(desk.account, desk.clockwork, asked, request), asked.get("expand", [])
            ),
        )


def _add_reads(blueprint: flask.Blueprint, desk: Desk) -> None:
    account = desk.account

    def add(path: str, kind: str, check: Check, fits: Callable[[Json], Callable[[Json], bool]]) -> None:
        url = f"/v1/{path}"

        def several() -> flask.Response:
            return read(check, lambda asked: page(account, kind, asked, url, fits(asked)))

        def one(object_id: str) -> flask.Response:
            def find(asked: Json) -> Json:
                with account.lock:
                    return opened(account, account.find(kind, object_id), asked.get("expand", []))

            return read(parameters.ONLY_EXPAND, find)

        blueprint.add_url_rule(url, f"list_{path}", several, methods=["GET"])
        blueprint.add_url_rule(f"{url}/<object_id>", f"retrieve_{path}", one, methods=["GET"])

    add("payment_intents", "payment_intent", parameters.LIST_INTENTS, _same)
    add("charges", "charge", parameters.LIST_CHARGES, lambda asked: _same(asked, "payment_intent"))
    add("refunds", "refund", parameters.LIST_REFUNDS, lambda asked: _same(asked, "payment_intent", "charge"))
    add("disputes", "dispute", parameters.LIST_DISPUTES, lambda asked: _same(asked, "payment_intent", "charge"))
    add("payouts", "payout", parameters.LIST_PAYOUTS, _fits_payout)
    add("balance_transactions", "balance_transaction", parameters.LIST_BALANCE, lambda a: _fits_balance(account, a))
    add("events", "event", parameters.LIST_EVENTS, lambda asked: _fits_event(account, asked))


def _same(asked: Json, *names: str) -> Callable[[Json], bool]:
    return lambda thing: all(thing[name] == asked[name] for name in names if name in asked)


def _fits_payout(asked: Json) -> Callable[[Json], bool]:
    bounds = asked.get("arrival_date", {})
    same = _same(asked, "status")
    return lambda thing: (
        same(thing)
        and bounds.get("gte", 0) <= thing["arrival_date"] <= bounds.get("lte", thing["arrival_date"])
        and bounds.get("gt", -1) < thing["arrival_date"] < bounds.get("lt", thing["arrival_date"] + 1)
    )


def _fits_balance(account: Account, asked: Json) -> Callable[[Json], bool]:
    same, payout = _same(asked, "source", "type", "currency"), asked.get("payout")
    return lambda thing: same(thing) and (payout is None or account.paid_out.get(thing["id"]) == payout)


def _fits_event(account: Account, asked: Json) -> Callable[[Json], bool]:
    wanted, delivered = set(asked.get("types", [])), asked.get("delivery_success")
    if "type" in asked:
        wanted.add(asked["type"])
    return lambda event: (
        (not wanted or any(_is_kind(event["type"], kind) for kind in wanted))
        and (delivered is None or delivered == (event["id"] not in account.undelivered))
    )


def _is_kind(kind: str, wanted: str) -> bool:
    """A wanted kind may end in `.*`."""
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1]))
