"""Vipps MobilePay's wire: access tokens, the headers of every call, and its errors told as the port's, in one place."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

import httpx

from app.foundation.http import new_client, within
from app.payments.port import NoSuchPayment, OutcomeUnknown, ProviderError, ProviderRefused, ProviderUnavailable

# Who calls, for the vendor's support; 30 characters at most each.
SYSTEM = {
    "Vipps-System-Name": "betal-din-kommune",
    "Vipps-System-Version": "1",
    "Vipps-System-Plugin-Name": "betal-din-kommune-epayment",
    "Vipps-System-Plugin-Version": "1",
}
# A token is renewed this long before it ends, so that none ends on its way.
RENEWED_SECONDS_BEFORE = 60.0
# Certainly not carried out, but may be later: keys that an operator must mend (401, 403), held by another operation
# (423, 6160), too fast (429), an account that is not verified (5060), still being processed (6250), no funds (6260).
NOT_NOW_STATUSES = frozenset({401, 403, 423, 429})
NOT_NOW_CODES = frozenset({"5060", "6160", "6250", "6260"})
# Said not to have worked, yet the vendor wants the same key again: it may have been carried out.
NOT_KNOWN_CODES = frozenset({"3010", "6280"})


@dataclass(frozen=True)
class Timeouts:
    """How long, in seconds, to wait for a connection, and for the whole call with its token."""

    connect_seconds: float = 3.0
    total_seconds: float = 8.0


PATIENCE = Timeouts()


@dataclass(frozen=True)
class Keys:
    """The keys of one sales unit; `msn` is its merchant serial number."""

    client_id: str
    client_secret: str = field(repr=False)
    subscription_key: str = field(repr=False)
    msn: str = ""


class Bearer:
    """One access token for many threads: asked for when first needed, and anew before it ends."""

    def __init__(self, ask: Callable[[], tuple[str, float]], clock: Callable[[], float] = monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._token, self._renewed_at = "", 0.0

    def get(self) -> str:
        """A token that counts; whoever comes first asks, the others wait.

        :raises ProviderUnavailable: none is given: whatever it was for is not done
        """
        with self._lock:
            if not self._token or self._clock() >= self._renewed_at:
                token, seconds = self._ask()
                self._token, self._renewed_at = token, self._clock() + seconds - RENEWED_SECONDS_BEFORE
            return self._token

    def forget(self, token: str) -> None:
        """This token no longer counts; one that has been given since stays."""
        with self._lock:
            if self._token == token:
                self._token = ""


class Wire:
    """Calls for one sales unit."""

    def __init__(
        self, keys: Keys, *, base_url: str, timeouts: Timeouts, clock: Callable[[], float] = monotonic
    ) -> None:
        self._keys, self._base_url, self._timeouts = keys, base_url.rstrip("/"), timeouts
        self._pool = pool(timeouts)
        self._bearer = Bearer(self._ask_for_token, clock)

    def call(self, method: str, path: str, *, body: object = None, key: str | None = None) -> Any:
        """One call and its answer; `key` makes it the same call however often it is made.

        :raises OutcomeUnknown: it may have been carried out
        :raises ProviderUnavailable: it was certainly not
        :raises ProviderRefused: the answer is no, and will be
        :raises NoSuchPayment: nothing under this reference
        """
        with within(self._timeouts.total_seconds):
            token = self._bearer.get()
            answer = self._send(method, path, token, body, key)
            if answer.status_code == 401:  # refused at the gate, so nothing was done: once more, with a new token
                self._bearer.forget(token)
                answer = self._send(method, path, self._bearer.get(), body, key)
        return read(answer)

    def _send(self, method: str, path: str, token: str, body: object, key: str | None) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": self._keys.subscription_key,
            "Merchant-Serial-Number": self._keys.msn,
            "Content-Type": "application/json",
            **SYSTEM,
            **({"Idempotency-Key": key} if key else {}),
        }
        return send(self._pool, method, f"{self._base_url}{path}", headers=headers, json=body)

    def _ask_for_token(self) -> tuple[str, float]:
        headers = {
            "client_id": self._keys.client_id,
            "client_secret": self._keys.client_secret,
            "Ocp-Apim-Subscription-Key": self._keys.subscription_key,
            "Merchant-Serial-Number": self._keys.msn,
            **SYSTEM,
        }
        with token_wanted():
            return read_token(send(self._pool, "POST", f"{self._base_url}/accesstoken/get", headers=headers))


@contextmanager
def token_wanted() -> Iterator[None]:
    """Without a token nothing is done, whatever went wrong on the way to it.

    :raises ProviderUnavailable: there is none
    """
    try:
        yield
    except ProviderError as fault:
        raise ProviderUnavailable(f"no access token: {fault}") from fault


@cache
def pool(timeouts: Timeouts) -> httpx.Client:
    """One pool for all merchants of the process: a TLS context each would cost megabytes."""
    return new_client(timeout_seconds=timeouts.total_seconds, connect_seconds=timeouts.connect_seconds, connections=50)


def send(client: httpx.Client, method: str, url: str, **more: Any) -> httpx.Response:
    """One request, never repeated.

    :raises ProviderUnavailable: no connection, so nothing was sent
    :raises OutcomeUnknown: the connection broke or fell silent afterwards
    """
    try:
        return client.request(method, url, **more)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
        raise ProviderUnavailable("mobilepay cannot be reached") from fault
    except httpx.HTTPError as fault:
        raise OutcomeUnknown(f"no answer from mobilepay ({type(fault).__name__})") from fault


def read(answer: httpx.Response) -> Any:
    """What an answer says: the one table of errors, by code and status, never by their prose.

    :raises OutcomeUnknown, ProviderUnavailable, ProviderRefused, NoSuchPayment: as `Wire.call`
    """
    told = _json(answer)
    status = answer.status_code
    if status < 300:
        return told
    code = _code(told)
    said = f"mobilepay: {status} {code or ''} ({_trace(told)})"
    if status in NOT_NOW_STATUSES or code in NOT_NOW_CODES:
        raise ProviderUnavailable(said)
    if status >= 500 or code in NOT_KNOWN_CODES or not isinstance(told, Mapping):
        # Without its own words (a gateway's page, a redirect) nobody knows how far the call came.
        raise OutcomeUnknown(said)
    if status == 404 or code == "5090":
        raise NoSuchPayment(said)
    if 400 <= status < 500 and status != 408:
        raise ProviderRefused(said, code=code or "invalid")
    raise OutcomeUnknown(said)


def read_token(answer: httpx.Response) -> tuple[str, float]:
    """A token and how many seconds it lives; the classic answer writes numbers as text.

    :raises OutcomeUnknown, ProviderUnavailable, ProviderRefused, NoSuchPayment: there is none
    """
    told = read(answer)
    try:
        return str(told["access_token"]), float(told["expires_in"])
    except (KeyError, TypeError, ValueError) as fault:
        raise OutcomeUnknown("mobilepay's access token cannot be read") from fault


def _json(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except (ValueError, RecursionError) as fault:
        if answer.status_code < 300:
            raise OutcomeUnknown("mobilepay's answer cannot be read") from fault
        return None


def _code(told: Any) -> str | None:
    """The number in `extraDetails`, where there is one."""
    details = told.get("extraDetails") if isinstance(told, Mapping) else None
    for one in details if isinstance(details, list) else ():
        if isinstance(one, Mapping) and one.get("name") == "ErrorCode":
            return str(one.get("reason"))[:40]
    return None


def _trace(told: Any) -> str:
    """What the vendor's support asks for."""
    return str(told.get("traceId"))[:80] if isinstance(told, Mapping) else "no trace"
