"""The login dance, the same for citizens and staff: out to the broker, back with a code, every check made.

LoginFailed
 ├ NoSuchAttempt   the state belongs to no login begun in this browser (or one that has been finished)
 ├ Aborted         the person changed their mind
 ├ TryAgain        something on the way went wrong that another try may mend
 └ BrokerTrouble   the broker has a problem
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import requests
from authlib.integrations.base_client import OAuthError
from flask import current_app, redirect, request, session
from flask_babel import get_locale
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from app.config import Settings
from app.identity import tokens
from app.identity.broker import Broker, BrokerUnavailable
from app.identity.people import Claims
from app.web.signin.addresses import own_address
from app.web.signin.client import BrokerClient
from app.web.visit import current_wires

Kind = Literal["citizen", "staff"]

MAX_AGE_SECONDS = 300
_ATTEMPTS_KEPT = 5
_LEEWAY_SECONDS = 60
_CLIENTS = "bdk.broker_clients"
_ABORTED = ("aborted", "abort", "declined_user_consent", "cancel")
_OTHER_TRY = ("navigation", "cookie", "timeout", "no_ctx", "correlation", "browser", "login_required")
_log = logging.getLogger(__name__)


class LoginFailed(Exception):
    """Nobody is logged in."""


class NoSuchAttempt(LoginFailed):
    """The state belongs to no login that this browser began, or to one that is finished."""


class Aborted(LoginFailed):
    """The person changed their mind at the broker."""


class TryAgain(LoginFailed):
    """Something on the way went wrong; a new try starts from the beginning."""


class BrokerTrouble(LoginFailed):
    """The broker has a problem, or does not answer."""


@dataclass(frozen=True)
class Answer:
    """What a finished login proved: claims of ID token and userinfo together, the ID token's own winning."""

    claims: Claims
    id_token: str
    after: str


def client_for(kind: Kind) -> BrokerClient:
    """The client of the citizens' or the staff's broker; made once, it keeps what the broker said of itself."""
    clients: dict[str, BrokerClient] = current_app.extensions.setdefault(_CLIENTS, {})
    if kind not in clients:
        settings: Settings = current_wires().settings
        oidc = settings.citizen_oidc if kind == "citizen" else settings.staff_oidc
        clients.setdefault(kind, BrokerClient(kind, oidc, Broker(oidc.issuer)))
    return clients[kind]


def begin(kind: Kind, *, callback: str, after: str) -> Response:
    """Send the browser to the broker, with state, nonce and PKCE that only this session knows.

    `callback` is the path that the broker answers at; `after` the path to open when the login is done.

    :raises BrokerTrouble: discovery cannot be had
    """
    client = client_for(kind)
    language = str(get_locale() or "da")
    asked = {"prompt": "login", "max_age": str(MAX_AGE_SECONDS), "language": language, "ui_locales": language}
    # An empty value takes a parameter out, for a broker that does not know it.
    params = {name: value for name, value in (asked | client.oidc.authorize_extra).items() if value}
    redirect_uri = own_address(callback)
    try:
        attempt = client.create_authorization_url(redirect_uri, **params)
    except BrokerUnavailable as error:
        _log.warning("login cannot begin: %s: %s", kind, error)
        raise BrokerTrouble(str(error)) from error
    _forget_old_attempts(kind)
    client.save_authorize_data(
        redirect_uri=redirect_uri,
        after=after,
        started_at=int(current_wires().clock().timestamp()),
        needs_auth_time="max_age" in params,
        **attempt,
    )
    return redirect(attempt["url"], 303)


def finish(kind: Kind) -> Answer:
    """Judge the broker's answer in this request.

    State comes first: until it is known, nothing else in the address is believed, not even an error.

    :raises LoginFailed: one of its kinds
    """
    client = client_for(kind)
    state = request.args.get("state", "")
    attempt = client.framework.get_state_data(session, state)
    if not attempt:
        raise NoSuchAttempt("no such attempt in this browser")
    try:
        if "error" in request.args:
            raise _as_told(request.args["error"], request.args.get("error_description", ""))
        return _exchange(client, attempt)
    except (tokens.TokenRefused, JoseError) as error:
        _log.warning("login refused: %s: %s", kind, type(error).__name__)
        raise TryAgain(type(error).__name__) from error
    except OAuthError as error:
        _log.warning("login failed at the token endpoint: %s: %s", kind, error.error)
        raise (TryAgain if error.error == "invalid_grant" else BrokerTrouble)("token endpoint") from error
    except (BrokerUnavailable, requests.RequestException, ValueError, KeyError, TypeError) as error:
        _log.warning("broker trouble: %s: %s", kind, type(error).__name__)
        raise BrokerTrouble(type(error).__name__) from error
    finally:
        # Whatever came of it, an attempt is used once.
        client.framework.clear_state_data(session, state)


def _exchange(client: BrokerClient, attempt: Mapping[str, Any]) -> Answer:
    metadata = client.broker.metadata()
    issuer = client.issuer
    tokens.check_response_issuer(
        request.args.get("iss"),
        issuer=issuer,
        is_announced=metadata.get("authorization_response_iss_parameter_supported") is True,
    )
    if not request.args.get("code"):
        raise TryAgain("no code")
    token = client.authorize_access_token(leeway=_LEEWAY_SECONDS)
    id_token = tokens.id_token_in(token)
    id_claims: Claims = token["userinfo"]
    tokens.check_id_claims(
        id_claims,
        issuer=issuer,
        client_id=client.oidc.client_id,
        started_at=datetime.fromtimestamp(attempt["started_at"], tz=UTC),
        needs_auth_time=attempt["needs_auth_time"],
        now=current_wires().clock(),
    )
    userinfo: Claims = {}
    if metadata.get("userinfo_endpoint"):
        userinfo = client.userinfo(token=token)
        tokens.check_same_subject(id_claims, userinfo)
    return Answer(claims={**userinfo, **id_claims}, id_token=id_token, after=attempt["after"])


def _as_told(error: str, description: str) -> LoginFailed:
    """What the broker's error means for the person. Its words are never shown: anybody can write them in an address."""
    words = f"{error} {description}".lower()
    if any(word in words for word in _ABORTED):
        return Aborted("aborted at the broker")
    if any(word in words for word in _OTHER_TRY):
        return TryAgain("the broker asks for another try")
    if error == "access_denied":
        return Aborted("denied at the broker")
    _log.warning("the broker reports an error: %.40s", "".join(c for c in error if c.isalnum() or c == "_"))
    return BrokerTrouble("the broker reports an error")


def _forget_old_attempts(kind: Kind) -> None:
    """Keep a session small: of many logins begun and never finished, the newest stay."""
    begun = [key for key in session if key.startswith(f"_state_{kind}_")]
    begun.sort(key=lambda key: float(session[key]["exp"]))  # JSONB keeps no order of its own
    for key in begun[: max(0, len(begun) - _ATTEMPTS_KEPT + 1)]:
        session.pop(key)
