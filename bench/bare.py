"""What the overview is compared with: a bare Flask page that runs one raw query and renders the same HTML.

The template and its words are the portal's; the context was made once, when the process began. Nobody is looked up,
nothing is guarded, no session, no header, no freshness.
"""

import os
import threading
from uuid import UUID

import psycopg
from flask import Flask, Response, render_template

from app.claims import queries as claims
from app.config import ROOT, Settings
from app.foundation.clock import danish_day, utc_now
from app.identity.people import Citizen
from app.payments import queries as payments
from app.sources import queries as sources
from app.web import filters, gaps, language, styling, wording
from app.wiring import wire
from bench.house import CODE

PERSON, NAME = "BENCH_PERSON_ID", "BENCH_PERSON_NAME"
_QUERY = """
    SELECT c.* FROM claim c JOIN claim_liability l ON l.claim_id = c.id
    WHERE l.person_id = %s AND c.municipality_code = %s AND c.closed_at IS NULL
"""


def create_app() -> Flask:
    """The bare page, as granian wants it."""
    app = Flask("bare", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (language, filters, styling, wording):
        part.install(app)
    app.jinja_env.globals["csrf_token"] = lambda: "bare"
    person_id, url = UUID(os.environ[PERSON]), os.environ["BDK_DATABASE_URL"]
    context, expected = _context(person_id)
    kept = threading.local()

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("alive")

    @app.get("/bare")
    def page() -> str:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(url, autocommit=True)
        rows = kept.connection.execute(_QUERY, (person_id, CODE)).fetchall()
        assert len(rows) == expected
        return render_template("citizen/bills.html", **context)

    return app


def _context(person_id: UUID) -> tuple[dict[str, object], int]:
    """The very context that the portal makes for this person, and how many bills are in it."""
    wires, now = wire(Settings()), utc_now()
    facts = wires.facts(CODE)
    with wires.sessions() as session:
        around = payments.beside(session, person_id=person_id, municipality_code=CODE)
        known = sources.freshness(session, person_id=person_id, municipality_code=CODE)
        bills = claims.bills_of(session, person_id=person_id, facts=facts, beside=around.beside, today=danish_day(now))
    wires.sessions.kw["bind"].dispose()
    context: dict[str, object] = {
        "bills": bills,
        "payments": around.by_claim,
        "chosen": None,
        "outcome": None,
        "checked_at": gaps.checked_at(known),
        "gaps": gaps.gaps_of(facts, known),
        "nothing_chosen": False,
        "municipality": facts,
        "citizen": Citizen(person_id, os.environ[NAME]),
        "staff": None,
    }
    return context, len(bills)
