"""The pages of a login that did not succeed, and of one that ended."""

from flask import Response, make_response, render_template, url_for

from app.web.signin.dance import Aborted, BrokerTrouble, Kind, LoginFailed
from app.web.visit import current_municipality

_LOGIN = {"citizen": "signin.login", "staff": "signin.staff_login"}


def page(name: str, *, kind: Kind, status: int) -> Response:
    """One page of `templates/signin/`, which knows where a new try begins."""
    place = current_municipality()
    body = render_template(f"signin/{name}.html", kind=kind, login=url_for(_LOGIN[kind]), municipality=place)
    return make_response(body, status)


def failed(failure: LoginFailed, *, kind: Kind) -> Response:
    """The page for a failure on the way to the broker or back."""
    if isinstance(failure, Aborted):
        return page("aborted", kind=kind, status=200)
    if isinstance(failure, BrokerTrouble):
        answer = page("broker_down", kind=kind, status=503)
        answer.headers["Retry-After"] = "60"
        return answer
    return page("try_again", kind=kind, status=400)
