"""Logging out ends our own session first, then leads on to the broker, and leaves nothing behind."""

from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from app.foundation.db import Sessions
from app.identity.models import AuditEntry, LoginSession
from app.web.visitor import COOKIE
from tests.identity.browsing import log_in
from tests.identity.fake_op import ABSENT, FakeOp
from tests.identity.portal import browser, portal, settings_for, wires_of

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


def test_logging_out_kills_the_cookie_and_leads_on_to_the_broker_once(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    log_in(op, client)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    answer = client.post("/log-af")
    assert answer.status_code == 200
    assert "Du er logget af" in answer.text
    assert 'http-equiv="refresh" content="1; url=/log-af/videre"' in answer.text
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    stolen = browser(app)
    stolen.set_cookie(COOKIE, cookie.value)
    assert stolen.get("/regninger").status_code == 303
    assert client.get("/regninger").status_code == 303

    out = urlsplit(str(client.get("/log-af/videre").location))
    asked = parse_qs(out.query)
    assert f"{out.scheme}://{out.netloc}{out.path}" == f"{op.issuer}/endsession"
    assert asked["id_token_hint"][0].count(".") == 2
    assert asked["post_logout_redirect_uri"] == ["http://localhost/logget-af"]
    assert client.get("/log-af/videre").location == "/logget-af"
    with wires_of(app).sessions() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions == ["login", "logout"]
        assert {row.kind for row in session.scalars(select(LoginSession))} == {"anonymous"}


def test_a_broker_without_its_own_logout_or_that_is_down_keeps_nobody_in(app: Flask, op: FakeOp) -> None:
    op.metadata["end_session_endpoint"] = ABSENT
    client = browser(app)
    log_in(op, client)
    client.post("/log-af")
    assert client.get("/log-af/videre").location == "/logget-af"

    log_in(op, client)
    op.statuses["configuration"] = 500
    broker = app.extensions["bdk.broker_clients"]["citizen"].broker
    broker._metadata_at = float("-inf")
    assert client.post("/log-af").status_code == 200
    assert client.get("/log-af/videre").location == "/logget-af"
    assert client.get("/regninger").status_code == 303


def test_one_who_is_not_logged_in_is_told_that_they_are_out(app: Flask) -> None:
    answer = browser(app).post("/log-af")
    assert (answer.status_code, "refresh" in answer.text) == (200, False)
    assert "Set-Cookie" not in answer.headers


def test_logging_out_is_never_done_by_a_link(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    log_in(op, client)
    assert client.get("/log-af").status_code == 405
    assert client.get("/regninger").status_code == 200


@pytest.mark.parametrize("path", ["/logget-af", "/personale/logget-af"])
def test_the_last_page_says_so_and_offers_a_new_login(app: Flask, path: str) -> None:
    answer = browser(app).get(path)
    assert (answer.status_code, "Du er logget af" in answer.text) == (200, True)
    assert ("/personale/login" in answer.text) == path.startswith("/personale")
