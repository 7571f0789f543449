"""The real login against the stand-ins for the MitID broker and the staff's identity provider, over HTTP."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.foundation.db import Sessions
from app.foundation.keys import private_key_pem
from standins import people
from standins.frame import Served, serve_in_thread
from tests.identity.portal import portal, settings_for

pytestmark = pytest.mark.database

PORTAL = "http://localhost:5000"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(portal_url=PORTAL, key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def app(served: Served, sessions: Sessions) -> Flask:
    keys = served.place.key_folder
    settings = settings_for(
        f"{served.url}/mitid/op",
        citizen_oidc_client_id="betaldinkommune",
        citizen_oidc_client_key=private_key_pem(keys / "citizen-oidc.pem"),
        staff_oidc_issuer=f"{served.url}/personale-login/op",
        staff_oidc_client_id="betaldinkommune-personale",
        staff_oidc_client_key=private_key_pem(keys / "staff-oidc.pem"),
    )
    return portal(sessions, settings)


def log_in(client: FlaskClient, simulation: str, start: str = "/login") -> TestResponse:
    """From our login page to theirs and back, with the broker's own test aid in place of a person."""
    out = client.get(start, base_url=PORTAL)
    assert out.status_code == 303, out.text
    with httpx.Client() as wire:
        back = wire.get(f"{out.location}&simulation={quote(simulation)}")
    assert back.is_redirect, back.text
    location = urlsplit(back.headers["location"])
    assert f"{location.scheme}://{location.netloc}" == PORTAL
    return client.get(f"{location.path}?{location.query}", base_url=PORTAL)


def test_kirsten_logs_in_and_out_again(app: Flask) -> None:
    client = app.test_client()
    assert log_in(client, "no-ui username:kirsten").location == "/regninger"
    assert client.get("/regninger", base_url=PORTAL).text == "bills of Kirsten Lund"
    client.post("/log-af", base_url=PORTAL)
    out = client.get("/log-af/videre", base_url=PORTAL)
    with httpx.Client() as wire:
        back = wire.get(str(out.location))
    assert back.is_redirect, back.text
    assert back.headers["location"].startswith(f"{PORTAL}/logget-af")
    assert client.get("/regninger", base_url=PORTAL).status_code == 303


@pytest.mark.parametrize(
    ("simulation", "status", "words"),
    [
        ("abort", 200, "Du afbrød login"),
        ("no-ui username:olga", 403, "ikke sikkert nok"),
        ("no-ui username:erik", 403, "Vi kan ikke finde dig"),
    ],
)
def test_those_who_do_not_get_in_are_told_why(app: Flask, simulation: str, status: int, words: str) -> None:
    client = app.test_client()
    answer = log_in(client, simulation)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert client.get("/regninger", base_url=PORTAL).status_code == 303


@pytest.mark.parametrize(
    ("person", "page"),
    [
        (people.LONE, "Lone Dahl 0991 ['library']"),
        (people.CARSTEN, "Carsten Bro 0991 ['collections']"),
        (people.DORTE, "Dorte Falk 0991 ['collections']"),
        (people.NANNA, "Nanna Birk 0992 ['library']"),
    ],
)
def test_staff_get_their_role_in_their_municipality(app: Flask, person: people.Person, page: str) -> None:
    client = app.test_client()
    answer = log_in(client, f"no-ui username:{person.username}", "/personale/login")
    assert answer.location == "/personale", answer.text
    assert client.get("/personale", base_url=PORTAL).text == page


def test_a_broker_that_changes_its_keys_is_still_understood(app: Flask, served: Served) -> None:
    log_in(app.test_client(), "no-ui username:kirsten")
    app.extensions["bdk.broker_clients"]["citizen"].broker._keys_at -= 31
    with httpx.Client(base_url=served.url) as wire:
        wire.post("/mitid/op/rotate-keys").raise_for_status()
    assert log_in(app.test_client(), "no-ui username:kirsten").location == "/regninger"


def test_a_broker_that_is_down_has_a_page(app: Flask, served: Served) -> None:
    with httpx.Client(base_url=served.url) as wire:
        wire.post("/control/mitid/faults", json={"kind": "down", "seconds": 30, "times": 10}).raise_for_status()
        answer = app.test_client().get("/login", base_url=PORTAL)
        wire.delete("/control/mitid/faults").raise_for_status()
    assert (answer.status_code, "MitID har problemer lige nu" in answer.text) == (503, True)
