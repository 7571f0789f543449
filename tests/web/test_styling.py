"""A municipality's colour is taken only where it can be read on."""

import pytest

from app.web import styling
from tests.web.page_app import page_app


def test_a_dark_colour_becomes_a_style_sheet() -> None:
    assert styling.theme_css("#1f4e6b") == ":root{--bdk-primary:#1f4e6b;--bdk-primary-dark:#173a50}\n"


@pytest.mark.parametrize("colour", ["#ffffff", "#f2c200", "#1f4e6", "red", "#1f4e6b;}body{display:none", ""])
def test_other_colours_are_refused(colour: str) -> None:
    with pytest.raises(styling.UnreadableColour):
        styling.theme_css(colour)


@pytest.mark.parametrize(("colour", "contrast"), [("#ffffff", 1.0), ("#000000", 21.0), ("#767676", 4.54)])
def test_contrast_is_reckoned_as_wcag_does(colour: str, contrast: float) -> None:
    assert styling.contrast_with_white(colour) == pytest.approx(contrast, abs=0.01)


def test_addresses_bear_versions_and_unreadable_colours_have_none() -> None:
    with page_app().test_request_context("/"):
        assert styling.asset("css/theme.css").startswith("/static/css/theme.css?v=")
        assert styling.theme_address("#1f4e6b") == "/theme/1f4e6b.css"
        assert styling.theme_address("#ffffff") is None
        assert styling.theme_address(None) is None
