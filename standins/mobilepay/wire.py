"""How a call comes in and an answer goes out: keys, headers, the body, the idempotency key, errors as RFC 7807."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import flask

from standins.clockwork import Clockwork
from standins.frame import Place, find_cpr
from standins.mobilepay import tokens as keys
from standins.mobilepay.limits import CHANGES, Limits
from standins.mobilepay.merchant import Json, Merchant
from standins.mobilepay.refusals import Refusal, malformed, refuse
from standins.mobilepay.tokens import Tokens

LONGEST_KEY = 50
# The number with which another body under a used key is refused.
CONFLICTS = {"capture": "4010", "refund": "4150"}
# What a test may have happen to a capture that leaves an event which did not succeed.
MONEY_FAILURES = frozenset({"6260", "6280"})
# A telephone number is digits only and may look like a CPR number.
NUMBERS = frozenset({"phoneNumber"})


@dataclass(frozen=True)
class Planned:
    """What one of the next calls answers: a status after its work was done, or a number instead of the work."""

    operation: str | None
    status: int | None
    code: str | None


@dataclass(frozen=True)
class Kept:
    """The first success under an idempotency key, and the call it belongs to."""

    call: tuple[str, str]
    status: int
    body: str


@dataclass
class Desk:
    """Everything the routes of one stand-in share."""

    place: Place
    merchant: Merchant
    clockwork: Clockwork
    tokens: Tokens
    limits: Limits
    kept: dict[str, Kept] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_planned(self, operation: str) -> Planned | None:
        """What a test has said this call is to answer, once."""
        with self.lock:
            for planned in self.planned:
                if planned.operation in {None, operation}:
                    self.planned.remove(planned)
                    return planned
        return None


def authorise(desk: Desk) -> None:
    """That a call of the payment or webhook interface may be heard.

    :raises Refusal: it may not
    """
    headers = flask.request.headers
    keys.check_subscription(headers)
    keys.check_bearer(headers, desk.tokens)
    keys.check_sales_unit(headers)


def answer(body: object, status: int = 200) -> flask.Response:
    """A success."""
    return flask.Response(json.dumps(body), status=status, mimetype="application/json")


def refused(no: Refusal) -> flask.Response:
    """A refusal in the vendor's form."""
    _root, _name, instance = flask.request.path.partition("/mobilepay")
    response = flask.Response(
        json.dumps(no.as_json(instance)), status=no.status, content_type="application/problem+json"
    )
    if no.retry_after is not None:
        response.headers["Retry-After"] = str(no.retry_after)
    if no.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def json_body(desk: Desk) -> Any:
    """The body as JSON, None where there is none; a CPR number in it is a violation.

    :raises Refusal: it is something else
    """
    raw = flask.request.get_data()
    if not raw:
        return None
    if flask.request.mimetype != "application/json":
        raise Refusal("Unsupported Media Type", "The body must be application/json.", status=415)
    try:
        body = json.loads(raw)
        texts = list(_texts(body, "body"))
    except (ValueError, RecursionError) as bad:
        raise malformed("body", "The body is not JSON, or too deep.") from bad
    for name, text in texts:
        if name not in NUMBERS and find_cpr(text):
            desk.place.violations(f"mobilepay: a CPR number stood in {name[:80]} of a request's body")
    return body


def idempotency_key(desk: Desk, *, is_needed: bool) -> str | None:
    """The call's own key.

    :raises Refusal: it is needed and missing, or too long
    """
    key = flask.request.headers.get("Idempotency-Key", "")
    if not key and is_needed:
        raise malformed("Idempotency-Key", "The header is required.")
    if len(key) > LONGEST_KEY:
        raise malformed("Idempotency-Key", f"At most {LONGEST_KEY} characters.")
    if find_cpr(key):
        desk.place.violations("mobilepay: a CPR number stood in an Idempotency-Key")
    return key or None


def change(
    desk: Desk,
    operation: str,
    reference: str | None,
    act: Callable[[Any, str | None], Json],
    *,
    on_failure: Callable[[Any, str | None], None] | None = None,
) -> flask.Response:
    """Answer a call that changes something: once for each key, whose success is replayed.

    `act` is given the body and the key, and so is `on_failure` where a test has said that moving the money shall fail.
    A failure is not kept, so a call that failed may be tried again with its key.
    """
    authorise(desk)
    key = idempotency_key(desk, is_needed=operation != "cancel")
    body = json_body(desk)
    about = reference or str(body.get("reference", "") if isinstance(body, dict) else "")
    desk.limits.take(operation, about[:64], CHANGES)
    call = (flask.request.path, json.dumps(body, sort_keys=True))
    with desk.merchant.lock:
        known = desk.kept.get(key) if key else None
        if known:
            if known.call != call:
                is_same_place = known.call[0] == call[0]
                raise refuse(CONFLICTS.get(operation, "4020") if is_same_place else "4020")
            return flask.Response(known.body, status=known.status, mimetype="application/json")
        planned = desk.take_planned(operation)
        if planned and planned.code:
            if on_failure and planned.code in MONEY_FAILURES:
                on_failure(body, key)
            raise refuse(planned.code, status=planned.status)
        response = answer(act(body, key), 201 if operation == "create" else 200)
        if key:
            desk.kept[key] = Kept(call, response.status_code, response.get_data(as_text=True))
    if planned and planned.status:
        raise refuse("3010", status=planned.status)
    return response


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with the member it stands in; members' names are texts too."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield "a member's name", key
            yield from _texts(one, key)
