"""The session costs nothing until it is used, is written only when it changed, and lies with the server."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select, update

from app.foundation.db import Sessions
from app.identity.models import LoginSession
from app.web.visitor import COOKIE
from tests.identity.browsing import log_in
from tests.identity.fake_op import FakeOp
from tests.identity.portal import browser, portal, settings_for, wires_of

pytestmark = pytest.mark.database


@pytest.fixture
def app(sessions: Sessions) -> Flask:
    return portal(sessions, settings_for("http://127.0.0.1:9/op"))


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that the portal sends, from now on."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_page_that_asks_nothing_of_the_session_costs_no_query(app: Flask, statements: list[str]) -> None:
    client = browser(app)
    client.get("/put/a/1")
    statements.clear()
    assert client.get("/open").status_code == 200
    assert statements == []


def test_reading_is_one_select_and_no_write(app: Flask, statements: list[str]) -> None:
    client = browser(app)
    client.get("/put/a/1")
    statements.clear()
    answer = client.get("/all")
    assert answer.json == {"a": "1"}
    assert statements == ["SELECT"]
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Vary"] == "Cookie"


def test_putting_back_what_was_there_writes_nothing(app: Flask, statements: list[str]) -> None:
    client = browser(app)
    client.get("/put/a/1")
    statements.clear()
    client.get("/put/a/1")
    assert statements == ["SELECT"]


def test_no_row_is_made_before_something_is_put(app: Flask) -> None:
    client = browser(app)
    for path in ("/open", "/all", "/drop/a", "/regninger"):
        assert "Set-Cookie" not in client.get(path).headers
    with wires_of(app).sessions() as session:
        assert session.scalars(select(LoginSession)).all() == []


def test_the_cookie_is_opaque_and_as_strict_as_browsers_allow(app: Flask) -> None:
    header = browser(app).get("/put/secret/hidden").headers["Set-Cookie"]
    name, _, rest = header.partition("=")
    value, *attributes = rest.split("; ")
    assert name == COOKIE == "__Host-bdk"
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
    assert len(value) >= 43
    with app.extensions["bdk.wires"].sessions() as session:
        row = session.scalars(select(LoginSession)).one()
        assert value.encode() not in row.id_digest
        assert row.data == {"secret": "hidden"}


def test_keys_come_and_go(app: Flask) -> None:
    client = browser(app)
    for path in ("/put/a/1", "/put/b/2", "/drop/a", "/put/b/3"):
        client.get(path)
    assert client.get("/all").json == {"b": "3"}


@pytest.mark.parametrize("cookie", ["", "made-up", "x" * 4000, "æ", "a b"])
def test_a_made_up_cookie_is_nobodys(app: Flask, cookie: str) -> None:
    answer = app.test_client(use_cookies=False).get("/all", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.json == {}


def test_a_session_chosen_by_somebody_else_is_not_taken_over(app: Flask) -> None:
    client = browser(app)
    client.set_cookie(COOKIE, "chosen-by-an-attacker")
    client.get("/put/a/1")
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "chosen-by-an-attacker"


def test_after_twenty_idle_minutes_the_visitor_is_told_why(op: FakeOp, sessions: Sessions) -> None:
    app = portal(sessions, settings_for(op.issuer))
    client = browser(app)
    log_in(op, client)
    with sessions.begin() as session:
        session.execute(update(LoginSession).values(seen_at=LoginSession.seen_at - timedelta(minutes=21)))
    answer = client.get("/regninger?vis=alle")
    assert answer.status_code == 401
    assert "fordi der gik 20 minutter" in answer.text
    assert "/login?next=%2Fregninger%3Fvis%3Dalle" in answer.text
    log_in(op, client)
    assert client.get("/regninger").status_code == 200
