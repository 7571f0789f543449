"""The provider's signing keys, and the tokens it signs."""

import base64
import hashlib
import secrets
import threading
import time
import uuid
from collections.abc import Mapping

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

ID_TOKEN_SECONDS = 300
LOGOUT_TOKEN_SECONDS = 120
ALGORITHM = "RS256"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class SigningKeys:
    """Two keys are always published: the one that signs, and one that did before (or never has)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: list[RSAKey] = []

    def _both(self) -> list[RSAKey]:
        with self._lock:
            while len(self._keys) < 2:
                self._keys.append(_new_key())
            return list(self._keys)

    def rotate(self) -> str:
        """Sign with a key nobody has seen; the one that signed until now stays published. The kid that now signs."""
        signing, _other = self._both()
        fresh = _new_key()
        with self._lock:
            self._keys = [fresh, signing]
        return str(fresh.kid)

    def jwks(self) -> dict[str, object]:
        """The public halves, as the JWKS endpoint gives them."""
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self._both()]}

    def sign(self, claims: Mapping[str, object], *, typ: str = "JWT") -> str:
        """A compact JWT with these claims."""
        key = self._both()[0]
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])

    def read_own(self, token: str, issuer: str) -> dict[str, object] | None:
        """The claims of an ID token that this provider signed, expired or not; None for anything else."""
        try:
            claims = jwt.decode(token, KeySet([*self._both()]), algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        return claims if claims.get("iss") == issuer else None


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(8).upper()})


def half_hash(value: str) -> str:
    """The left half of the SHA-256, in base64url: `at_hash` for RS256 (OIDC Core 3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def logout_token(keys: SigningKeys, *, issuer: str, client_id: str, sub: str, sid: str) -> str:
    """A back-channel logout token."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": client_id,
        "iat": now,
        "exp": now + LOGOUT_TOKEN_SECONDS,
        "jti": str(uuid.uuid4()),
        "events": {LOGOUT_EVENT: {}},
        "sub": sub,
        "sid": sid,
    }
    return keys.sign(claims, typ="logout+jwt")
