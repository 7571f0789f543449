"""Doors of the table are counted by whom they should be, others cost nothing, and a lost counter lets people in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, event

from app.config import Settings
from app.foundation.clock import Clock
from app.foundation.db import Sessions, sessions_on
from app.web.limits import LIMITS, NoSuchDoor, init_limits

pytestmark = pytest.mark.database


class SetClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Wires:
    settings: Settings
    sessions: Sessions
    clock: Clock


@dataclass(frozen=True)
class Login:
    digest: bytes


class FakeSession(SecureCookieSession):
    """A session with a login for whoever sends the header X-Login."""

    login: Login | None = None


class FakeSessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> FakeSession:  # noqa: ARG002 - Flask's interface
        made = FakeSession()
        name = request.headers.get("X-Login")
        made.login = Login(name.encode()) if name else None
        return made

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Keep nothing."""


def portal(wires: Wires, *, leave_out: str | None = None) -> Flask:
    """An app that has every door of the table, two other hooks and a page that is not limited."""
    app = Flask(__name__)
    app.session_interface = FakeSessions()
    doors = {path: limit.methods for limit in LIMITS for path in limit.paths}
    doors |= {"/hooks/stripe": frozenset({"POST"}), "/regninger": frozenset({"GET"})}
    doors["/personale/bibliotek"] = frozenset({"GET", "POST"})
    for number, (path, methods) in enumerate(doors.items()):
        if path == leave_out:
            continue

        def view() -> str:
            return "in"

        view.__name__ = f"view_{number}"
        app.add_url_rule(path, f"endpoint_{number}", view, methods=sorted(methods))
    init_limits(app, wires)
    return app


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wires(sessions: Sessions, clock: SetClock) -> Wires:
    return Wires(Settings(env="test"), sessions, clock)


def statuses(
    app: Flask, method: str, path: str, times: int, *, address: str = "192.0.2.1", login: str = ""
) -> list[int]:
    client = app.test_client()
    return [
        client.open(
            path, method=method, environ_base={"REMOTE_ADDR": address}, headers={"X-Login": login} if login else {}
        ).status_code
        for _ in range(times)
    ]


@pytest.mark.parametrize(
    ("method", "path", "at_most"),
    [
        ("GET", "/login", 10),
        ("GET", "/personale/login", 10),
        ("GET", "/login/callback", 20),
        ("GET", "/personale/login/callback", 20),
        ("POST", "/betal", 10),
        ("POST", "/personale/bibliotek", 30),
        ("POST", "/personale/bibliotek/borger", 30),
        ("POST", "/hooks/oidc/backchannel-logout", 60),
    ],
)
def test_a_door_opens_so_many_times_a_minute(
    wires: Wires, clock: SetClock, method: str, path: str, at_most: int
) -> None:
    app = portal(wires)
    assert statuses(app, method, path, at_most + 2) == [200] * at_most + [429] * 2
    assert statuses(app, method, path, 1, address="192.0.2.2") == [200]
    clock.now += timedelta(seconds=61)
    assert statuses(app, method, path, 1) == [200]


def test_a_breach_says_when_to_come_again(wires: Wires) -> None:
    client = portal(wires).test_client()
    for _ in range(10):
        assert "Retry-After" not in client.get("/login").headers
    assert client.get("/login").headers["Retry-After"] == "60"


def test_paying_and_looking_up_are_counted_by_login_and_not_by_address(wires: Wires) -> None:
    app = portal(wires)
    assert statuses(app, "POST", "/betal", 11, login="kirsten")[-1] == 429
    assert statuses(app, "POST", "/betal", 1, login="ahmed") == [200]
    assert statuses(app, "POST", "/betal", 1, login="kirsten", address="192.0.2.9") == [429]


def test_reading_the_desks_page_is_not_counted(wires: Wires) -> None:
    assert set(statuses(portal(wires), "GET", "/personale/bibliotek", 40)) == {200}


def test_all_hosts_count_together(wires: Wires) -> None:
    one, other = portal(wires), portal(wires)
    assert statuses(one, "GET", "/login", 6) + statuses(other, "GET", "/login", 6) == [200] * 10 + [429] * 2


def test_an_ipv6_client_is_its_network(wires: Wires) -> None:
    app = portal(wires)
    addresses = [f"2001:db8:1:2::{number:x}" for number in range(1, 12)]
    assert [statuses(app, "GET", "/login", 1, address=one)[0] for one in addresses][-1] == 429
    assert statuses(app, "GET", "/login", 1, address="2001:db8:1:3::1") == [200]
    assert statuses(app, "GET", "/login", 1, address="::ffff:192.0.2.7") == [200]


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_page_that_is_not_limited_costs_no_query_and_a_limited_one_costs_one(wires: Wires, engine: Engine) -> None:
    app = portal(wires)
    with counting(engine) as said:
        assert statuses(app, "GET", "/regninger", 3) == [200] * 3
        assert said == []
        assert statuses(app, "GET", "/login", 1) == [200]
        assert len(said) == 1
        assert statuses(app, "POST", "/hooks/stripe", 1) == [200]
        assert len(said) == 2


def test_when_counting_fails_the_request_goes_on_and_the_log_says_so(
    wires: Wires, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", connect_args={"connect_timeout": 1})
    app = portal(Wires(wires.settings, sessions_on(nowhere), wires.clock))
    assert statuses(app, "GET", "/login", 12) == [200] * 12
    assert "Failed to rate limit" in caplog.text


def test_another_store_can_be_chosen_by_setting(wires: Wires, engine: Engine) -> None:
    settings = Settings(env="test", rate_limit_url=SecretStr("memory://"))
    app = portal(Wires(settings, wires.sessions, wires.clock))
    with counting(engine) as said:
        assert statuses(app, "GET", "/login", 11)[-1] == 429
    assert said == []


def test_a_limit_without_a_door_is_noticed_at_start(wires: Wires) -> None:
    with pytest.raises(NoSuchDoor, match="/betal"):
        portal(wires, leave_out="/betal")
    portal(wires, leave_out="/personale/bibliotek")
