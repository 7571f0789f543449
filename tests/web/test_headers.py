"""Every response bears the headers, whatever became of the request."""

import pytest
from flask import Flask, abort

from app.web.headers import CONTENT_SECURITY_POLICY
from tests.web.page_app import page_app


def _app() -> Flask:
    app = page_app()
    app.add_url_rule("/broken", "broken", lambda: str(1 // 0))
    app.add_url_rule("/forbidden", "forbidden", lambda: abort(403))
    app.add_url_rule("/fine", "fine", lambda: "fine")
    return app


@pytest.mark.parametrize("path", ["/fine", "/nowhere", "/broken", "/forbidden", "/static/css/theme.css"])
def test_headers_stand_on_every_response(path: str) -> None:
    response = _app().test_client().get(path, buffered=True)
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/fine", "/nowhere", "/broken"])
def test_browsers_are_told_to_stay_with_https_over_https_only(path: str) -> None:
    client = _app().test_client()
    safe, plain = (client.get(path, base_url=f"{scheme}://fjordby.example") for scheme in ("https", "http"))
    assert safe.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in plain.headers


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/fine", "/nowhere", "/broken", "/static/nothing.css?v=1"])
def test_pages_are_never_stored(path: str) -> None:
    assert _app().test_client().get(path).headers["Cache-Control"] == "no-store"


def test_files_are_stored_for_long_only_with_their_version() -> None:
    client = _app().test_client()

    def stored(path: str) -> str:
        return client.get(path, buffered=True).headers["Cache-Control"]

    assert stored("/static/css/theme.css?v=12345678").endswith("immutable")
    assert stored("/static/css/theme.css") == "public, max-age=3600"
    assert stored("/theme/1f4e6b.css").endswith("immutable")
    assert stored("/theme/ffffff.css") == "no-store"
