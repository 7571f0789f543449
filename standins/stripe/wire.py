"""How a call comes in and an answer goes out: the key, the form, the idempotency key, errors in Stripe's shape."""

import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field

import flask

from standins.clockwork import Clockwork
from standins.frame import Place, find_cpr
from standins.stripe.account import Account
from standins.stripe.form import Check, decode
from standins.stripe.idempotency import Answer, Keys
from standins.stripe.objects import Json, new_id
from standins.stripe.parameters import API_VERSION, NUMBERS
from standins.stripe.refusals import Refusal

SECRET_KEY = "sk_test_standin"


@dataclass
class Desk:
    """Everything the routes of one stand-in share."""

    place: Place
    account: Account
    clockwork: Clockwork
    keys: Keys
    next_statuses: list[int] = field(default_factory=list)  # what the next POSTs answer, after their work


def read(check: Check, act: Callable[[Json], Json]) -> flask.Response:
    """Answer a GET: its query checked, then what the act says."""
    request_id = new_id("req", 14)
    try:
        _authorise()
        body = act(check(decode(flask.request.query_string.decode("ascii", "replace")), ""))
        return _response(Answer(200, json.dumps(body), request_id), request_id)
    except Refusal as no:
        return _response(_refused(no, request_id), request_id)


def write(desk: Desk, check: Check, act: Callable[[Json, Json], Json]) -> flask.Response:
    """Answer a POST, once for each idempotency key; the act is given the parameters and who asked."""
    request_id, key = new_id("req", 14), flask.request.headers.get("Idempotency-Key")
    text = flask.request.get_data(as_text=True)
    request: Json = {"id": request_id, "idempotency_key": key}

    def work() -> Answer:
        try:
            answer = Answer(200, json.dumps(act(check(decode(text), ""), request)), request_id)
        except Refusal as no:
            return _refused(no, request_id)
        if desk.next_statuses:
            failed = Refusal("An unknown error occurred", status=desk.next_statuses.pop(0), kind="api_error")
            return _refused(failed, request_id)
        return answer

    try:
        _authorise()
        _look_for_cpr(desk, text)
        if key is None:
            return _response(work(), request_id)
        call = (flask.request.path, json.dumps(sorted(urllib.parse.parse_qsl(text, keep_blank_values=True))))
        answer, is_replay = desk.keys.once(key, call, work)
    except Refusal as no:
        return _response(_refused(no, request_id), request_id)
    response = _response(answer, request_id)
    response.headers["Idempotency-Key"] = key
    response.headers["Original-Request"] = answer.request_id
    if is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def no_such_address() -> flask.Response:
    """The answer to a path that the API does not have."""
    request_id = new_id("req", 14)
    no = Refusal(f"Unrecognized request URL ({flask.request.method}: {flask.request.path}).", status=404)
    return _response(_refused(no, request_id), request_id)


def _authorise() -> None:
    scheme, _space, key = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refusal("You did not provide an API key. Use bearer authentication.", status=401, is_kept=False)
    if key != SECRET_KEY:
        raise Refusal(f"Invalid API Key provided: {key[:7]}***", status=401, is_kept=False)


def _look_for_cpr(desk: Desk, text: str) -> None:
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        last = name.replace("]", "").rpartition("[")[2]
        if last not in NUMBERS and (find_cpr(value) or find_cpr(name)):
            shown = "a parameter's name" if find_cpr(name) else f"the parameter {name[:80]}"
            desk.place.violations(f"stripe: a CPR number stood in {shown} of {flask.request.path}")


def _refused(no: Refusal, request_id: str) -> Answer:
    return Answer(no.status, json.dumps(no.as_json(request_id)), request_id, no.is_kept)


def _response(answer: Answer, request_id: str) -> flask.Response:
    response = flask.Response(answer.body, status=answer.status, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = API_VERSION
    return response
