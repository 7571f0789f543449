"""Tokens that say what they are for, signed, so that a ledger in another process can tell whether they are good."""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KIND = "Holder-of-key"
_KEY = b"the stand-ins know each other's tokens by this"
_SERVICE = re.compile(r"/ledger/service/OIR/(\w+)/1")
_AUTHORITY = re.compile(rb"MunicipalityCVR>\s*(\d{8})\s*<")


def signed(content: Mapping[str, object]) -> str:
    """A token with this content; `until` is the moment of its end, in epoch seconds."""
    body = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    return f"{body}.{_seal(body)}"


def read(token: str) -> dict[str, object] | None:
    """What a token says, when it is one of ours and has not ended."""
    body, _dot, seal = token.partition(".")
    if not hmac.compare_digest(_seal(body).encode(), seal.encode()):
        return None
    try:
        content: dict[str, object] = json.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError):
        return None
    until = content.get("until")
    return content if isinstance(until, float) and time.time() < until else None


def is_good(header: str | None, *, service: str, cvr: str) -> bool:
    """Whether an `Authorization` header lets a municipality's call into a service."""
    kind, _space, token = (header or "").partition(" ")
    content = read(token) if kind == KIND else None
    if content is None or content.get("saml") or content.get("cvr") != cvr:
        return False
    return f"/{service.lower()}/" in str(content.get("for"))


class Turnstile:
    """Stands before the ledger's services: where a token is wanted none is let in without, and a bad one never."""

    def __init__(self, *, is_wanted: bool) -> None:
        self._was_wanted = self.is_wanted = is_wanted
        self.refused = 0

    def reset(self) -> None:
        """As it was when the process began."""
        self.is_wanted, self.refused = self._was_wanted, 0

    def before(self, app: "WSGIApplication") -> "WSGIApplication":
        """The application behind the turnstile."""

        def through(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            service = _SERVICE.fullmatch(environ.get("PATH_INFO", ""))
            header = environ.get("HTTP_AUTHORIZATION")
            if service and (header or self.is_wanted):
                authority = _AUTHORITY.search(environ.get("standins.body", b""))
                cvr = authority[1].decode() if authority else ""
                if not is_good(header, service=service[1], cvr=cvr):
                    self.refused += 1
                    start_response("401 UNAUTHORIZED", [("Content-Type", "application/json")])
                    return [b'{"error": "invalid_token"}']
            return app(environ, start_response)

        return through


def _seal(body: str) -> str:
    return hmac.new(_KEY, body.encode(), hashlib.sha256).hexdigest()
