"""What an OpenID provider says of itself, discovery and keys: fetched over a bounded wire, checked, kept a while."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.foundation.http import new_client, within
from app.foundation.jsons import Json

KEPT_SECONDS = 600.0
"""How long discovery and keys are believed."""
REFETCH_SECONDS = 30.0
"""Keys are fetched anew for an unknown key id at most this often: anybody can make up key ids."""
FAILURE_SECONDS = 3.0
"""After a failure the provider is left alone this long, so that a broken one does not tie up every thread."""
DEADLINE_SECONDS = 6.0
_MAX_BYTES = 512 * 1024
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


class BrokerUnavailable(Exception):
    """The provider does not answer, or answers nonsense. Nobody can log in; nothing else is wrong."""


class NotTheBroker(BrokerUnavailable):
    """Discovery speaks for another issuer than the configured one, or sends us to plain http."""


class Broker:
    """One provider, known by its issuer. Thread safe; lives as long as the process. Speaks over a wire."""

    def __init__(self, issuer: str, *, clock: Callable[[], float] = monotonic) -> None:
        self.issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: Json = {}
        self._keys: Json = {}
        self._metadata_at = self._keys_at = self._failed_at = float("-inf")

    def metadata(self) -> Mapping[str, Any]:
        """The discovery document, checked, at most `KEPT_SECONDS` old.

        :raises BrokerUnavailable: no answer, or no discovery document
        :raises NotTheBroker: it is somebody else's
        """
        with self._lock:
            return self._fresh_metadata()

    def keys(self, *, is_unknown: bool = False) -> Json:
        """The provider's public keys as a JWKS, at most `KEPT_SECONDS` old.

        `is_unknown`: a token names a key that is not among them, so they are fetched anew, within bounds.

        :raises BrokerUnavailable: no answer, or no keys in it
        """
        with self._lock:
            at_most = REFETCH_SECONDS if is_unknown else KEPT_SECONDS
            if self._clock() - self._keys_at >= at_most:
                keys = self._fetch(self._fresh_metadata()["jwks_uri"])
                try:
                    KeySet.import_key_set(keys)  # type: ignore[arg-type]  # judged here, whatever it is
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise self._failure("no key set") from error
                self._keys, self._keys_at = keys, self._clock()
            return self._keys

    def _fresh_metadata(self) -> Json:
        if self._clock() - self._metadata_at >= KEPT_SECONDS:
            metadata = self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            self._check(metadata)
            self._metadata, self._metadata_at = metadata, self._clock()
        return self._metadata

    def _check(self, metadata: Json) -> None:
        # A slash at the end is the one difference that settings may have; tokens are compared with the exact text.
        if str(metadata.get("issuer")).rstrip("/") != self.issuer.rstrip("/"):
            self._failed_at = self._clock()
            raise NotTheBroker("discovery names another issuer than the configured one")
        for name in (*_NEEDED, *_OPTIONAL):
            address = metadata.get(name)
            if address is None and name in _OPTIONAL:
                continue
            if not isinstance(address, str) or not urlsplit(address).hostname:
                raise self._failure(f"discovery has no {name}")
            if urlsplit(self.issuer).scheme == "https" != urlsplit(address).scheme:
                raise NotTheBroker(f"discovery's {name} is not https")

    def _fetch(self, address: str) -> Json:
        if self._clock() - self._failed_at < FAILURE_SECONDS:
            raise BrokerUnavailable("the provider failed a moment ago")
        try:
            # A few calls an hour: a connection kept open would only grow stale.
            with within(DEADLINE_SECONDS), new_client(timeout_seconds=5, max_answer_bytes=_MAX_BYTES) as client:
                answer = client.get(address)
            # A redirect is an error too: nobody but the provider decides where its documents are.
            if answer.status_code != httpx.codes.OK:
                raise self._failure(f"status {answer.status_code}")
            document = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._failure("no answer that can be read") from error
        if not isinstance(document, dict):
            raise self._failure("not an object")
        return document

    def _failure(self, what: str) -> BrokerUnavailable:
        self._failed_at = self._clock()
        return BrokerUnavailable(what)
