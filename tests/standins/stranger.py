"""A stranger's OpenID client, written from the standards alone, for the tests of both providers."""

import base64
import hashlib
import re
import secrets
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

NOT_GIVEN = ""


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Stranger:
    """One client at one provider; each instance begins one login attempt."""

    visitor: httpx.Client
    path: str = "/mitid/op"
    client_id: str = "interop"
    secret: str = "interop-secret"
    redirect_uri: str = "http://localhost:4040/callback"
    scope: str = "openid mitid ssn"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def ask(self, **other: str) -> httpx.Response:
        """Go to the authorize endpoint; a parameter given as NOT_GIVEN is left out."""
        given = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            "state": self.state,
            "nonce": self.nonce,
            **other,
        }
        kept = {name: value for name, value in given.items() if value != NOT_GIVEN}
        return self.visitor.get(f"{self.path}/connect/authorize", params=kept)

    def press(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Press a button on the login page."""
        found = re.search(r'name="request" value="([^"]+)"', page.text)
        assert found, page.text
        return self.visitor.post(f"{self.path}/login", data={"request": found[1], **fields})

    def enter(self, username: str, **other: str) -> str:
        """Log a person in without a page; the code."""
        return self.code(self.ask(simulation=f"no-ui username:{username}", **other))

    def code(self, answer: httpx.Response) -> str:
        """The code in a redirect back, whose state and issuer are checked on the way."""
        back = returned(answer)
        assert back["state"] == self.state
        assert back["iss"] == self.issuer
        return back["code"]

    @property
    def issuer(self) -> str:
        return f"{self.visitor.base_url}".rstrip("/") + self.path

    def redeem(self, code: str, /, **other: str) -> httpx.Response:
        """Bring a code to the token endpoint, with the secret in the header."""
        return self._redeem(code, other, httpx.BasicAuth(self.client_id, self.secret))

    def redeem_bare(self, code: str, /, **other: str) -> httpx.Response:
        """Bring a code to the token endpoint, with no proof but what stands in the form."""
        return self._redeem(code, other, None)

    def _redeem(self, code: str, other: dict[str, str], auth: httpx.BasicAuth | None) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **other,
        }
        kept = {name: value for name, value in form.items() if value != NOT_GIVEN}
        return self.visitor.post(f"{self.path}/connect/token", data=kept, auth=auth or httpx.USE_CLIENT_DEFAULT)

    def claims(self, id_token: str) -> dict[str, object]:
        """The claims of an ID token whose signature holds with the published keys."""
        keys = self.visitor.get(f"{self.path}/.well-known/openid-configuration/jwks").json()
        return jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims

    def userinfo(self, access_token: str) -> httpx.Response:
        return self.visitor.get(f"{self.path}/connect/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def returned(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is led back."""
    assert answer.status_code == 303, answer.text
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))


def assertion(
    key: RSAKey, client_id: str, audience: str, *, algorithm: str = "RS256", changed: dict[str, object] | None = None
) -> str:
    """A client assertion (private_key_jwt); a member changed to None is left out."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
        **(changed or {}),
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm}, kept, key, algorithms=[algorithm])
