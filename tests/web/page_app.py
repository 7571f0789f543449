"""A small application around the pages, without database: real filters, words, headers and errors, made-up people."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect

from app.municipalities.facts import Facts
from app.municipalities.register import read
from app.web import errors, filters, headers, language, styling, visit, visitor, wording
from app.wiring import Wires
from tests.web.compiled import Compiled

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
"""A Thursday, 11.12 in Copenhagen."""
TODAY = date(2026, 5, 14)


def fjordby() -> Facts:
    """The demo municipality, as its own file says it."""
    return read((ROOT / "standins/municipalities/fjordby.yaml").read_text("utf-8"))


def page_app(
    *doors: Blueprint, citizen: str | None = None, staff: str | None = None, statement: str | None = None
) -> Flask:
    """The pages as a visitor meets them at NOW; `citizen` or `staff` is the name of who is logged in."""
    app = Flask("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="test", TESTING=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.bytecode_cache = Compiled()
    wires = SimpleNamespace(settings=SimpleNamespace(accessibility_statement_url=statement), clock=lambda: NOW)
    visit.install(app, cast("Wires", wires))
    CSRFProtect(app)
    for part in (language, styling, wording, headers, errors):
        part.install(app)
    filters.install(app, clock=lambda: NOW)
    facts = fjordby()
    people: dict[str, Any] = {
        "citizen": SimpleNamespace(name=citizen) if citizen else None,
        "staff": SimpleNamespace(name=staff) if staff else None,
    }
    app.context_processor(lambda: {"municipality": facts, **people})
    if not citizen and not staff:
        app.session_interface = visitor.VisitorSessions()
    for door in doors:
        app.register_blueprint(door)
    return app


def languages() -> Iterable[str]:
    """The codes that the pages speak."""
    return language.LANGUAGES
