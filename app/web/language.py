"""The language of a visit: Danish unless the visitor chose another, and the words that go with it.

The texts of the code are Danish and are their own keys. Other languages are read from `translations/*.po` at start, so
nothing has to be compiled before the portal runs.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain

DANISH = "da"
LANGUAGES = {"da": "Dansk", "en": "English"}
"""Code to the language's name in itself, in the order of the menu."""
PARAMETER = "lang"
COOKIE = "bdk_language"
COOKIE_SECONDS = 365 * 24 * 3600
FOLDER = Path(__file__).resolve().parents[2] / "translations"


class _PoDomain(Domain):  # type: ignore[misc]  # flask_babel brings no types
    """Texts straight from the .po files."""

    def get_translations(self) -> NullTranslations:
        return catalogue(current())


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of one language; Danish needs none, because the keys are Danish."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if language == DANISH or not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def current() -> str:
    """The language of this visit: the one asked for now, else the one chosen before, else Danish."""
    if not has_request_context():
        return DANISH
    asked = request.args.get(PARAMETER), request.cookies.get(COOKIE)
    return next((code for code in asked if code in LANGUAGES), DANISH)


def is_english() -> bool:
    """Whether this visit is in English."""
    return current() == "en"


def menu() -> list[dict[str, str]]:
    """The language menu, the current one first: `code`, `name` and `href` of the same page in that language.

    The answer to a form often stands at an address that cannot be fetched; from there a change of language leads to
    the front page. The links are relative to the address at hand, so that `//evil` as a path leads nowhere else.
    """
    here, path, kept = current(), "/", []
    if request.method in {"GET", "HEAD"}:
        path = ""
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return [
        {"code": code, "name": LANGUAGES[code], "href": f"{path}?{urlencode([*kept, (PARAMETER, code)])}"}
        for code in sorted(LANGUAGES, key=lambda code: code != here)
    ]


def install(app: Flask) -> None:
    """Let the templates speak both languages, and remember a choice."""
    babel = Babel(app, default_locale=DANISH, default_timezone="Europe/Copenhagen", locale_selector=current)
    babel.domain_instance = _PoDomain()
    app.jinja_env.globals.update(language=current, language_menu=menu)
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    if request.args.get(PARAMETER) in LANGUAGES and current() != request.cookies.get(COOKIE, DANISH):
        response.set_cookie(
            COOKIE, current(), max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response
