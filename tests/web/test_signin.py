"""Citizens log in: the way out, the way back, the cookie, and where they may land."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from app.foundation.db import Sessions
from app.identity.models import Person
from app.web.visitor import COOKIE
from tests.identity.browsing import begin, come_back, log_in, refusals, rows
from tests.identity.fake_op import ABSENT, FakeOp
from tests.identity.portal import browser, portal, settings_for, wires_of

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


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


def test_everything_may_stand_in_the_id_token_when_there_is_no_userinfo(app: Flask, op: FakeOp) -> None:
    op.metadata["userinfo_endpoint"] = ABSENT
    op.id_claims |= {"loa": ABSENT, "acr": "urn:grn:authn:dk:mitid:substantial", "cprNumberIdentifier": "7405842144"}
    op.id_claims["name"] = "Kirsten Lund"
    client = browser(app)
    log_in(op, client)
    assert client.get("/regninger").text == "bills of Kirsten Lund"


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
    first, *_, last_but_three, _, _, _ = [begin(client) for _ in range(9)]
    assert len(client.get("/all").json or {}) == 5
    assert come_back(client, op.authorize(first)).status_code == 400
    assert come_back(client, op.authorize(last_but_three)).status_code == 303


def test_every_page_of_the_login_is_kept_out_of_caches(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    for answer in (client.get("/login"), client.get("/login/callback"), client.get("/logget-af"), log_in(op, client)):
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_broker_answers_at_the_host_of_the_visit_and_no_other(app: Flask) -> None:
    client = browser(app)
    at_skovlund = client.get("/login", base_url="http://skovlund.localhost:5000").location
    asked = parse_qs(urlsplit(str(at_skovlund)).query)
    assert asked["redirect_uri"] == ["http://skovlund.localhost:5000/login/callback"]
    assert client.get("/login", base_url="http://evil.example").status_code == 404
