"""An e-mail address as a person types it: read strictly, because it goes into letters' headers."""

import re

from app.foundation.cpr import has_cpr

LONGEST = 254
"""RFC 5321, section 4.5.3.1.3, as its erratum 1690 counts it."""
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_LOCAL = 64


class NotAnEmailAddress(ValueError):
    """The text does not look like `navn@eksempel.dk`. The message never repeats what was typed."""


def read_email(text: str) -> str:
    """The address that a person typed, its domain in the letters that mail servers know.

    :raises NotAnEmailAddress: another shape, or a CPR number in it
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        labels = domain.encode("idna").decode("ascii").lower().split(".")
    except UnicodeError:
        raise NotAnEmailAddress("the domain is none") from None
    is_domain = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    address = f"{local}@{'.'.join(labels)}"
    if not is_domain or not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL or len(address) > LONGEST:
        raise NotAnEmailAddress("the text is no e-mail address")
    if has_cpr(address):
        raise NotAnEmailAddress("a CPR number stands in it")
    return address
