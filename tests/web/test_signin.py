"""Citizens log in against a provider that is right, and are refused by each way in which it can be wrong."""

import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import func, select

from app.foundation.db import Sessions
from app.identity.models import AuditEntry, LoginSession, Person
from app.web.visitor import COOKIE
from tests.identity.browsing import begin, come_back, log_in
from tests.identity.fake_op import ABSENT, FakeOp
from tests.identity.portal import browser, portal, settings_for, wires_of

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


def rows(app: Flask, kind: str) -> int:
    with wires_of(app).sessions() as session:
        return session.scalar(select(func.count()).where(LoginSession.kind == kind)) or 0


def refusals(app: Flask) -> list[Any]:
    with wires_of(app).sessions() as session:
        return [(e.outcome, e.facts.get("why")) for e in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_a_citizen_logs_in_and_lands_where_they_wanted(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    answer = log_in(op, client, "/login?next=/regninger?vis=alle")
    assert (answer.status_code, answer.location) == (303, "/regninger?vis=alle")
    assert client.get("/regninger").text == "bills of Kirsten Lund"
    assert refusals(app) == [("done", None)]
    with wires_of(app).sessions() as session:
        person = session.scalars(select(Person)).one()
        assert wires_of(app).vault.unseal(person.cpr_sealed) == "7405842144"


def test_the_way_to_the_broker_carries_state_nonce_and_pkce_of_its_own(app: Flask) -> None:
    asked = [parse_qs(urlsplit(begin(browser(app))).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["prompt"] == ["login"]
    assert asked[0]["redirect_uri"] == ["http://localhost/login/callback"]
    assert asked[0]["idp_values"] == ["mitid"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 20
        assert asked[0][name] != asked[1][name]


def test_an_empty_extra_parameter_takes_a_default_out(op: FakeOp, sessions: Sessions) -> None:
    extra = {"max_age": "", "prompt": "", "acr_values": "urn:grn:authn:dk:mitid:substantial"}
    app = portal(sessions, settings_for(op.issuer, citizen_oidc_authorize_extra=extra))
    asked = parse_qs(urlsplit(begin(browser(app))).query)
    assert "max_age" not in asked
    assert "prompt" not in asked
    assert asked["acr_values"] == ["urn:grn:authn:dk:mitid:substantial"]


def test_the_cookie_is_new_at_login_and_the_old_one_dead(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    address = begin(client)
    before = client.get_cookie(COOKIE)
    answer = come_back(client, op.authorize(address))
    after = client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    header = answer.headers["Set-Cookie"]
    assert all(part in header for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in header
    assert rows(app, "anonymous") == 0
    old = browser(app)
    old.set_cookie(COOKIE, before.value)
    assert old.get("/regninger").status_code == 303


def test_no_token_reaches_the_browser(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    answers = [log_in(op, client), client.get("/regninger"), client.post("/log-af")]
    assert all("eyJ" not in answer.text + str(answer.headers) for answer in answers)


def test_private_key_jwt_with_a_short_assertion_for_the_issuer(op: FakeOp, sessions: Sessions) -> None:
    for key in (RSAKey.generate_key(2048), ECKey.generate_key("P-256")):
        op.client_key = key
        pem = key.as_pem(private=True).decode().replace("\n", "\\n")
        app = portal(sessions, settings_for(op.issuer, citizen_oidc_client_key=pem))
        assert log_in(op, browser(app)).location == "/regninger"
    assert len({one["jti"] for one in op.assertions}) == 2


def test_a_secret_is_posted_where_basic_is_not_offered(op: FakeOp, app: Flask) -> None:
    op.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert log_in(op, browser(app)).location == "/regninger"


def test_another_state_than_this_browsers_changes_nothing(app: Flask, op: FakeOp) -> None:
    client, other = browser(app), browser(app)
    stolen = op.authorize(begin(other))
    begin(client)
    answer = come_back(client, stolen)
    assert answer.status_code == 400
    assert rows(app, "citizen") == 0
    assert "/token" not in " ".join(op.seen)


def test_a_callback_works_once(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    params = op.authorize(begin(client))
    assert come_back(client, params).status_code == 303
    assert come_back(client, params).status_code == 400


def test_a_forged_error_is_neither_believed_nor_repeated(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    params = op.authorize(begin(client))
    forged = client.get("/login/callback?error=access_denied&error_description=<script>x</script>&state=made-up")
    assert forged.status_code == 400
    assert "script" not in forged.text
    # The genuine answer still counts.
    assert come_back(client, params).status_code == 303


@pytest.mark.parametrize(
    ("error", "description", "status", "words"),
    [
        ("access_denied", "mitid_user_aborted", 200, "Du afbrød login"),
        ("access_denied", "", 200, "Du afbrød login"),
        ("access_denied", "user_navigation_error", 400, "Prøv igen"),
        ("access_denied", "mitid_timeout", 400, "Prøv igen"),
        ("server_error", "mitid_internal_error", 503, "MitID har problemer lige nu"),
        ("<b>odd</b>", "<script>", 503, "MitID har problemer lige nu"),
    ],
)
def test_each_error_of_the_broker_has_its_page(
    app: Flask, error: str, description: str, status: int, words: str
) -> None:
    client = browser(app)
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    answer = come_back(client, {"error": error, "error_description": description, "state": state})
    assert (answer.status_code, words in answer.text) == (status, True)
    assert not any(forbidden in answer.text for forbidden in ("<script>", "<b>odd", "mitid_"))
    assert come_back(client, {"error": error, "state": state}).status_code == 400


def test_one_who_is_logged_in_stays_so_when_a_second_login_is_aborted(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    log_in(op, client)
    assert come_back(client, {"error": "access_denied", "state": "made-up"}).status_code == 400
    assert client.get("/regninger").status_code == 200


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


def test_everything_may_stand_in_the_id_token_when_there_is_no_userinfo(app: Flask, op: FakeOp) -> None:
    op.metadata["userinfo_endpoint"] = ABSENT
    op.id_claims |= {"loa": ABSENT, "acr": "urn:grn:authn:dk:mitid:substantial", "cprNumberIdentifier": "7405842144"}
    op.id_claims["name"] = "Kirsten Lund"
    client = browser(app)
    log_in(op, client)
    assert client.get("/regninger").text == "bills of Kirsten Lund"


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


def test_keys_changed_at_the_broker_are_fetched_anew(app: Flask, op: FakeOp) -> None:
    log_in(op, browser(app))
    app.extensions["bdk.broker_clients"]["citizen"].broker._keys_at -= 31
    old, op.key = op.key, RSAKey.generate_key(2048, {"kid": "two"})
    op.published = [old, op.key]
    assert log_in(op, browser(app)).status_code == 303


@pytest.mark.parametrize(
    "evil",
    [
        "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "%2f%2fevil.example",
        "/%2f%2fevil.example", "/%5Cevil.example", "\t//evil.example", "/\t/evil.example", "/a\r\nSet-Cookie: x",
        "javascript:alert(1)", "regninger", "", "/login?next=/login", "/" + "a" * 600, "/æ",
    ],
)  # fmt: skip
def test_next_leads_only_to_a_path_of_our_own(app: Flask, op: FakeOp, evil: str) -> None:
    client = browser(app)
    assert log_in(op, client, f"/login?{urlencode({'next': evil})}").location == "/regninger"


def test_one_who_is_logged_in_goes_straight_on(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    log_in(op, client)
    answer = client.get("/login?next=/betalinger")
    assert (answer.status_code, answer.location) == (303, "/betalinger")


def test_many_logins_begun_do_not_swell_the_session(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    last = [begin(client) for _ in range(9)][-1]
    assert len(client.get("/all").json or {}) <= 6
    assert come_back(client, op.authorize(last)).status_code == 303


def test_every_page_of_the_login_is_kept_out_of_caches(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    for answer in (client.get("/login"), client.get("/login/callback"), client.get("/logget-af"), log_in(op, client)):
        assert answer.headers["Cache-Control"] == "no-store"
