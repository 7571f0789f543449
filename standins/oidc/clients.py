"""The clients a provider knows, and how one proves at the token endpoint that it is who it says."""

import base64
import binascii
import hmac
import json
import threading
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import extract_compact

from standins.oidc.shelf import Shelf

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("RS256", "PS256", "ES256")
MAX_ASSERTION_SECONDS = 3600
SKEW_SECONDS = 60


class Refused(Exception):
    """The token endpoint refuses: an OAuth error code, an HTTP status, and a reason for the developer's eyes."""

    def __init__(self, error: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.error = error
        self.status = status


@dataclass(frozen=True)
class Client:
    """One registered client."""

    client_id: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    secret: str | None = None
    key_file: Path | None = None  # the private key that the supervisor made; only its public half is used here
    backchannel_logout_uri: str | None = None
    requires_nonce: bool = False
    # Recordings of the real broker show no `iss` on errors; RFC 9207 wants it, so strangers get it.
    iss_on_errors: bool = True


def portal_addresses(portal_url: str, *paths: str) -> tuple[str, ...]:
    """Addresses of the portal under its own host name (Fjordby) and under Skovlund's."""
    scheme, _mark, rest = portal_url.partition("://")
    return tuple(f"{scheme}://{host}{rest}{path}" for host in ("", "skovlund.") for path in paths)


class KeyFiles:
    """The clients' public keys, read when first needed and again when a file has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[int, RSAKey | ECKey]] = {}

    def public_key(self, path: Path) -> RSAKey | ECKey | None:
        """The public half of the key in this PEM file; None while there is no file or it holds no such key."""
        try:
            changed = path.stat().st_mtime_ns
            with self._lock:
                known = self._read.get(path)
                if known is None or known[0] != changed:
                    known = self._read[path] = (changed, _import(path.read_bytes()))
                return known[1]
        except (OSError, ValueError, JoseError):
            return None


def _import(pem: bytes) -> RSAKey | ECKey:
    try:
        key: RSAKey | ECKey = RSAKey.import_key(pem)
    except (ValueError, TypeError, JoseError):
        key = ECKey.import_key(pem)
    return type(key).import_key(key.as_dict(private=False))


class Authenticator:
    """Finds out which client calls: by secret (basic or post) or by a signed assertion."""

    def __init__(self, clients: Sequence[Client], audiences: Sequence[str]) -> None:
        self.clients = {client.client_id: client for client in clients}
        self._audiences = frozenset(audiences)
        self._keys = KeyFiles()
        self._used: Shelf[bool] = Shelf(seconds=MAX_ASSERTION_SECONDS + 2 * SKEW_SECONDS, most=100_000)

    def forget(self) -> None:
        """Forget which assertions were used."""
        self._used.clear()

    def authenticate(self, authorization: str | None, form: Mapping[str, str]) -> Client:
        """The client that makes this request.

        :raises Refused: none, two ways at once, or a proof that does not hold
        """
        ways = [authorization is not None, "client_secret" in form, "client_assertion" in form]
        if sum(ways) > 1:
            raise Refused("invalid_request", "a client proves itself in one way only")
        if authorization is not None:
            client = self._by_basic(authorization)
        elif "client_assertion" in form:
            client = self._by_assertion(form)
        elif "client_secret" in form:
            client = self._by_secret(form.get("client_id", ""), form["client_secret"], status=400)
        else:
            raise Refused("invalid_client", "the client did not prove who it is", 401)
        if form.get("client_id", client.client_id) != client.client_id:
            raise Refused("invalid_client", "client_id names another client", 401)
        return client

    def _by_basic(self, authorization: str) -> Client:
        scheme, _space, credentials = authorization.partition(" ")
        try:
            decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        if scheme.lower() != "basic" or ":" not in decoded:
            raise Refused("invalid_client", "the Authorization header is not Basic", 401)
        # RFC 6749 2.3.1: both halves are form-encoded before they are joined.
        client_id, secret = (urllib.parse.unquote_plus(half) for half in decoded.split(":", 1))
        return self._by_secret(client_id, secret, status=401)

    def _by_secret(self, client_id: str, secret: str, *, status: int) -> Client:
        client = self.clients.get(client_id)
        if client is None or client.secret is None:
            raise Refused("invalid_client", "no client with a secret bears this id", status)
        if not hmac.compare_digest(client.secret.encode(), secret.encode()):
            raise Refused("invalid_client", "wrong secret", status)
        return client

    def _by_assertion(self, form: Mapping[str, str]) -> Client:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused("invalid_client", "unknown client_assertion_type")
        assertion = form["client_assertion"]
        client = self.clients.get(form.get("client_id") or _claimed_issuer(assertion))
        if client is None or client.key_file is None:
            raise Refused("invalid_client", "no client with a key bears this id")
        key = self._keys.public_key(client.key_file)
        if key is None:
            raise Refused("invalid_client", f"there is no key in {client.key_file.name} yet")
        try:
            claims = jwt.decode(assertion, key, algorithms=list(ASSERTION_ALGORITHMS)).claims
        except (JoseError, ValueError) as bad:
            raise Refused("invalid_client", "the assertion's signature does not hold") from bad
        self._judge(claims, client)
        return client

    def _judge(self, claims: Mapping[str, object], client: Client) -> None:
        now = time.time()
        audience = claims.get("aud")
        expires, issued, not_before = claims.get("exp"), claims.get("iat", now), claims.get("nbf", now)
        jti = claims.get("jti")
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise Refused("invalid_client", "iss and sub of the assertion must be the client id")
        if self._audiences.isdisjoint(audience if isinstance(audience, list) else [audience]):
            raise Refused("invalid_client", "the assertion is meant for another audience")
        if (
            not isinstance(expires, int | float)
            or not now - SKEW_SECONDS < expires <= now + MAX_ASSERTION_SECONDS + SKEW_SECONDS
        ):
            raise Refused("invalid_client", "the assertion has expired, or lasts longer than an hour")
        for moment in (issued, not_before):
            if not isinstance(moment, int | float) or moment > now + SKEW_SECONDS:
                raise Refused("invalid_client", "the assertion is from the future")
        if not isinstance(jti, str) or not jti:
            raise Refused("invalid_client", "the assertion has no jti")
        if not self._used.put_new(f"{client.client_id} {jti}", thing=True):
            raise Refused("invalid_client", "the assertion was used before")


def _claimed_issuer(assertion: str) -> str:
    """Who the assertion says it is from, unverified: only to find the key that must verify it."""
    try:
        claimed = json.loads(extract_compact(assertion.encode()).payload)
    except (JoseError, ValueError):
        return ""
    issuer = claimed.get("iss", "") if isinstance(claimed, dict) else ""
    return issuer if isinstance(issuer, str) else ""
