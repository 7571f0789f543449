"""A visit belongs to the municipality whose name it uses; under any other name there are no pages."""

import pytest

from tests.web.portal import NEIGHBOUR_HOST, Portal

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "Fjordby Kommune"),
        ("localhost:5000", "Fjordby Kommune"),
        ("LOCALHOST", "Fjordby Kommune"),
        (NEIGHBOUR_HOST, "Skovlund Kommune"),
        (f"{NEIGHBOUR_HOST}:5000", "Skovlund Kommune"),
    ],
)
def test_a_name_leads_to_its_municipality(portal: Portal, host: str, name: str) -> None:
    page = portal.browser(host=host).get("/")
    assert page.status_code == 200
    assert name in page.text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1", "[::1]", "localhost."])
@pytest.mark.parametrize("path", ["/", "/hjaelp", "/privatliv", "/was", "/login", "/regninger", "/personale"])
def test_no_page_is_shown_under_another_name(portal: Portal, host: str, path: str) -> None:
    page = portal.browser(host=host).get(path)
    assert page.status_code == 404
    assert "Kommune" not in page.text
    assert host not in page.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/css/theme.css", "/theme/123456.css"])
def test_machines_and_files_are_served_under_any_name(portal: Portal, path: str) -> None:
    assert portal.browser(host="10.0.0.7").get(path).status_code == 200
