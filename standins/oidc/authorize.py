"""The authorize endpoint and the login page behind it."""

import urllib.parse

import flask
from werkzeug.wrappers import Response

from standins.oidc import screens
from standins.oidc.provider import Provider
from standins.oidc.pushed import fetch
from standins.oidc.requests import Asked, BadRequest, read
from standins.people import Person

Answer = Response | tuple[str, int]


def add_routes(blueprint: flask.Blueprint, provider: Provider) -> None:
    """Discovery, keys, authorize, and the page where a person logs in."""

    @blueprint.get("/")
    def index() -> str:
        return screens.INDEX.render(title=provider.shape.title, about=provider.shape.about)

    @blueprint.get("/op/.well-known/openid-configuration")
    def discovery() -> flask.Response:
        return flask.jsonify(provider.discovery())

    @blueprint.get("/op/.well-known/openid-configuration/jwks")
    def jwks() -> flask.Response:
        return flask.jsonify(provider.keys.jwks())

    @blueprint.post("/op/rotate-keys")
    def rotate_keys() -> flask.Response:
        return flask.jsonify({"kid": provider.keys.rotate()})

    @blueprint.route("/op/connect/authorize", methods=["GET", "POST"])
    def authorize() -> Answer:
        try:
            return _authorize(provider)
        except BadRequest as bad:
            return _problem("Forkert kald", str(bad))

    @blueprint.post("/op/login")
    def log_in() -> Answer:
        return _log_in(provider)


def _authorize(provider: Provider) -> Answer:
    """Lead the browser back at once where nobody need be asked, or show the login page.

    :raises BadRequest: the request is none that this provider answers
    """
    parameters = flask.request.form if flask.request.method == "POST" else flask.request.args
    shape = provider.shape
    if "request_uri" in parameters:
        asked = fetch(provider, parameters["request_uri"], parameters.get("client_id"))
    else:
        given = parameters.to_dict(flat=False)
        asked = read(given, provider.authenticator.clients, scopes=shape.scopes, idps=shape.idps)
    if asked.simulation:
        return _simulate(provider, asked)
    login = provider.logins.reusable(flask.request.cookies.get(provider.cookie), asked, provider.is_hinted)
    if login is not None:
        return _lead_back(provider, asked, {"code": provider.logins.new_code(asked, login)})
    if "none" in asked.prompt:
        return _lead_back(provider, asked, {"error": "login_required"})
    return _login_page(provider, provider.logins.hold(asked), asked)


def _log_in(provider: Provider) -> Answer:
    """Do what was pressed on the login page."""
    form = flask.request.form
    key = form.get("request", "")
    asked = provider.logins.pending.get(key)
    if asked is None:
        return _problem("For sent", "Dit forsøg på at logge ind er udløbet eller brugt.")
    username = form.get("person") or form.get("username", "").strip().lower()
    person = None if "abort" in form else provider.shape.find_person("username", username)
    if person is None and "abort" not in form:
        return _login_page(provider, key, asked, username=username, error="Ingen har det bruger-id.")
    if provider.logins.pending.take(key) is None:
        return _problem("For sent", "Dit forsøg på at logge ind er udløbet eller brugt.")
    return _abort(provider, asked) if person is None else _enter(provider, asked, person)


def _problem(title: str, reason: str) -> Answer:
    return screens.PROBLEM.render(title=title, reason=reason), 400


def _login_page(provider: Provider, key: str, asked: Asked, *, username: str = "", error: str = "") -> flask.Response:
    page = flask.make_response(
        screens.LOGIN.render(
            title=provider.shape.title,
            action=f"{provider.cookie_path}/login",
            request=key,
            people=provider.shape.people,
            reference_text=asked.reference_text,
            username=username,
            error=error,
        ),
        422 if error else 200,
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _simulate(provider: Provider, asked: Asked) -> Answer:
    """Do what `simulation=` says: `abort`, or `no-ui` or `ui` with `cpr:`, `uuid:` or `username:`."""
    words = asked.simulation.split()
    if words == ["abort"]:
        return _abort(provider, asked)
    who = [word.partition(":") for word in words if ":" in word]
    ways = [word for word in words if ":" not in word]
    if ways not in (["ui"], ["no-ui"]) or len(who) > 1:
        raise BadRequest("simulation must be abort, or ui or no-ui with cpr:, uuid: or username:")
    person = provider.shape.find_person(who[0][0], who[0][2]) if who else None
    if ways == ["ui"]:
        return _login_page(provider, provider.logins.hold(asked), asked, username=person.username if person else "")
    if person is None:
        raise BadRequest("simulation names nobody who can log in here")
    return _enter(provider, asked, person)


def _enter(provider: Provider, asked: Asked, person: Person) -> Response:
    session_id, login = provider.logins.log_in(
        flask.request.cookies.get(provider.cookie), person, asked.client.client_id
    )
    answer = _lead_back(provider, asked, {"code": provider.logins.new_code(asked, login)})
    answer.set_cookie(provider.cookie, session_id, path=provider.cookie_path, httponly=True, samesite="Lax")
    return answer


def _abort(provider: Provider, asked: Asked) -> Response:
    return _lead_back(
        provider, asked, {"error": "access_denied", "error_description": provider.shape.abort_description}
    )


def _lead_back(provider: Provider, asked: Asked, parameters: dict[str, str]) -> Response:
    """Send the browser back to the client, with its state and (RFC 9207) our name."""
    if asked.state is not None:
        parameters["state"] = asked.state
    if "error" not in parameters or asked.client.iss_on_errors:
        parameters["iss"] = provider.issuer
    mark = "&" if "?" in asked.redirect_uri else "?"
    address = asked.redirect_uri + mark + urllib.parse.urlencode(parameters)
    answer = flask.redirect(address, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer
