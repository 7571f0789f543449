"""Every guard lets in whom it should, sends the others to the right login, and says on the view what it is."""

import pytest
from flask import Flask

from app.foundation.db import Sessions
from tests.identity.browsing import log_in
from tests.identity.fake_op import FakeOp
from tests.identity.portal import browser, portal, settings_for

pytestmark = pytest.mark.database


@pytest.fixture
def app(op: FakeOp, sessions: Sessions) -> Flask:
    return portal(sessions, settings_for(op.issuer))


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/regninger", "/login?next=%2Fregninger"),
        ("/regninger?a=b", "/login?next=%2Fregninger%3Fa%3Db"),
        ("/personale", "/personale/login?next=%2Fpersonale"),
        ("/personale/bibliotek", "/personale/login?next=%2Fpersonale%2Fbibliotek"),
    ],
)
def test_a_stranger_who_asks_for_a_page_is_sent_to_log_in(app: Flask, path: str, login: str) -> None:
    answer = browser(app).get(path)
    assert (answer.status_code, answer.location) == (303, login)


def test_a_stranger_who_sends_a_form_is_told_that_nothing_happened(app: Flask) -> None:
    answer = browser(app).post("/regninger", data={"a": "b"})
    assert (answer.status_code, "Der er ikke sket noget" in answer.text) == (401, True)


def test_a_citizen_may_send_forms_but_not_enter_the_desks(app: Flask, op: FakeOp) -> None:
    client = browser(app)
    log_in(op, client)
    assert client.post("/regninger").status_code == 200
    for path in ("/personale", "/personale/bibliotek", "/personale/opkraevning"):
        assert client.get(path).status_code == 303


def test_every_view_says_what_guards_it(app: Flask) -> None:
    guards = {rule.rule: getattr(app.view_functions[rule.endpoint], "guard", None) for rule in app.url_map.iter_rules()}
    del guards["/static/<path:filename>"]
    assert guards["/regninger"] == "citizen"
    assert guards["/personale"] == "staff"
    assert guards["/personale/bibliotek"] == "staff:library"
    assert all(guards.values()), guards
