"""A small OpenID provider that can be wrong in every way a test asks for. Speaks HTTP on a thread of its own."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jws import JWSRegistry

CLIENT_ID = "portal"
SECRET = "op sec+ret%"
SUBSTANTIAL = "https://data.gov.dk/concept/core/nsis/Substantial"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
ABSENT = object()
"""As a value in `id_claims`, `userinfo` or `metadata`: leave the member out."""


@dataclass
class Code:
    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class FakeOp:
    """The provider's state and its switches, all right until a test turns one."""

    issuer: str = ""
    key: RSAKey | ECKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    published: list[Any] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    id_claims: dict[str, Any] = field(default_factory=dict)
    id_header: dict[str, Any] = field(default_factory=dict)
    signing_key: Any = None
    unsigned: bool = False
    misuses_public_key: bool = False
    userinfo: dict[str, Any] = field(default_factory=dict)
    token_answer: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    """Path ending to the status answered there instead."""
    seen: list[str] = field(default_factory=list)
    assertions: list[dict[str, Any]] = field(default_factory=list)
    client_key: RSAKey | ECKey | None = None
    _codes: dict[str, Code] = field(default_factory=dict)

    def authorize(self, address: str) -> dict[str, str]:
        """Log a person in at this authorize address; returns what the browser carries back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = Code(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def logout_token(self, **changes: Any) -> str:
        """A logout token for subject and session of this provider, with these claims changed."""
        header = {"typ": changes.pop("typ", "logout+jwt")}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": secrets.token_urlsafe(8),
            "sub": "subject-1", "sid": "sid-1", "events": {LOGOUT_EVENT: {}},
        }  # fmt: skip
        return self.sign(_changed(claims, changes), header)

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """A token of these claims, as the switches want it signed."""
        key = self.signing_key or self.key
        alg = "ES256" if isinstance(key, ECKey) else "RS256"
        head = {"alg": alg, "kid": self.key.kid, "typ": "JWT"} | (header or {})
        if self.unsigned or self.misuses_public_key:
            parts = [json.dumps(head | {"alg": "none" if self.unsigned else "HS256"}), json.dumps(claims)]
            body = ".".join(_base64(part.encode()) for part in parts)
            mac = hmac.digest(self.key.as_pem(private=False), body.encode(), "sha256")
            return f"{body}.{'' if self.unsigned else _base64(mac)}"
        registry = JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
        return jws.serialize_compact(head, json.dumps(claims), key, registry=registry)

    def answer(self, path: str, headers: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        """Status and JSON of one request."""
        self.seen.append(path)
        for ending, status in self.statuses.items():
            if path.endswith(ending):
                return status, {"error": "server_error"}
        if path.endswith("/.well-known/openid-configuration"):
            return 200, _changed(self._discovery(), self.metadata)
        if path.endswith("/jwks"):
            return 200, {"keys": [key.as_dict(private=False) for key in (self.published or [self.key])]}
        if path.endswith("/token"):
            return self._token(headers, form)
        if path.endswith("/userinfo"):
            assert headers["authorization"] == "Bearer access"
            said = {"sub": "subject-1", "dk.cpr": "7405842144", "mitid.identity_name": "Kirsten Lund"}
            return 200, _changed(said, self.userinfo)
        return 404, {}

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/endsession",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, Any]:
        if not self._knows_client(headers, form):
            return 401, {"error": "invalid_client"}
        code = self._codes.pop(form.get("code", ""), None)
        proof = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code is None or proof != code.challenge or form["redirect_uri"] != code.redirect_uri:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "subject-1", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": code.nonce,
            "auth_time": now, "sid": "sid-1", "loa": SUBSTANTIAL, "session_expiry": str(now + 3600),
        }  # fmt: skip
        id_token = self.sign(_changed(claims, self.id_claims), self.id_header)
        answer = {"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}
        return 200, _changed(answer, self.token_answer)

    def _knows_client(self, headers: dict[str, str], form: dict[str, str]) -> bool:
        if self.client_key is None:
            pair = base64.b64encode(b"portal:op+sec%2Bret%25").decode()
            return headers.get("authorization") == f"Basic {pair}" or form.get("client_secret") == SECRET
        claims = jwt.decode(form["client_assertion"], self.client_key, algorithms=["RS256", "ES256"]).claims
        self.assertions.append(dict(claims))
        return bool(claims["aud"] == self.issuer and claims["exp"] - claims["iat"] <= 300)


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (members | changes).items() if value is not ABSENT}


def key_set(op: FakeOp) -> KeySet:
    """The provider's keys, as a verifier has them."""
    return KeySet([op.key])


@contextmanager
def running_op() -> Iterator[FakeOp]:
    """A provider that listens until the block ends."""
    op = FakeOp()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, document = op.answer(urlsplit(self.path).path, headers, form)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", "/jwks")
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """A test's provider keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    op.issuer = f"http://127.0.0.1:{server.server_port}/op"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield op
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
