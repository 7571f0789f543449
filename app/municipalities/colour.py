"""A municipality's own colour: taken only where white text on it can be read. Pure."""

import re

# WCAG 2.2, criterion 1.4.3: text and what is behind it.
LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-f]{6}")


class UnreadableColour(ValueError):
    """The colour is not written `#rrggbb`, or white text on it could not be read."""


def readable(colour: str) -> str:
    """The colour as given, on which the pages put white text.

    :raises UnreadableColour: not `#rrggbb` in small letters, or contrast with white below 4.5:1
    """
    if not _HEX.fullmatch(colour):
        raise UnreadableColour(f"{colour!r} is no colour: write #rrggbb in small letters")
    contrast = contrast_with_white(colour)
    if contrast < LEAST_CONTRAST:
        raise UnreadableColour(
            f"white text on {colour} has a contrast of {contrast:.2f}, at least {LEAST_CONTRAST} is needed"
        )
    return colour


def contrast_with_white(colour: str) -> float:
    """The contrast of `#rrggbb` with white, as WCAG 2 reckons it (1 to 21)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
