"""The debtor ledger tells what it did to claims (DækningAfskrivningRegistreringAfsend): stored first, then accepted."""

import structlog
from flask import Blueprint, Response, request
from lxml import etree
from sqlalchemy.exc import SQLAlchemyError

from app.foundation.db import transaction
from app.ledger import arrivals, inbox
from app.sf1590 import coverage, incoming
from app.sf1590.envelope import wrap
from app.sf1590.guard import BadMessage, validate
from app.sf1590.incoming import Call
from app.sf1590.outcome import Reason
from app.web.guards import open_to_all
from app.web.hooks.caller import refused
from app.web.visit import current_wires

bp = Blueprint("hooks_ledger", __name__)
log = structlog.get_logger()
XML = frozenset({"text/xml", "application/xml"})
# What a SOAPAction may say, in the US-ASCII that it is limited to, with any address before it.
ACTIONS = {"OpretDaekningAfskrivning": coverage.ACTION, "Ping": incoming.PING}
NOT_OURS = Reason(
    "0b7f2f0c-3c0b-4d8e-9a55-7d2f9b1c4e01", "Myndigheden findes ikke her", "MYNDIGHED_UKENDT",
    "Portalen modtager ikke beskeder for denne myndighed",
)  # fmt: skip


@bp.post("/hooks/ledger")
@open_to_all("the caller's client certificate is compared with those that the settings accept")
def ledger() -> Response:
    """An answer in SOAP: accepted once it is stored, rejected for a municipality that is not here, else a fault."""
    refusal = refused("ledger", accepted=current_wires().settings.ledger_client_certificates)
    if refusal is not None:
        return refusal
    if request.mimetype not in XML:
        return _fault("SOAP", "The call is not text/xml", is_theirs=True)
    raw = request.get_data(cache=False)
    try:
        return _soap(_answer(_call(raw), raw))
    except BadMessage as bad:
        log.warning("ledger_message_unreadable", why=str(bad))
        return _fault("SKEMA", f"The call cannot be read: {bad}", is_theirs=True)
    except SQLAlchemyError as fault:
        log.exception("ledger_message_not_stored", error=type(fault).__name__)
        return _fault("SYSTEM", "The call could not be stored: send it again", is_theirs=False)


def _call(raw: bytes) -> Call:
    call = incoming.read_call(raw)
    action = request.headers.get("SOAPAction", "").strip('"')
    named = action.replace("#", "/").rpartition("/")[2]
    if named and ACTIONS.get(named) != call.operation:
        raise BadMessage("SOAPAction names another operation")
    return call


def _answer(call: Call, raw: bytes) -> etree._Element:
    wires = current_wires()
    now = wires.clock()
    if call.operation == incoming.PING:
        return incoming.pong(call, now=now)
    told = coverage.read(call)
    try:
        arrived = arrivals.movements(call, told, raw=raw, municipalities=wires.municipalities, now=now)
    except arrivals.NotOurs as other:
        log.warning("ledger_message_not_ours", why=str(other))
        answer = coverage.rejected(call, account=told.account, reason=NOT_OURS, now=now)
    else:
        with transaction(wires.sessions) as session:
            inbox.store(session, arrived=arrived, vault=wires.vault, now=now)
        answer = coverage.accepted(call, account=told.account, now=now)
    validate(answer, coverage.SCHEMA)
    return answer


def _fault(code: str, words: str, *, is_theirs: bool) -> Response:
    return _soap(incoming.fault(code=code, words=words, is_theirs=is_theirs), 500)


def _soap(body: etree._Element, status: int = 200) -> Response:
    return Response(wrap(body), status, content_type="text/xml; charset=utf-8")
