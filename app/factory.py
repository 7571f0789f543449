"""create_app: settings, wires, doors and error pages joined to one WSGI application."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli
from app.config import ROOT, Settings
from app.foundation import log
from app.web import (
    errors,
    filters,
    headers,
    language,
    limits,
    question_words,
    styling,
    surroundings,
    visit,
    visitor,
    wording,
)
from app.web.citizen import bills, checkout, code, copies, front, history, part, question, receipts, slip
from app.web.hooks import backchannel_logout, beskedfordeler, ledger, mobilepay, stripe
from app.web.operation import bp as operation
from app.web.operations import booked as operations_booked
from app.web.operations import citizen as operations_citizen
from app.web.operations import failure as operations_failure
from app.web.operations import failures as operations_failures
from app.web.operations import figures as operations_figures
from app.web.operations import front as operations_front
from app.web.operations import ledger_words, reconciliation_words
from app.web.operations import payment as operations_payment
from app.web.operations import questions as operations_questions
from app.web.operations import reconciliation as operations_reconciliation
from app.web.operations import refunds as operations_refunds
from app.web.operations import words as operations_words
from app.web.signin import bp as signin
from app.web.staff import code as desk_code
from app.web.staff import desk, lookup
from app.web.staff import question as desk_question
from app.wiring import Wires, wire

LARGEST_FORM_BYTES = 64 * 1024
CSRF_LASTS = timedelta(hours=8)
# These prove themselves by signatures of their own, or by a client certificate.
WITHOUT_CSRF = (stripe.bp, mobilepay.bp, ledger.bp, beskedfordeler.bp, backchannel_logout.bp)


def create_app(settings: Settings | None = None, wires: Wires | None = None) -> Flask:
    """The portal. Settings come from the environment and wires from the settings, unless a test hands them in."""
    settings = settings or (wires.settings if wires else Settings())
    log.set_up(settings.log_level)
    wires = wires or wire(settings)
    app = Flask("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key[0].get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in settings.secret_key[1:]],
        MAX_CONTENT_LENGTH=LARGEST_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM_BYTES,
        MAX_FORM_PARTS=1000,
        # Oldest first: forms opened before the key changed may still be sent.
        WTF_CSRF_SECRET_KEY=[key.get_secret_value() for key in reversed(settings.secret_key)],
        WTF_CSRF_TIME_LIMIT=int(CSRF_LASTS.total_seconds()),
        WTF_CSRF_SSL_STRICT=True,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    visit.install(app, wires)
    filters.install(app, clock=wires.clock)
    words = (wording, question_words, ledger_words, operations_words, reconciliation_words)
    for piece in (visitor, language, styling, *words, surroundings, headers, errors):
        piece.install(app)
    app.before_request(visit.only_known_hosts)
    protect = CSRFProtect(app)
    citizens = (front.bp, bills.bp, part.bp, slip.bp, checkout.bp, code.bp, receipts.bp, copies.bp, history.bp)
    pages = (
        operations_front,
        operations_failures,
        operations_failure,
        operations_payment,
        operations_refunds,
        operations_reconciliation,
        operations_figures,
    )
    operations = tuple(page.bp for page in pages)
    questions = (question.bp, desk_question.bp, operations_questions.bp)
    both_sides = (operations_citizen.bp, operations_booked.bp)
    staff = (desk.bp, lookup.bp, desk_code.bp, *operations)
    for door in (*citizens, signin, *staff, *questions, *both_sides, operation, *WITHOUT_CSRF):
        app.register_blueprint(door)
    limits.init_limits(app, wires)  # after the doors: it counts routes by name
    for hook in WITHOUT_CSRF:
        protect.exempt(hook)
    cli.install(app, wires)
    return app
