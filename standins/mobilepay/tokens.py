"""Who may call: the sales unit's keys, the accounting keys, and the bearer tokens that they buy."""

import base64
import binascii
import hmac
import secrets
import threading
from datetime import datetime, timedelta

from werkzeug.datastructures import Headers

from standins.mobilepay.clock import Clock
from standins.mobilepay.merchant import MSN
from standins.mobilepay.refusals import Refusal, malformed

CLIENT_ID, CLIENT_SECRET = "standin-client", "standin-secret"
# Two subscription keys are valid at once, so that one can be exchanged for the other.
SUBSCRIPTION_KEYS = ("standin-subscription", "standin-subscription-2")
ACCOUNTING_ID, ACCOUNTING_SECRET = "standin-accounting", "standin-accounting-secret"
LIFETIME = timedelta(hours=1)  # as in the vendor's test environment; 24 hours in production
ACCOUNTING_LIFETIME = timedelta(minutes=15)
SYSTEM_HEADERS = (
    "Vipps-System-Name",
    "Vipps-System-Version",
    "Vipps-System-Plugin-Name",
    "Vipps-System-Plugin-Version",
)
LONGEST_SYSTEM_HEADER = 30
KEPT = 10_000


def unauthorised(detail: str) -> Refusal:
    """Nobody knows who is calling."""
    return Refusal("Unauthorized", detail, status=401)


class Tokens:
    """The bearer tokens in use; a reset does not end them, the clock does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def make(self, lifetime: timedelta) -> str:
        """A new token; the oldest is forgotten where there are far too many."""
        token = f"eyJ{secrets.token_urlsafe(60)}"
        with self._lock:
            self._until[token] = self._clock.now() + lifetime
            if len(self._until) > KEPT:
                del self._until[next(iter(self._until))]
        return token

    def is_valid(self, token: str) -> bool:
        """Whether it was made here and has not expired."""
        until = self._until.get(token)
        return until is not None and self._clock.now() < until


def check_keys(headers: Headers) -> None:
    """That a request for a token carries the sales unit's keys.

    :raises Refusal: a key is missing or wrong, or the keys are another sales unit's
    """
    check_subscription(headers)
    for name, right in (("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)):
        if not _same(headers.get(name, ""), right):
            raise unauthorised(f"The header {name} is missing or wrong.")
    check_sales_unit(headers)


def check_subscription(headers: Headers) -> None:
    """That the gateway lets the request in.

    :raises Refusal: the subscription key is missing or wrong
    """
    given = headers.get("Ocp-Apim-Subscription-Key", "")
    if not given:
        raise unauthorised("Access denied due to missing subscription key.")
    if not any(_same(given, right) for right in SUBSCRIPTION_KEYS):
        raise unauthorised("Access denied due to invalid subscription key.")


def check_sales_unit(headers: Headers) -> None:
    """That the request is for this sales unit and says no more of its sender than fits.

    :raises Refusal: the number is missing or another's, or a header is too long
    """
    given = headers.get("Merchant-Serial-Number", "")
    if not given:
        raise malformed("Merchant-Serial-Number", "The header is required.")
    if given != MSN:
        raise Refusal("Forbidden", "The keys are not those of this sales unit.", status=403)
    for name in SYSTEM_HEADERS:
        if len(headers.get(name, "")) > LONGEST_SYSTEM_HEADER:
            raise malformed(name, f"At most {LONGEST_SYSTEM_HEADER} characters.")


def check_bearer(headers: Headers, tokens: Tokens) -> None:
    """That the request carries a token which still counts.

    :raises Refusal: it does not
    """
    scheme, _space, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorised("The header Authorization must be Bearer and an access token.")
    if not tokens.is_valid(token):
        raise unauthorised("The access token is unknown or has expired.")


def is_accountant(headers: Headers) -> bool:
    """Whether a request carries the accounting keys, as HTTP Basic."""
    scheme, _space, coded = headers.get("Authorization", "").partition(" ")
    try:
        name, _colon, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and _same(name, ACCOUNTING_ID) and _same(secret, ACCOUNTING_SECRET)


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
