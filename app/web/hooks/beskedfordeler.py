"""Beskedfordeler pushes an event message: stored once under its BeskedId, and only then acknowledged."""

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from app.foundation.db import transaction
from app.ledger import arrivals, inbox
from app.sf1590 import besked
from app.sf1590.besked import Status
from app.sf1590.guard import BadMessage
from app.web.guards import open_to_all
from app.web.hooks.caller import refused
from app.web.visit import current_wires

bp = Blueprint("hooks_beskedfordeler", __name__)
log = structlog.get_logger()


@bp.post("/hooks/beskedfordeler")
@open_to_all("the caller's client certificate is compared with those that the settings accept")
def beskedfordeler() -> Response:
    """ModtagBeskedOutput: 20 once the message is stored, else why not (docs/operations.md)."""
    refusal = refused("beskedfordeler", accepted=current_wires().settings.beskedfordeler_client_certificates)
    if refusal is not None:
        return refusal
    raw = request.get_data(cache=False)
    try:
        _store(raw)
    except BadMessage as bad:
        log.warning("event_message_unreadable", why=str(bad))
        return _answer(Status.UNREADABLE, f"The message cannot be read: {bad}")
    except arrivals.NotOurs as other:
        log.warning("event_message_not_ours", why=str(other))
        return _answer(Status.NOT_OURS, str(other))
    except SQLAlchemyError as fault:
        log.exception("event_message_not_stored", error=type(fault).__name__)
        return _answer(Status.SEND_AGAIN, "The message could not be stored: send it again", 503)
    return _answer(Status.STORED, "OK")


def _store(raw: bytes) -> None:
    wires = current_wires()
    now = wires.clock()
    arrived = arrivals.event(besked.read(raw), raw=raw, municipalities=wires.municipalities, now=now)
    with transaction(wires.sessions) as session:
        inbox.store(session, arrived=arrived, vault=wires.vault, now=now)


def _answer(status: Status, words: str, http: int = 200) -> Response:
    return Response(besked.standard_return(status, words), http, content_type="application/xml; charset=utf-8")
