"""The pages for what goes wrong at the door, in words that say whether money was taken, with a number to quote."""

import secrets
from dataclasses import dataclass

import structlog
from flask import Flask, Response, current_app, g, has_request_context, make_response, render_template, request
from flask_babel import LazyString, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

log = structlog.get_logger(__name__)

# Machines come in at these doors: they are answered in one plain line.
_MACHINE_DOORS = ("/hooks/", "/metrics", "/healthz", "/readyz")


@dataclass(frozen=True)
class Wording:
    """What one kind of error says: heading, then sentences, then whether the way back is the overview."""

    heading: LazyString
    sentences: tuple[LazyString, ...]


_NO_MONEY = lazy_gettext("Vi har ikke trukket penge.")
_GO_BACK = lazy_gettext("Gå tilbage, og prøv igen.")
STALE_FORM = Wording(lazy_gettext("Siden har ligget åben for længe"), (_GO_BACK, _NO_MONEY))
WORDINGS = {
    400: Wording(lazy_gettext("Vi kunne ikke læse det, du sendte"), (_GO_BACK, _NO_MONEY)),
    403: Wording(lazy_gettext("Du har ikke adgang til siden"), (lazy_gettext("Er du logget på som en anden?"),)),
    404: Wording(lazy_gettext("Vi kan ikke finde siden"), (lazy_gettext("Måske er linket gammelt."),)),
    405: Wording(lazy_gettext("Siden kan ikke åbnes på den måde"), (_GO_BACK, _NO_MONEY)),
    413: Wording(
        lazy_gettext("Du har sendt for meget på én gang"), (lazy_gettext("Gør det kortere, og prøv igen."), _NO_MONEY)
    ),
    429: Wording(lazy_gettext("Du har prøvet mange gange"), (lazy_gettext("Vent lidt, og prøv så igen."),)),
    500: Wording(
        lazy_gettext("Undskyld, noget gik galt hos os"),
        (
            lazy_gettext("Har du lige betalt? Så betal ikke igen."),
            lazy_gettext("Se »Dine regninger« om lidt."),
        ),
    ),
    503: Wording(
        lazy_gettext("Siden er lukket lige nu"),
        (
            lazy_gettext("Prøv igen om lidt."),
            lazy_gettext("Får du ikke betalt til tiden på grund af lukningen, får du ikke en rykker."),
        ),
    ),
}


# What is wrong at one door is said in its own words.
OWN_WORDINGS = {
    (429, "/kode"): Wording(
        lazy_gettext("Du har prøvet for mange gange"), (lazy_gettext("Vent en time, eller ring til os."), _NO_MONEY)
    ),
}


def correlation_id() -> str:
    """The number of this request, the same in the log and on the page: eight characters in two groups."""
    known: str | None = g.get("correlation_id")
    if known is None:
        known = g.correlation_id = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}".upper()
    return known


def page(code: int, wording: Wording | None = None) -> tuple[str, int]:
    """The error page of a status, for doors that answer with one by themselves."""
    chosen = wording or WORDINGS.get(code) or WORDINGS[400 if code < 500 else 500]
    facts = {"code": code, "wording": chosen, "correlation_id": correlation_id()}
    try:
        return render_template("errors/error.html", **facts), code
    except Exception:  # the page of last resort: whatever broke the request may break the frame too
        log.exception("error page failed", correlation_id=correlation_id())
        return render_bare(code, chosen), code


def render_bare(code: int, wording: Wording) -> str:
    """A page without frame, municipality or database."""
    template = current_app.jinja_env.get_template("errors/bare.html")
    return template.render(code=code, wording=wording, correlation_id=correlation_id())


def install(app: Flask) -> None:
    """Answer every error of the app with its page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None or code < 400:
        return make_response(error.get_response())
    if code >= 500:
        log.error("server error", status=code, correlation_id=correlation_id())
    wording = STALE_FORM if isinstance(error, CSRFError) else OWN_WORDINGS.get((code, request.path))
    response = _answer(code, wording)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen error", exc_info=error, correlation_id=correlation_id())
    return _answer(500, None)


def _answer(code: int, wording: Wording | None) -> Response:
    if has_request_context() and request.path.startswith(_MACHINE_DOORS):
        return Response(f"{code} {correlation_id()}\n", status=code, mimetype="text/plain")
    return make_response(page(code, wording))
