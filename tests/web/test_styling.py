"""Style sheets bear versions, and a municipality's colour has one of its own."""

import pytest

from app.municipalities.colour import UnreadableColour
from app.web import styling
from tests.web.page_app import page_app


def test_a_colour_becomes_a_style_sheet() -> None:
    assert styling.theme_css("#1f4e6b") == ":root{--bdk-primary:#1f4e6b;--bdk-primary-dark:#173a50}\n"


@pytest.mark.parametrize("colour", ["#ffffff", "#1f4e6b;}body{display:none"])
def test_whatever_an_address_says_only_a_readable_colour_becomes_one(colour: str) -> None:
    with pytest.raises(UnreadableColour):
        styling.theme_css(colour)


def test_addresses_bear_versions_and_no_colour_has_no_address() -> None:
    with page_app().test_request_context("/"):
        assert styling.asset("css/theme.css").startswith("/static/css/theme.css?v=")
        assert styling.theme_address("#1f4e6b") == "/theme/1f4e6b.css"
        assert styling.theme_address(None) is None
