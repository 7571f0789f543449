"""Where a login may lead afterwards, and the portal's own addresses as the broker must know them."""

import re
from urllib.parse import urlsplit

from flask import request

from app.web.visit import current_municipality, current_wires

_LONGEST = 500
# A path on this host: one slash, then nothing that a browser could read as the start of a host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_HIDDEN_SLASH = re.compile(r"%(2f|5c|0[0-9a-f]|1[0-9a-f]|25)", re.IGNORECASE)


def own_path(text: str | None, *, otherwise: str) -> str:
    """The path that a visitor wanted, if it is one on this host and not part of a login; else `otherwise`.

    Printable ASCII only, no backslash, no encoded slash: `//evil`, `https:evil` and `/%2f%2fevil` are refused.
    """
    if not text or len(text) > _LONGEST or not _OWN_PATH.fullmatch(text):
        return otherwise
    path = text.partition("?")[0]
    if _HIDDEN_SLASH.search(path) or path.startswith(("/login", "/personale/login", "/log-af", "/personale/log-af")):
        return otherwise
    return text


def own_address(path: str) -> str:
    """A full address on the host of this visit, with the scheme of the portal's public address.

    The host is one that a municipality's file lists: whoever writes another `Host` header gets no further than here.
    """
    current_municipality()
    scheme = urlsplit(current_wires().settings.public_url).scheme
    return f"{scheme}://{request.host}{path}"
