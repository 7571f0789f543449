"""Doors for those who operate the portal: is it alive, is it ready, how is it doing."""

import hmac
import math
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.foundation import schema
from app.foundation.db import transaction
from app.journal.queries import balances
from app.ledger import promise
from app.outbox import queries as outbox
from app.tasks import queries as tasks
from app.web import paper
from app.web.guards import open_to_all
from app.web.visit import current_wires
from app.wiring import Wires

OLD_MESSAGE = timedelta(seconds=60)
LEAD_TIMES_OF = timedelta(hours=1)
bp = Blueprint("operation", __name__)


@bp.get("/healthz")
@open_to_all("says only that the process lives")
def healthz() -> Response:
    """The process lives."""
    return Response("alive\n", mimetype="text/plain")


@bp.get("/readyz")
@open_to_all("says how the house stands, and nothing of people")
def readyz() -> tuple[Response, int]:
    """A line for each thing that must work; 503 only when database or migrations are wrong."""
    wires = current_wires()
    try:
        with transaction(wires.sessions) as session:
            lines = {"database": "ok", **_lines(session, wires.clock(), _bound(wires))}
        lines["paper"] = f"warning: {paper.missing()}" if paper.missing() else "ok"
        lines["mail"] = "ok" if wires.mailer else "warning: BDK_SMTP_URL is unset: no receipts by e-mail"
    except SQLAlchemyError as error:
        lines = {"database": f"error: {type(error).__name__}"}
    is_wrong = any(str(lines.get(name, "")).startswith("error") for name in ("database", "migrations"))
    return jsonify(lines), 503 if is_wrong else 200


def _bound(wires: Wires) -> timedelta:
    return timedelta(seconds=wires.settings.ledger_promise_seconds)


def _lines(session: Session, now: datetime, bound: timedelta) -> dict[str, str]:
    current, head = schema.current(session.connection()), schema.head()
    workers = len(outbox.workers_alive(session))
    oldest = outbox.oldest_due(session, now=now)
    late = [task.name for task in outbox.late_tasks(session, now=now)]
    return {
        "migrations": "ok" if current == head else f"error: at {current}, the code needs {head}",
        "workers": f"ok: {workers}" if workers else "warning: no worker is alive",
        "periodic": f"warning: late: {', '.join(late)}" if late else "ok",
        "outbox": f"warning: undelivered since {oldest.isoformat()}" if oldest and now - oldest > OLD_MESSAGE else "ok",
        "roads": _roads_line(session),
        "ledger": _promise_line(session, now, bound),
    }


def _roads_line(session: Session) -> str:
    silent = [
        f"{road.wire}/{road.municipality_code} silent since {road.silent_since.isoformat()}: {road.reason}"
        for road in outbox.silent_roads(session)
        if road.silent_since
    ]
    return f"warning: {'; '.join(silent)}" if silent else "ok"


def _promise_line(session: Session, now: datetime, bound: timedelta) -> str:
    oldest = promise.oldest_undelivered(session, municipality_code=None, now=now)
    if oldest is None or now - oldest.since <= bound:
        return "ok"
    return f"warning: undelivered since {oldest.since.isoformat()} in {oldest.municipality_code}: {oldest.reason}"


@bp.get("/metrics")
@open_to_all("asks for a token of its own")
def metrics() -> Response:
    """Figures for alarms, in Prometheus' text format; the token is BDK_METRICS_TOKEN."""
    wires = current_wires()
    token = wires.settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        abort(404)
    with transaction(wires.sessions) as session:
        figures = _figures(session, wires.clock())
        kept, quantiles = _promise_figures(session, wires.clock(), _bound(wires))
    registry = CollectorRegistry()
    for name, (help_text, value) in {**figures, **kept}.items():
        Gauge(name, help_text, registry=registry).set(value)
    for name, (help_text, reached) in quantiles.items():
        gauge = Gauge(name, help_text, ["quantile"], registry=registry)
        for quantile, seconds in (("0.5", reached.p50), ("0.95", reached.p95), ("0.99", reached.p99)):
            gauge.labels(quantile).set(math.nan if seconds is None else seconds)
    return Response(generate_latest(registry), mimetype="text/plain")


def _figures(session: Session, now: datetime) -> dict[str, tuple[str, Any]]:
    counts = outbox.count(session)
    oldest = outbox.oldest_due(session, now=now)
    sums = balances(session)
    transit_ore = -sum(amount for account, amount in sums.items() if account.startswith("transit/"))
    overpaid_ore = -sum(amount for account, amount in sums.items() if account.startswith("overpaid/"))
    return {
        "bdk_outbox_due": ("messages waiting", counts["due"]),
        "bdk_outbox_dead": ("messages that people must look at", counts["dead"]),
        "bdk_outbox_oldest_seconds": ("age of the oldest undelivered", (now - oldest).total_seconds() if oldest else 0),
        "bdk_roads_silent": ("roads over which nobody answers", len(outbox.silent_roads(session))),
        "bdk_workers_alive": ("living workers", len(outbox.workers_alive(session))),
        "bdk_periodic_late": (
            "periodic tasks that did not run when they should",
            len(outbox.late_tasks(session, now=now)),
        ),
        "bdk_tasks_open": ("work waiting for people", tasks.count_open(session)),
        "bdk_transit_ore": ("captured and not yet accepted by the ledger, in øre", transit_ore),
        "bdk_overpaid_ore": ("waiting for refund, in øre", overpaid_ore),
    }


def _promise_figures(
    session: Session, now: datetime, bound: timedelta
) -> tuple[dict[str, tuple[str, float]], dict[str, tuple[str, promise.Quantiles]]]:
    """How the promise about the ledger is kept, now; and how long the last hour's payments took."""
    oldest = promise.oldest_undelivered(session, municipality_code=None, now=now)
    age = now - oldest.since if oldest else timedelta(0)
    times = promise.lead_times(session, municipality_code=None, since=now - LEAD_TIMES_OF, now=now)
    kept = {
        "bdk_undelivered_oldest_seconds": ("age of the oldest money the ledger has not accepted", age.total_seconds()),
        "bdk_promise_broken": ("1 when that is older than BDK_LEDGER_PROMISE_SECONDS", float(age > bound)),
        "bdk_ledger_count": ("the last hour's payments that the ledger has accepted", float(times.ledger.count)),
        "bdk_library_count": ("the last hour's payments that the library knows of", float(times.library.count)),
    }
    return kept, {
        "bdk_ledger_seconds": ("from capture until the ledger accepted, the last hour's payments", times.ledger),
        "bdk_library_seconds": ("from capture until the library knew, the last hour's payments", times.library),
    }
