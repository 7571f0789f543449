"""The broker's order to log somebody out ends their sessions; anything less leaves them alive."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey

from app.foundation.db import Sessions
from tests.identity.browsing import log_in
from tests.identity.fake_op import ABSENT, FakeOp, running_op
from tests.identity.portal import browser, portal, settings_for

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


@pytest.fixture
def citizen(app: Flask, op: FakeOp) -> FlaskClient:
    client = browser(app)
    log_in(op, client)
    return client


def order(app: Flask, token: str) -> int:
    answer = app.test_client().post("/hooks/oidc/backchannel-logout", data={"logout_token": token})
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code


@pytest.mark.parametrize("changes", [{}, {"sid": ABSENT}, {"sub": ABSENT}])
def test_an_order_ends_the_session(app: Flask, op: FakeOp, citizen: FlaskClient, changes: dict[str, Any]) -> None:
    assert order(app, op.logout_token(**changes)) == 200
    assert citizen.get("/regninger").status_code == 303


@pytest.mark.parametrize("changes", [{"sid": "sid-9"}, {"sub": "subject-9", "sid": ABSENT}])
def test_an_order_for_somebody_else_is_obeyed_without_harm(
    app: Flask, op: FakeOp, citizen: FlaskClient, changes: dict[str, Any]
) -> None:
    assert order(app, op.logout_token(**changes)) == 200
    assert citizen.get("/regninger").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "n"},
        {"typ": "JWT"},
        {"iat": int(time.time()) - 600},
        {"aud": "other"},
        {"iss": "http://evil.example"},
        {"events": {}},
        {"jti": ABSENT},
        {"sub": ABSENT, "sid": ABSENT},
        {"exp": int(time.time()) - 100},
    ],
)
def test_a_wrong_order_leaves_the_session_alive(
    app: Flask, op: FakeOp, citizen: FlaskClient, changes: dict[str, Any]
) -> None:
    assert order(app, op.logout_token(**changes)) == 400
    assert citizen.get("/regninger").status_code == 200


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 20_000])
def test_what_is_no_token_is_refused(app: Flask, citizen: FlaskClient, token: str) -> None:
    assert order(app, token) == 400
    assert citizen.get("/regninger").status_code == 200


@pytest.mark.parametrize("switch", ["unsigned", "misuses_public_key"])
def test_an_unsigned_order_is_refused(app: Flask, op: FakeOp, citizen: FlaskClient, switch: str) -> None:
    setattr(op, switch, True)
    assert order(app, op.logout_token()) == 400
    assert citizen.get("/regninger").status_code == 200


def test_the_same_order_again_ends_nothing_more(app: Flask, op: FakeOp, citizen: FlaskClient) -> None:
    token = op.logout_token()
    assert order(app, token) == 200
    log_in(op, citizen)
    assert order(app, token) == 400
    assert citizen.get("/regninger").status_code == 200


def test_an_order_signed_with_a_new_key_is_understood(app: Flask, op: FakeOp, citizen: FlaskClient) -> None:
    app.extensions["bdk.broker_clients"]["citizen"].broker._keys_at -= 31
    op.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert order(app, op.logout_token()) == 200
    assert citizen.get("/regninger").status_code == 303


def test_without_the_brokers_keys_the_order_may_come_again(sessions: Sessions) -> None:
    with running_op() as op:
        app = portal(sessions, settings_for(op.issuer))
        op.statuses["jwks"] = 500
        assert order(app, op.logout_token()) == 503


def test_a_huge_body_is_refused(app: Flask) -> None:
    answer = app.test_client().post("/hooks/oidc/backchannel-logout", data={"logout_token": "x" * 100_000})
    assert answer.status_code == 413


def test_it_answers_to_post_alone(app: Flask) -> None:
    assert app.test_client().get("/hooks/oidc/backchannel-logout").status_code == 405
