"""The checks on an OpenID Connect login that Authlib leaves to us, and the whole check of a logout token. Pure.

Authlib verifies the ID token's signature, issuer, audience, expiry and nonce; what is here comes on top
(OpenID Connect Core 3.1.3.7, RFC 9207, OpenID Connect Back-Channel Logout 2.6).

    TokenRefused
     ├ ResponseFromElsewhere   the answer names another issuer than the one asked
     ├ IdTokenMissing          the token endpoint gave none
     ├ AlgorithmNotAllowed     signed in a way, or with a key in its header, that is not accepted
     ├ WrongIssuer  WrongAudience  SubjectsDiffer
     ├ NotInForce              expired, not valid yet, or from the future
     ├ LoginTooOld             nobody authenticated for this login
     ├ BadSignature
     └ NotALogoutToken
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from app.identity.people import Claims, moment

ALLOWED_ALGORITHMS = ("RS256", "PS256", "ES256")
CLOCK_SKEW = timedelta(seconds=60)
LOGOUT_TOKEN_AGE = timedelta(minutes=2)
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_TOKEN = 16_000


class TokenRefused(Exception):
    """What the broker sent proves nothing, so nobody is logged in (or out)."""


class ResponseFromElsewhere(TokenRefused):
    """The authorization response names another issuer, or none although this broker always does."""


class IdTokenMissing(TokenRefused):
    """The token endpoint answered without an ID token."""


class AlgorithmNotAllowed(TokenRefused):
    """An algorithm outside the pinned list, or a header that brings its own key."""


class WrongIssuer(TokenRefused):
    """Issued by somebody else than the configured broker."""


class WrongAudience(TokenRefused):
    """Issued to somebody else than this portal."""


class NotInForce(TokenRefused):
    """Expired, not valid yet, or issued in the future."""


class LoginTooOld(TokenRefused):
    """The person authenticated before this login began, or nothing says when."""


class SubjectsDiffer(TokenRefused):
    """Userinfo speaks of another person than the ID token."""


class BadSignature(TokenRefused):
    """No key of the broker made this signature, or it is no token at all."""


class NotALogoutToken(TokenRefused):
    """Genuine, but not an order to log somebody out."""


@dataclass(frozen=True)
class LogoutOrder:
    """Whom a logout token orders us to log out: one session at the broker, or all of a subject's."""

    issuer: str
    jti: str
    sid: str | None
    subject: str | None


def accepted_algorithms(announced: object) -> list[str]:
    """Of what discovery announces, what we accept. Discovery never widens the list, nor does its silence."""
    if not isinstance(announced, list):
        return ["RS256"]
    return [one for one in ALLOWED_ALGORITHMS if one in announced]


def check_response_issuer(given: str | None, *, issuer: str, is_announced: bool) -> None:
    """The `iss` parameter of a successful authorization response (RFC 9207).

    :raises ResponseFromElsewhere: another issuer, or none although discovery promises one
    """
    if given is None and not is_announced:
        return
    if given != issuer:
        raise ResponseFromElsewhere("the answer is not from the broker that was asked")


def id_token_in(answer: Mapping[str, object]) -> str:
    """The ID token in the token endpoint's answer, its header checked.

    :raises IdTokenMissing: there is none
    :raises AlgorithmNotAllowed: see `check_header`
    """
    raw = answer.get("id_token")
    if not isinstance(raw, str) or not raw:
        raise IdTokenMissing("the broker sent no ID token")
    check_header(raw)
    return raw


def check_header(raw: str) -> Mapping[str, object]:
    """The token's header, before any key is chosen by it.

    :raises BadSignature: this is no signed token
    :raises AlgorithmNotAllowed: the algorithm is not pinned, or the header brings or points to a key
    """
    if len(raw) > _LONGEST_TOKEN:
        raise BadSignature("too long for a token")
    try:
        header = jws.extract_compact(raw.encode()).headers()
    except (JoseError, ValueError):
        raise BadSignature("not a signed token") from None
    if header.get("alg") not in ALLOWED_ALGORITHMS:
        raise AlgorithmNotAllowed("the signing algorithm is not accepted")
    if "jwk" in header or "jku" in header or "x5u" in header:
        raise AlgorithmNotAllowed("a token may not bring its own key")
    return header


