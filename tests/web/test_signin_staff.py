"""Employees log in at their own issuer and get roles in one municipality, or a page that says why not."""

import base64
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.foundation.db import Sessions
from app.identity.models import AuditEntry, LoginSession
from tests.identity.browsing import log_in, staff_log_in
from tests.identity.fake_op import ABSENT, FakeOp
from tests.identity.portal import browser, portal, settings_for, wires_of

pytestmark = pytest.mark.database

LIBRARY = "http://betaldinkommune.dk/roles/usersystemrole/bibliotek/1"
COLLECTIONS = "http://betaldinkommune.dk/roles/usersystemrole/opkraevning/1"
XML = (
    '<bpp:PrivilegeList xmlns:bpp="http://digst.dk/oiosaml/basic_privilege_profile">'
    '<PrivilegeGroup Scope="urn:dk:gov:saml:cvrNumberIdentifier:99099119">'
    f"<Privilege>{LIBRARY}</Privilege></PrivilegeGroup></bpp:PrivilegeList>"
)


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    op.id_claims |= {"sub": "lone", "name": "Lone Dahl", "cvr": "99099119"}
    op.userinfo |= {"sub": "lone", "mitid.identity_name": ABSENT}
    return portal(sessions, settings_for(op.issuer))


def trail(app: Flask) -> list[Any]:
    with wires_of(app).sessions() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(entry.action, entry.outcome, entry.facts.get("why")) for entry in entries]


@pytest.mark.parametrize(
    "privileges",
    [base64.b64encode(XML.encode()).decode(), [f'{{"cvr":"99099119","p":["{LIBRARY}"]}}'], [LIBRARY]],
)
def test_a_librarian_gets_the_library_and_nothing_else(app: Flask, op: FakeOp, privileges: object) -> None:
    op.userinfo["privilegesIntermediate"] = privileges
    client = browser(app)
    assert staff_log_in(op, client).location == "/personale"
    assert client.get("/personale").text == "Lone Dahl 0991 ['library']"
    assert client.get("/personale/bibliotek").status_code == 200
    assert client.get("/personale/opkraevning").status_code == 403
    assert client.get("/regninger").status_code == 303
    assert trail(app) == [("login.staff", "done", None), ("access", "refused", None)]


def test_the_staffs_level_is_not_asked_about_unless_settings_say_so(app: Flask, op: FakeOp, sessions: Sessions) -> None:
    op.userinfo["privilegesIntermediate"] = [LIBRARY]
    op.id_claims["loa"] = ABSENT
    assert staff_log_in(op, browser(app)).status_code == 303
    strict = portal(sessions, settings_for(op.issuer, staff_oidc_accepted_loa="Substantial High"))
    answer = staff_log_in(op, browser(strict))
    assert (answer.status_code, "to faktorer" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("privileges", "cvr", "why"),
    [
        (ABSENT, "99099119", "NoRole"),
        (["urn:other"], "99099119", "NoRole"),
        ([f'{{"cvr":"99099208","p":["{COLLECTIONS}"]}}'], "99099119", "NoRole"),
        ([COLLECTIONS], "12345678", "NoMunicipality"),
        ([COLLECTIONS], ABSENT, "NoMunicipality"),
        ("!!", "99099119", "UnreadablePrivileges"),
    ],
)
def test_without_a_role_in_one_municipality_nobody_gets_in(
    app: Flask, op: FakeOp, privileges: object, cvr: object, why: str
) -> None:
    op.userinfo["privilegesIntermediate"] = privileges
    op.id_claims["cvr"] = cvr
    client = browser(app)
    answer = staff_log_in(op, client)
    assert (answer.status_code, "giver ingen rolle" in answer.text) == (403, True)
    assert client.get("/personale").status_code == 303
    assert trail(app) == [("login.staff", "refused", why)]


def test_one_browser_is_one_person_at_a_time(app: Flask, op: FakeOp) -> None:
    op.userinfo["privilegesIntermediate"] = [COLLECTIONS]
    client = browser(app)
    log_in(op, client)
    assert client.get("/regninger").status_code == 200
    staff_log_in(op, client)
    assert client.get("/regninger").status_code == 303
    assert client.get("/personale/opkraevning").text == "collections of 0991"
    with wires_of(app).sessions() as session:
        assert session.scalars(select(LoginSession.kind)).all() == ["staff"]


def test_an_attempt_at_one_issuer_is_no_attempt_at_the_other(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    from_citizens_login = client.get("/login").location
    assert from_citizens_login is not None
    params = op.authorize(from_citizens_login)
    answer = client.get("/personale/login/callback", query_string=params)
    assert answer.status_code == 400


def test_one_who_is_logged_in_goes_straight_on(app: Flask, op: FakeOp) -> None:
    op.userinfo["privilegesIntermediate"] = [LIBRARY]
    client = browser(app)
    assert staff_log_in(op, client, "/personale/login?next=/personale/bibliotek").location == "/personale/bibliotek"
    assert client.get("/personale/login?next=//evil").location == "/personale"


def test_a_broken_login_of_the_municipality_says_so(app: Flask, op: FakeOp) -> None:
    op.statuses["configuration"] = 500
    answer = browser(app).get("/personale/login")
    assert (answer.status_code, "Kommunens login svarer ikke" in answer.text) == (503, True)
