"""Pushed authorization requests (RFC 9126): the client brings its request itself; the browser carries a reference."""

import flask

from standins.oidc.clients import Refused
from standins.oidc.logins import PENDING_SECONDS
from standins.oidc.provider import Provider
from standins.oidc.requests import Asked, BadRequest, read

REFERENCE = "urn:ietf:params:oauth:request_uri:"


def add_routes(blueprint: flask.Blueprint, provider: Provider) -> None:
    """The endpoint where a client pushes its request."""

    @blueprint.post("/op/connect/par")
    def push() -> flask.Response:
        form = flask.request.form
        try:
            client = provider.authenticator.authenticate(flask.request.headers.get("Authorization"), form)
            asked = read(
                {**form.to_dict(flat=False), "client_id": [client.client_id]},
                provider.authenticator.clients,
                scopes=provider.shape.scopes,
                idps=provider.shape.idps,
            )
            answer = flask.jsonify(
                {"request_uri": REFERENCE + provider.logins.hold(asked), "expires_in": PENDING_SECONDS}
            )
            answer.status_code = 201
        except Refused as refused:
            answer = flask.jsonify({"error": refused.error})
            answer.status_code = refused.status
            if refused.status == 401:
                answer.headers["WWW-Authenticate"] = 'Basic realm="par"'
        except BadRequest as bad:
            answer = flask.jsonify({"error": "invalid_request"})
            answer.status_code = 400
            answer.headers["X-Standin-Reason"] = str(bad)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def fetch(provider: Provider, reference: str, client_id: str | None) -> Asked:
    """What was pushed under this reference, once.

    :raises BadRequest: nothing was, it was fetched before, or another client pushed it
    """
    asked = provider.logins.pending.take(reference.removeprefix(REFERENCE))
    if asked is None or not reference.startswith(REFERENCE) or asked.client.client_id != client_id:
        raise BadRequest("request_uri is unknown, used or too old")
    return asked
