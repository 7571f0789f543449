"""The Danish person number: read, masked, never judged by modulus 11 (not guaranteed since 2007)."""

import re
from datetime import date

# ASCII: \d would also take the digits of other scripts, and the same person would have two numbers.
_SHAPE = re.compile(r"(\d{2})(\d{2})(\d{2})-?(\d{4})", re.ASCII)
# Ten digits, with or without hyphen, whose first four can be a day (also day + 60 of test numbers) and a month.
# A UUID is matched first and left alone: its digits mean nothing.
_LOOKS_LIKE_ONE = re.compile(
    r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?<!\d)(?:[0-2]\d|3[01]|6[1-9]|[78]\d|9[01])(?:0[1-9]|1[0-2])\d{2}[- ]?\d{4}(?!\d)"
)
REPLACEMENT_DAY = 60


class NotACpr(ValueError):
    """The text is no CPR number. The message never repeats what was typed."""


def read_cpr(text: str) -> str:
    """Ten digits out of what a person typed, spaces and hyphen allowed.

    Test and replacement numbers use day + 60. Modulus 11 is not checked.

    :raises NotACpr: another shape, or no such day
    """
    found = _SHAPE.fullmatch("".join(text.split()))
    if not found:
        raise NotACpr("a CPR number has ten digits")
    day, month, year, serial = found.groups()
    number = int(day)
    try:
        # 2000 is a leap year, so 29 February is never refused here.
        date(2000, int(month), number - REPLACEMENT_DAY if number > REPLACEMENT_DAY else number)
    except ValueError:
        raise NotACpr("a CPR number begins with a day and a month") from None
    return f"{day}{month}{year}{serial}"


def mask(cpr: str) -> str:
    """The form shown on screens: `120372-****`."""
    return f"{cpr[:6]}-****"


def hide_cprs(text: str) -> str:
    """The text with everything that could be a CPR number replaced."""
    return _LOOKS_LIKE_ONE.sub(lambda found: found["uuid"] or "[cpr]", text)


def has_cpr(text: str) -> bool:
    """Whether the text holds something that could be a CPR number."""
    return any(not found["uuid"] for found in _LOOKS_LIKE_ONE.finditer(text))
