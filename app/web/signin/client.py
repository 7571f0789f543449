"""Authlib's OpenID Connect client, held on a short leash: own discovery, pinned algorithms, no redirects, timeouts."""

import base64
import json
import secrets
import time
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from app.config import Oidc
from app.foundation.jsons import Json
from app.identity import tokens
from app.identity.broker import Broker

TIMEOUT_SECONDS = (3.0, 7.0)
"""To connect, and between two bytes of an answer."""
_ASSERTION_SECONDS = 60
_PASSED_ON = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "authorization_response_iss_parameter_supported",
)
Headers = MutableMapping[str, str]


class RedirectRefused(requests.RequestException):
    """The broker answered a server-to-server call with a redirect. Codes and tokens are not carried elsewhere."""


class LeashedSession(OAuth2Session):  # type: ignore[misc]  # authlib brings no types
    """The wire to token endpoint and userinfo."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """One call: a timeout always, a redirect never."""
        self.trust_env = False
        kwargs |= {"allow_redirects": False, "timeout": TIMEOUT_SECONDS}
        answer: requests.Response = super().request(method, url, **kwargs)
        if answer.is_redirect:
            raise RedirectRefused("the broker answered with a redirect")
        return answer


class ShortAssertion(PrivateKeyJWT):  # type: ignore[misc]  # authlib brings no types
    """private_key_jwt with the issuer as audience, an id of its own and a minute to live (brokers allow five)."""

    def sign(self, auth: Any, token_endpoint: str) -> str:
        """The assertion for one call."""
        now = int(time.time())
        key = auth.client_secret
        signed: str = private_key_jwt_sign(
            key,
            client_id=auth.client_id,
            token_endpoint=token_endpoint,
            claims={"jti": secrets.token_urlsafe(24), "exp": now + _ASSERTION_SECONDS},
            alg="ES256" if isinstance(key, ECKey) else "RS256",
            header={"kid": key.kid} if key.kid else None,
        )
        return signed


def _basic(auth: Any, _method: str, uri: str, headers: Headers, body: str) -> tuple[str, Headers, str]:
    """client_secret_basic as RFC 6749 2.3.1 has it: id and secret are form-encoded first, which Authlib leaves out."""
    pair = f"{quote_plus(auth.client_id)}:{quote_plus(auth.client_secret)}".encode()
    headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return uri, headers, body


class BrokerClient(FlaskOAuth2App):  # type: ignore[misc]  # authlib brings no types
    """The client of one broker. `name` keeps the two logins' attempts apart in the session."""

    client_cls = LeashedSession

    def __init__(self, name: str, oidc: Oidc, broker: Broker) -> None:
        self.broker = broker
        self.oidc = oidc
        secret: object = None
        methods: list[object] = [("client_secret_basic", _basic)]
        if oidc.client_key is not None:
            secret = _private_key(oidc.client_key.get_secret_value())
            methods = [ShortAssertion(broker.issuer)]
        elif oidc.client_secret is not None:
            secret = oidc.client_secret.get_secret_value()
        super().__init__(
            FlaskIntegration(name),
            name=name,
            client_id=oidc.client_id,
            client_secret=secret,
            client_kwargs={"scope": oidc.scopes, "code_challenge_method": "S256"},
            client_auth_methods=methods,
            user_agent="betal-din-kommune",
        )

    @property
    def issuer(self) -> str:
        """The issuer exactly as tokens must name it.

        :raises BrokerUnavailable: discovery cannot be had
        """
        return str(self.broker.metadata()["issuer"])

    def load_server_metadata(self) -> Json:
        """What Authlib may know of the broker: no switch of its own session, no algorithm that is not pinned."""
        metadata = self.broker.metadata()
        announced = metadata.get("id_token_signing_alg_values_supported")
        return {name: metadata[name] for name in _PASSED_ON if metadata.get(name) is not None} | {
            "id_token_signing_alg_values_supported": tokens.accepted_algorithms(announced),
            "token_endpoint_auth_method": self._auth_method(metadata),
        }

    def fetch_jwk_set(self, force: bool = False) -> Json:
        """The broker's keys; `force` when a token names one that is unknown."""
        return self.broker.keys(is_unknown=force)

    def parse_id_token(self, token: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """As Authlib does it, once the header has been judged."""
        tokens.id_token_in(token)
        return super().parse_id_token(token, *args, **kwargs)

    def _auth_method(self, metadata: Mapping[str, Any]) -> str:
        if self.oidc.client_key is not None:
            return "private_key_jwt"
        if self.oidc.client_secret is None:
            return "none"
        offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"


def _private_key(text: str) -> RSAKey | ECKey:
    """The client's key: PEM, or a JWK when the broker wants to be told which key it is."""
    if text.lstrip().startswith("{"):
        jwk = json.loads(text)
        return ECKey.import_key(jwk) if jwk.get("kty") == "EC" else RSAKey.import_key(jwk)
    # A PEM in an environment variable often has its line breaks written out.
    pem = text.replace("\\n", "\n")
    try:
        return RSAKey.import_key(pem)
    except (JoseError, ValueError):
        return ECKey.import_key(pem)
