"""Logging out: asked for by a client, or on the provider's own page, which tells the clients."""

import urllib.parse

import flask
from werkzeug.wrappers import Response

from standins.oidc import screens
from standins.oidc.clients import Client
from standins.oidc.provider import Provider


def add_routes(blueprint: flask.Blueprint, provider: Provider) -> None:
    """End session (RP-initiated logout) and the page where a person logs out at the provider."""

    @blueprint.route("/op/connect/endsession", methods=["GET", "POST"])
    def end_session() -> Response:
        given = flask.request.form if flask.request.method == "POST" else flask.request.args
        claims = provider.keys.read_own(given.get("id_token_hint", ""), provider.issuer)
        client = provider.authenticator.clients.get(str(claims.get("aud"))) if claims else None
        if claims is None or client is None or given.get("client_id", client.client_id) != client.client_id:
            # Without a valid hint nobody knows who asks: the person stays here and decides.
            return flask.redirect(f"{provider.cookie_path}/Account/Logout", 303)
        _end_login(provider, client, str(claims.get("sid")))
        address = given.get("post_logout_redirect_uri", "")
        if address not in client.post_logout_redirect_uris:
            return flask.redirect(f"{provider.cookie_path}/Account/Logout", 303)
        if given.get("state"):
            mark = "&" if "?" in address else "?"
            address += mark + urllib.parse.urlencode({"state": given["state"]})
        return flask.redirect(address, 303)

    @blueprint.get("/op/Account/Logout")
    def logout_page() -> str:
        session_id = flask.request.cookies.get(provider.cookie, "")
        return _page(provider, is_logged_in=bool(provider.logins.sessions.get(session_id)), told=[])

    @blueprint.post("/op/Account/Logout")
    def log_out() -> flask.Response:
        ended = provider.logins.end(flask.request.cookies.get(provider.cookie, ""))
        told = [provider.tell_of_logout(login) for login in ended]
        answer = flask.make_response(_page(provider, is_logged_in=False, told=told))
        answer.delete_cookie(provider.cookie, path=provider.cookie_path)
        return answer


def _end_login(provider: Provider, client: Client, sid: str) -> None:
    """End this client's login of this browser, where the hint is about that very login."""
    session_id = flask.request.cookies.get(provider.cookie, "")
    login = (provider.logins.sessions.get(session_id) or {}).get(client.client_id)
    if login is not None and login.sid == sid:
        provider.logins.end(session_id, client.client_id)


def _page(provider: Provider, *, is_logged_in: bool, told: list[str]) -> str:
    return screens.LOGOUT.render(
        title=f"Log ud: {provider.shape.title}",
        action=f"{provider.cookie_path}/Account/Logout",
        is_logged_in=is_logged_in,
        told=told,
    )
