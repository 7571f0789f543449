"""Tokens for Serviceplatformen: a security token (SAML) for our certificate, changed into a Holder-of-key token.

Tokens are had per service and municipality, kept, and renewed a little before they end; one thread renews while the
others wait for it. While the old one is valid, a token service that does not answer is no trouble. A token is never
logged, and no error says one.
"""

import base64
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from app.foundation.http import new_client, seconds_left, within
from app.serviceplatformen.port import Nonsense, Refused, RoadError, Unavailable

_TOKEN_TYPE: Final = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0"  # noqa: S105 - a name
_ISSUE: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue"
_PUBLIC_KEY: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/PublicKey"
_DEADLINE_SECONDS: Final = 10.0
_LONGEST_ANSWER: Final = 256 * 1024
# Renewed when a tenth of its life is left, and a minute before its end at the latest.
_MARGIN_SECONDS: Final = 60.0
_MARGIN_SHARE: Final = 0.1


@dataclass
class _Kept:
    """What is kept for one service and municipality; the lock is held by whoever renews."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    header: str | None = None
    renew_at: float = 0.0
    ends_at: float = 0.0


class TokenOffice:
    """Where tokens are had. One for the whole process: thread safe."""

    def __init__(
        self,
        *,
        issue_url: str,
        access_url: str,
        certificate: Path | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._issue_url = issue_url
        self._access_url = access_url
        self._use_key = _der(certificate) if certificate else None
        self._clock = clock
        self._client = new_client(tls=tls, connections=4, max_answer_bytes=_LONGEST_ANSWER)
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._making = threading.Lock()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def header(self, *, entity_id: str, cvr: str, refused: str | None = None) -> str:
        """The `Authorization` header for a service (by its entity id) on behalf of a municipality (by its CVR).

        `refused` is a header that the service has just not accepted: it is not given again.

        :raises Unavailable, Nonsense, Refused: no token could be had
        """
        kept = self._of(entity_id, cvr)
        if (header := self._fresh(kept, refused)) is not None:
            return header
        wait = seconds_left()
        if not kept.lock.acquire(timeout=_DEADLINE_SECONDS if wait is None else max(wait, 0)):
            raise Unavailable("no token in time: another call is still waiting for it")
        try:
            # Whoever held the lock before us may have brought one.
            if (header := self._fresh(kept, refused)) is not None:
                return header
            return self._renewed(kept, entity_id, cvr, refused)
        finally:
            kept.lock.release()

    def seconds_left_of(self, *, entity_id: str, cvr: str) -> float | None:
        """How long the token that is kept is valid; None when none is."""
        kept = self._of(entity_id, cvr)
        left = kept.ends_at - self._clock()
        return left if kept.header is not None and left > 0 else None

    def assertion(self, *, entity_id: str, cvr: str) -> str:
        """A security token itself (base64 of the SAML assertion), as AMQP's login wants it. It is not kept.

        :raises Unavailable, Nonsense, Refused: none could be had
        """
        asked = {
            "TokenType": _TOKEN_TYPE,
            "RequestType": _ISSUE,
            "KeyType": _PUBLIC_KEY,
            "AnvenderKontekst": {"Cvr": cvr},
            "UseKey": self._use_key,
            "AppliesTo": {"EndpointReference": {"Address": entity_id}},
            "OnBehalfOf": None,
        }
        with within(_DEADLINE_SECONDS):
            found = self._said("the security token service", lambda: self._client.post(self._issue_url, json=asked))
        try:
            text = found["RequestedSecurityToken"]["Assertion"]
        except (KeyError, TypeError):
            text = None
        if not isinstance(text, str) or not text:
            raise Nonsense("the security token service answers without an assertion")
        return base64.b64encode(text.encode()).decode() if text.lstrip().startswith("<") else text

    def _of(self, entity_id: str, cvr: str) -> _Kept:
        with self._making:
            return self._kept.setdefault((entity_id, cvr), _Kept())

    def _fresh(self, kept: _Kept, refused: str | None) -> str | None:
        header = kept.header
        return header if header is not None and header != refused and self._clock() < kept.renew_at else None

    def _renewed(self, kept: _Kept, entity_id: str, cvr: str, refused: str | None) -> str:
        try:
            header, lives = self._access(self.assertion(entity_id=entity_id, cvr=cvr))
        except RoadError:
            if kept.header is not None and kept.header != refused and self._clock() < kept.ends_at:
                return kept.header
            raise
        now = self._clock()
        kept.ends_at = now + lives
        kept.renew_at = kept.ends_at - min(_MARGIN_SECONDS, lives * _MARGIN_SHARE)
        kept.header = header
        return header

    def _access(self, assertion: str) -> tuple[str, float]:
        with within(_DEADLINE_SECONDS):
            found = self._said(
                "the access token service",
                lambda: self._client.post(self._access_url, data={"saml-token": assertion}),
            )
        match found:
            case {"access_token": str(token), "token_type": str(kind), "expires_in": int() | float() as seconds}:
                if token.isprintable() and kind.isprintable() and token.isascii() and kind.isascii() and seconds > 0:
                    return f"{kind} {token}", float(seconds)
        raise Nonsense("the access token service answers without a token that can be used")

    @staticmethod
    def _said(who: str, call: Callable[[], httpx.Response]) -> Any:
        try:
            answer = call()
        except httpx.TimeoutException as error:
            raise Unavailable(f"no token: {who} does not answer in time") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no token: {who} is not reached: {type(error).__name__}") from error
        if answer.status_code >= 500 or answer.status_code in {408, 425, 429}:
            raise Unavailable(f"no token: {who} answers {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(f"no token: {who} answers {answer.status_code}")
        try:
            return answer.json()
        except ValueError:
            # Without the cause, which may quote what was answered.
            raise Nonsense(f"{who} answers something that is no JSON") from None


class SecurityToken:
    """The security token of one service and municipality, for a login that wants the assertion itself."""

    def __init__(self, office: TokenOffice, *, entity_id: str, cvr: str) -> None:
        self._office = office
        self._entity_id = entity_id
        self._cvr = cvr
        self._kept: bytes | None = None

    def __call__(self, *, renew: bool) -> bytes:
        """The assertion: the last one again, until `renew` says that it was not accepted.

        :raises Unavailable, Nonsense, Refused: none could be had
        """
        if self._kept is None or renew:
            encoded = self._office.assertion(entity_id=self._entity_id, cvr=self._cvr)
            try:
                self._kept = base64.b64decode(encoded)
            except ValueError:
                # Without the cause, as above.
                raise Nonsense("the security token service answers with an assertion that is no base64") from None
        return self._kept


def _der(certificate: Path) -> str:
    """The first certificate of a PEM file, as `UseKey` wants it."""
    first = load_pem_x509_certificate(certificate.read_bytes())
    return base64.b64encode(first.public_bytes(Encoding.DER)).decode()