def claimed_issuer(raw: str) -> str:
    """Who a token says it is from: unproven, good only for choosing whose keys to judge it by.

    :raises TokenRefused: no token, or one that names nobody
    """
    check_header(raw)
    try:
        issuer = json.loads(jws.extract_compact(raw.encode()).payload)["iss"]
    except (ValueError, KeyError, TypeError):
        raise WrongIssuer("it names nobody") from None
    if not isinstance(issuer, str):
        raise WrongIssuer("it names nobody")
    return issuer


def check_id_claims(
    claims: Claims,
    *,
    issuer: str,
    client_id: str,
    started_at: datetime,
    needs_auth_time: bool,
    now: datetime,
) -> None:
    """What the ID token claims, against what was asked.

    `started_at` is when the citizen was sent to the broker with the order to authenticate anew; `needs_auth_time`: a
    maximum age was asked for, so the broker must say when (OpenID Connect Core 2).

    :raises WrongIssuer: not the configured one
    :raises WrongAudience: not us, or not us alone
    :raises NotInForce: expired, not valid yet, from the future, or the broker's session is over
    :raises LoginTooOld: nobody authenticated since `started_at`
    """
    _check_sender(claims, issuer=issuer, client_id=client_id)
    _check_times(claims, now=now)
    if "session_expiry" in claims:
        over_at = moment(claims["session_expiry"])
        if over_at is None or over_at <= now:
            raise NotInForce("the broker's session is over")
    auth_time = moment(claims.get("auth_time"))
    if auth_time is None and (needs_auth_time or "auth_time" in claims):
        raise LoginTooOld("the broker does not say when the person authenticated")
    if auth_time is not None and not started_at - CLOCK_SKEW <= auth_time <= now + CLOCK_SKEW:
        raise LoginTooOld("nobody authenticated for this login")


def check_same_subject(id_claims: Claims, userinfo: Claims) -> None:
    """Userinfo is about the person of the ID token (OpenID Connect Core 5.3.2).

    :raises SubjectsDiffer: another subject, or none
    """
    if not id_claims.get("sub") or userinfo.get("sub") != id_claims["sub"]:
        raise SubjectsDiffer("userinfo is about somebody else")


def read_logout_token(raw: str, *, keys: KeySet, issuer: str, client_id: str, now: datetime) -> LogoutOrder:
    """The order in a back-channel logout token. Whether it was obeyed before, the caller knows.

    :raises TokenRefused: any of its kinds; see the top of the file
    """
    header = check_header(raw)
    if str(header.get("typ", "")).lower().removeprefix("application/") != "logout+jwt":
        raise NotALogoutToken("the type is not logout+jwt")
    try:
        claims = jwt.decode(
            raw, keys, registry=JWSRegistry(algorithms=list(ALLOWED_ALGORITHMS), strict_check_header=False)
        ).claims
    except (JoseError, ValueError):
        raise BadSignature("no key of the broker made this signature") from None
    _check_sender(claims, issuer=issuer, client_id=client_id)
    _check_times(claims, now=now)
    issued_at = moment(claims.get("iat"))
    if issued_at is None or issued_at < now - LOGOUT_TOKEN_AGE:
        raise NotInForce("the logout token is old")
    events, jti, sid, subject = (claims.get(name) for name in ("events", "jti", "sid", "sub"))
    if "nonce" in claims or not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise NotALogoutToken("not a logout event")
    if not isinstance(jti, str) or not jti or not all(one is None or isinstance(one, str) for one in (sid, subject)):
        raise NotALogoutToken("without an id of its own")
    if not sid and not subject:
        raise NotALogoutToken("it names nobody")
    return LogoutOrder(issuer=issuer, jti=jti, sid=sid or None, subject=subject or None)


def _check_sender(claims: Claims, *, issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise WrongIssuer("issued by somebody else")
    given = claims.get("aud")
    audience = given if isinstance(given, list) else [given]
    azp = claims.get("azp")
    if client_id not in audience or azp not in (None, client_id) or (len(audience) > 1 and azp is None):
        raise WrongAudience("issued to somebody else")


def _check_times(claims: Claims, *, now: datetime) -> None:
    issued_at, expires_at = moment(claims.get("iat")), moment(claims.get("exp"))
    if issued_at is None or issued_at > now + CLOCK_SKEW:
        raise NotInForce("issued in the future, or without a time")
    if expires_at is None or expires_at <= now - CLOCK_SKEW:
        raise NotInForce("expired, or without an end")
    not_before = moment(claims.get("nbf"))
    if "nbf" in claims and (not_before is None or not_before > now + CLOCK_SKEW):
        raise NotInForce("not valid yet")
