"""What surrounds every page, as much of it as can be had."""

from dataclasses import replace

import pytest

from app.factory import create_app
from app.foundation.db import engine_for, sessions_on
from app.web.visitor import COOKIE
from tests.web.portal import Portal

pytestmark = pytest.mark.database


def test_whoever_is_logged_in_is_named_and_may_log_off_on_every_page(portal: Portal) -> None:
    kirsten = portal.citizen()
    for path in ("/regninger", "/betalinger", "/hjaelp", "/was", "/privatliv", "/intet"):
        page = kirsten.get(path)
        assert "Kirsten Lund" in page.text
        assert 'action="/log-af"' in page.text


def test_an_employee_logs_off_where_employees_do(portal: Portal) -> None:
    page = portal.employee().get("/hjaelp")
    assert "Lone Dahl" in page.text
    assert 'action="/personale/log-af"' in page.text


def test_a_page_without_municipality_still_has_its_frame(portal: Portal) -> None:
    page = portal.browser(host="evil.example").get("/")
    assert page.status_code == 404
    assert "<h1>" in page.text
    assert "Ring eller skriv til os" not in page.text


def test_an_error_page_needs_no_database(portal: Portal) -> None:
    away = engine_for("postgresql://bdk_app@127.0.0.1:9/nowhere")
    client = create_app(wires=replace(portal.wires, sessions=sessions_on(away))).test_client()
    client.set_cookie(COOKIE, "x" * 43, domain="localhost", secure=True)
    page = client.get("/regninger", base_url="http://localhost")
    assert page.status_code == 500
    assert "Undskyld, noget gik galt hos os" in page.text
    assert "psycopg" not in page.text
    assert "127.0.0.1" not in page.text
