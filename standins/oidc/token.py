"""The token and userinfo endpoints."""

import hmac
import time

import flask

from standins.oidc.clients import Client, Refused
from standins.oidc.logins import ACCESS_TOKEN_SECONDS, Code
from standins.oidc.provider import Provider
from standins.oidc.requests import VERIFIER_SHAPE
from standins.oidc.tokens import ID_TOKEN_SECONDS, challenge_of, half_hash


def add_routes(blueprint: flask.Blueprint, provider: Provider) -> None:
    """Where a code becomes tokens, and a token becomes what is known about the person."""

    @blueprint.post("/op/connect/token")
    def token() -> flask.Response:
        try:
            answer = flask.jsonify(_exchange(provider))
        except Refused as refused:
            # The body is as bare as the real broker's; the header is for the developer who wonders why.
            answer = flask.jsonify({"error": refused.error})
            answer.status_code = refused.status
            if refused.status == 401:
                answer.headers["WWW-Authenticate"] = 'Basic realm="token"'
            answer.headers["X-Standin-Reason"] = str(refused)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Pragma"] = "no-cache"
        return answer

    @blueprint.route("/op/connect/userinfo", methods=["GET", "POST"])
    def userinfo() -> flask.Response:
        scheme, _space, bearer = flask.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            bearer = flask.request.form.get("access_token", "")
        grant = provider.logins.grants.get(bearer.strip())
        if grant is None:
            answer = flask.Response(status=401)
            answer.headers["WWW-Authenticate"] = 'Bearer realm="IdentityServer",error="invalid_token"'
        else:
            answer = flask.jsonify({"sub": grant.login.person.subject, **provider.shape.userinfo_claims(grant)})
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _exchange(provider: Provider) -> dict[str, object]:
    """A code for tokens.

    :raises Refused: the client, the code, its address or its verifier is not right
    """
    given = flask.request.form
    if any(len(values) > 1 for _name, values in given.lists()):
        raise Refused("invalid_request", "a parameter stands twice")
    client = provider.authenticator.authenticate(flask.request.headers.get("Authorization"), given)
    grant_type = given.get("grant_type")
    if grant_type is None:
        raise Refused("invalid_request", "grant_type is missing")
    if grant_type != "authorization_code":
        raise Refused("unsupported_grant_type", "grant_type must be authorization_code")
    if "code" not in given:
        raise Refused("invalid_request", "code is missing")
    code = given["code"]
    found = provider.logins.use_code(code)
    if found is None:
        raise Refused("invalid_grant", "the code is unknown, used or too old")
    _check(found, client, given.get("redirect_uri"), given.get("code_verifier", ""))
    access_token = provider.logins.new_access_token(code, found)
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": " ".join(found.asked.scopes),
        "id_token": _id_token(provider, found, access_token),
    }


def _check(found: Code, client: Client, redirect_uri: str | None, verifier: str) -> None:
    if found.asked.client.client_id != client.client_id:
        raise Refused("invalid_grant", "the code was given to another client")
    if redirect_uri != found.asked.redirect_uri:
        raise Refused("invalid_grant", "redirect_uri is not the one of the authorize request")
    if not VERIFIER_SHAPE.fullmatch(verifier):
        raise Refused("invalid_grant", "code_verifier is missing or misshapen")
    if not hmac.compare_digest(challenge_of(verifier), found.asked.challenge):
        raise Refused("invalid_grant", "code_verifier does not fit the challenge")


def _id_token(provider: Provider, found: Code, access_token: str) -> str:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": provider.issuer,
        "nbf": now,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "aud": found.asked.client.client_id,
        "sub": found.login.person.subject,
        "sid": found.login.sid,
        "auth_time": found.login.auth_time,
        "at_hash": half_hash(access_token),
    }
    if found.asked.nonce is not None:
        claims["nonce"] = found.asked.nonce
    return provider.keys.sign({**claims, **provider.shape.id_token_claims(found.login)})
