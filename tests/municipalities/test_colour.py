"""A municipality's colour is taken only where it can be read on."""

import pytest

from app.municipalities.colour import UnreadableColour, contrast_with_white, readable


@pytest.mark.parametrize("colour", ["#1f4e6b", "#000000", "#767676"])
def test_a_dark_colour_is_taken(colour: str) -> None:
    assert readable(colour) == colour


@pytest.mark.parametrize("colour", ["#ffffff", "#f2c200", "#777777"])
def test_a_light_colour_is_refused_with_its_contrast(colour: str) -> None:
    with pytest.raises(UnreadableColour, match=r"contrast of \d\.\d\d, at least 4.5"):
        readable(colour)


@pytest.mark.parametrize("colour", ["#1f4e6", "red", "#1F4E6B", "#1f4e6b;}body{display:none", ""])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(UnreadableColour, match="#rrggbb"):
        readable(colour)


@pytest.mark.parametrize(("colour", "contrast"), [("#ffffff", 1.0), ("#000000", 21.0), ("#767676", 4.54)])
def test_contrast_is_reckoned_as_wcag_does(colour: str, contrast: float) -> None:
    assert contrast_with_white(colour) == pytest.approx(contrast, abs=0.01)
