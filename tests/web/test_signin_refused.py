"""Whatever is wrong with what a provider sends, nobody is let in, and the page says what to do."""

import time
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import RSAKey

from app.foundation.db import Sessions
from tests.identity.browsing import begin, come_back, log_in, refusals, rows
from tests.identity.fake_op import ABSENT, FakeOp
from tests.identity.portal import browser, portal, settings_for

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


NOW = int(time.time())


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param({"id_claims": {"iss": "http://evil.example"}}, id="another issuer"),
        pytest.param({"id_claims": {"aud": "somebody-else"}}, id="another audience"),
        pytest.param({"id_claims": {"aud": ["portal", "other"]}}, id="two audiences, no azp"),
        pytest.param({"id_claims": {"azp": "somebody-else"}}, id="another azp"),
        pytest.param({"id_claims": {"exp": NOW - 120}}, id="expired"),
        pytest.param({"id_claims": {"exp": ABSENT}}, id="no end"),
        pytest.param({"id_claims": {"nbf": NOW + 4000}}, id="not valid yet"),
        pytest.param({"id_claims": {"iat": NOW + 4000}}, id="from the future"),
        pytest.param({"id_claims": {"iat": ABSENT}}, id="no time"),
        pytest.param({"id_claims": {"nonce": "another"}}, id="another nonce"),
        pytest.param({"id_claims": {"nonce": ABSENT}}, id="no nonce"),
        pytest.param({"id_claims": {"auth_time": NOW - 4000}}, id="authenticated long ago"),
        pytest.param({"id_claims": {"auth_time": ABSENT}}, id="auth_time withheld"),
        pytest.param({"id_claims": {"auth_time": NOW + 4000}}, id="authenticated in the future"),
        pytest.param({"id_claims": {"session_expiry": str(NOW - 1)}}, id="broker session over"),
        pytest.param({"id_claims": {"at_hash": "wrong"}}, id="another access token"),
        pytest.param({"userinfo": {"sub": "subject-2"}}, id="userinfo of another"),
        pytest.param({"userinfo": {"sub": ABSENT}}, id="userinfo of nobody"),
        pytest.param({"token_answer": {"id_token": ABSENT}}, id="no id token"),
        pytest.param({"token_answer": {"id_token": "nonsense"}}, id="nonsense for a token"),
        pytest.param({"unsigned": True}, id="alg none"),
        pytest.param({"signing_key": RSAKey.generate_key(2048, {"kid": "one"})}, id="somebody else's key"),
        pytest.param({"id_header": {"jku": "http://evil.example/jwks"}}, id="jku header"),
    ],
)
def test_a_wrong_token_lets_nobody_in(app: Flask, op: FakeOp, switches: dict[str, Any]) -> None:
    for name, value in switches.items():
        setattr(op, name, value)
    answer = log_in(op, browser(app))
    assert answer.status_code == 400, answer.text
    assert rows(app, "citizen") == 0
    assert "eyJ" not in answer.text


def test_the_public_key_is_no_shared_secret(app: Flask, op: FakeOp) -> None:
    op.misuses_public_key = True
    assert log_in(op, browser(app)).status_code == 400


def test_a_key_in_the_tokens_own_header_is_not_used(app: Flask, op: FakeOp) -> None:
    op.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    op.id_header["jwk"] = op.signing_key.as_dict(private=False)
    assert log_in(op, browser(app)).status_code == 400


@pytest.mark.parametrize("given", ["http://evil.example", None])
def test_an_answer_from_another_issuer_is_not_taken_to_the_broker(app: Flask, op: FakeOp, given: str | None) -> None:
    client = browser(app)
    params = op.authorize(begin(client))
    del params["iss"]
    answer = come_back(client, params | ({"iss": given} if given else {}))
    assert answer.status_code == 400
    assert "/token" not in " ".join(op.seen)


def test_a_provider_that_does_not_announce_iss_need_not_send_it(app: Flask, op: FakeOp) -> None:
    op.metadata["authorization_response_iss_parameter_supported"] = ABSENT
    client = browser(app)
    params = op.authorize(begin(client))
    del params["iss"]
    assert come_back(client, params).status_code == 303


@pytest.mark.parametrize("loa", ["https://data.gov.dk/concept/core/nsis/Low", "", ABSENT])
def test_too_low_assurance_has_a_page_and_an_audit_entry(app: Flask, op: FakeOp, loa: object) -> None:
    op.id_claims["loa"] = loa
    answer = log_in(op, browser(app))
    assert (answer.status_code, "ikke sikkert nok" in answer.text) == (403, True)
    assert rows(app, "citizen") == 0
    assert refusals(app) == [("refused", "TooLowAssurance")]


@pytest.mark.parametrize("cpr", [ABSENT, "", "nonsense", "9999999999"])
def test_a_login_without_cpr_has_a_page_and_an_audit_entry(app: Flask, op: FakeOp, cpr: object) -> None:
    op.userinfo["dk.cpr"] = cpr
    answer = log_in(op, browser(app))
    assert (answer.status_code, "Vi kan ikke finde dig" in answer.text) == (403, True)
    assert rows(app, "citizen") == 0
    assert refusals(app) == [("refused", "NoCpr")]


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/userinfo", "/jwks"])
@pytest.mark.parametrize("status", [500, 302, 307])
def test_a_broker_that_is_down_or_sends_us_elsewhere_has_a_page(app: Flask, op: FakeOp, path: str, status: int) -> None:
    op.statuses[path] = status
    client = browser(app)
    answer = client.get("/login")
    if answer.status_code == 303:
        answer = come_back(client, op.authorize(str(answer.location)))
    assert (answer.status_code, "MitID har problemer lige nu" in answer.text) == (503, True)
    assert rows(app, "citizen") == 0


def test_discovery_of_another_issuer_starts_no_login(app: Flask, op: FakeOp) -> None:
    op.metadata["issuer"] = "http://evil.example"
    assert browser(app).get("/login").status_code == 503
