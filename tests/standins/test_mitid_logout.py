"""Logging out at the MitID stand-in: asked for by a client, or by the person, who is then logged out everywhere."""

import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from standins.frame import Served, serve_in_thread
from tests.standins.stranger import NOT_GIVEN, Stranger, returned

OUT = "http://localhost:4040/out"
END = "/mitid/op/connect/endsession"
OWN_PAGE = "/mitid/op/Account/Logout"


class Portal(HTTPServer):
    """Listens where the portal would be told of logouts, and answers what the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.got: list[tuple[str, str]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_address[1]}"


class _Hook(BaseHTTPRequestHandler):
    server: Portal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, urllib.parse.parse_qs(body)["logout_token"][0]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        pass


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with Portal() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def served(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    keys: Path = tmp_path_factory.mktemp("keys")
    with serve_in_thread(portal_url=portal.url, key_folder=keys) as running:
        yield running


@pytest.fixture
def stranger(visitor: httpx.Client, portal: Portal) -> Stranger:
    portal.got.clear()
    portal.status = 200
    return Stranger(visitor)


def at_the_portal(visitor: httpx.Client, portal: Portal) -> Stranger:
    return Stranger(visitor, client_id="betaldinkommune", redirect_uri=f"{portal.url}/login/callback")


def id_token(stranger: Stranger) -> str:
    return str(stranger.redeem(stranger.enter("ahmed")).json()["id_token"])


def test_a_client_with_a_hint_gets_its_person_back_logged_out(stranger: Stranger) -> None:
    hint = id_token(stranger)
    answer = stranger.visitor.get(
        END, params={"id_token_hint": hint, "post_logout_redirect_uri": OUT, "state": "a b", "client_id": "interop"}
    )
    assert answer.headers["location"] == f"{OUT}?state=a+b"
    assert returned(stranger.ask(prompt="none"))["error"] == "login_required"


def test_it_may_be_posted_too(stranger: Stranger) -> None:
    form = {"id_token_hint": id_token(stranger), "post_logout_redirect_uri": OUT}
    assert stranger.visitor.post(END, data=form).headers["location"] == OUT


@pytest.mark.parametrize(
    "wrong",
    [
        {"id_token_hint": NOT_GIVEN},
        {"id_token_hint": "a.b.c"},
        {"client_id": "betaldinkommune"},
    ],
)
def test_without_a_valid_hint_the_person_stays_and_stays_logged_in(stranger: Stranger, wrong: dict[str, str]) -> None:
    given = {"id_token_hint": id_token(stranger), "post_logout_redirect_uri": OUT, **wrong}
    answer = stranger.visitor.get(END, params=given)
    assert answer.headers["location"] == OWN_PAGE
    assert stranger.code(stranger.ask(prompt="none"))


@pytest.mark.parametrize("address", ["http://localhost:4040/out/", "http://evil.example/", ""])
def test_an_address_that_is_not_registered_is_not_followed(stranger: Stranger, address: str) -> None:
    given = {"id_token_hint": id_token(stranger), "post_logout_redirect_uri": address}
    assert stranger.visitor.get(END, params=given).headers["location"] == OWN_PAGE


def test_an_older_logins_hint_does_not_end_the_new_login(stranger: Stranger) -> None:
    older = id_token(stranger)
    stranger.enter("ahmed")
    given = {"id_token_hint": older, "post_logout_redirect_uri": OUT}
    assert stranger.visitor.get(END, params=given).headers["location"] == OUT
    assert stranger.code(stranger.ask(prompt="none"))


def test_a_logout_at_the_provider_tells_the_portal(stranger: Stranger, portal: Portal) -> None:
    visitor = stranger.visitor
    ours = at_the_portal(visitor, portal)
    ours.enter("ahmed")
    stranger.enter("ahmed")
    (login,) = [
        entry
        for entry in visitor.get("/control/mitid/state").json()["logins"]
        if entry["client_id"] == "betaldinkommune"
    ]
    assert "Du er logget ind" in visitor.get(OWN_PAGE).text
    page = visitor.post(OWN_PAGE)
    assert "Du er logget ud" in page.text
    assert "betaldinkommune: 200" in page.text
    ((path, token),) = portal.got
    assert path == "/hooks/oidc/backchannel-logout"
    keys = visitor.get("/mitid/op/.well-known/openid-configuration/jwks").json()
    found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    assert found.header["typ"] == "logout+jwt"
    assert found.claims["iss"] == ours.issuer
    assert found.claims["aud"] == "betaldinkommune"
    assert found.claims["sid"] == login["sid"]
    assert found.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert found.claims["exp"] == found.claims["iat"] + 120
    assert "nonce" not in found.claims
    for client in (ours, stranger):
        assert returned(client.ask(prompt="none"))["error"] == "login_required"
    assert "Du er logget ud" in visitor.get(OWN_PAGE).text


def test_what_the_portal_answered_is_kept(stranger: Stranger, portal: Portal) -> None:
    at_the_portal(stranger.visitor, portal).enter("ahmed")
    portal.status = 400
    assert "betaldinkommune: 400" in stranger.visitor.post(OWN_PAGE).text
    (notice,) = stranger.visitor.get("/control/mitid/state").json()["backchannel_logouts"]
    assert notice["answer"] == "400"


def test_a_notice_can_be_sent_twice_on_demand(stranger: Stranger, portal: Portal) -> None:
    at_the_portal(stranger.visitor, portal).enter("ahmed")
    stranger.visitor.post("/control/mitid/faults", json={"kind": "duplicate", "times": 1})
    stranger.visitor.post(OWN_PAGE)
    first, second = portal.got
    assert first == second


def test_a_portal_that_is_down_stops_nobody_from_logging_out(tmp_path: Path) -> None:
    with (
        serve_in_thread(portal_url="http://localhost:9", key_folder=tmp_path) as served,
        httpx.Client(base_url=served.url) as visitor,
    ):
        Stranger(
            visitor, client_id="betaldinkommune", redirect_uri="http://localhost:9/login/callback", scope="openid"
        ).enter("ahmed")
        page = visitor.post(OWN_PAGE)
    assert page.status_code == 200
    assert "ConnectError" in page.text
