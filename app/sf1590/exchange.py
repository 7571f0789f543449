"""One whole exchange with a debtor system: heading, check, send, check, read. Pure but for the `send` it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from lxml import etree

from app.sf1590 import inquiry, outcome, payable, payment, ping, registration, reversal
from app.sf1590.envelope import Heading, Remark, Route, remarks, unwrap, wrap
from app.sf1590.guard import BadMessage, validate
from app.sf1590.values import KOMBIT

SERVICE: Final = "DebitorIndbetalingAfsend"
REGISTERING_SERVICE: Final = "DebitorRegistreringAfsend"
"""Only `register` and `collect` speak to this one."""
ASKING_SERVICE: Final = "DebitorForespørgselAfsend"
"""Only `accounts` and `account` speak to this one."""
REVERSING_SERVICE: Final = "IndbetalingTilbageførOrdreAfsend"
"""Only `take_back` speaks to this one."""
SCHEMA: Final = "debitor-indbetaling.xsd"
REVERSAL_SCHEMA: Final = "indbetaling-tilbage.xsd"
REGISTRATION_SCHEMA: Final = "debitor-registrering.xsd"
INQUIRY_SCHEMA: Final = "debitor-forespoergsel.xsd"
PING_SCHEMA: Final = "ping.xsd"

Send = Callable[[str, bytes], bytes]
"""Carries an envelope for an action and returns the answer's bytes; its errors pass through."""


@dataclass(frozen=True)
class Desk:
    """On whose behalf we speak, and to whose debtor system."""

    route: Route
    authority_cvr: str


def pay(
    send: Send, *, desk: Desk, sent: payment.Payment, now: datetime
) -> tuple[payment.PaymentAccepted | payment.PaymentRejected, tuple[Remark, ...]]:
    """Send a payment; its answer, and the remarks in the answer's heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(sent.payment_id))
    answer, said = _exchange(send, payment.ACTION, payment.request(sent, heading), heading, SCHEMA)
    return payment.answer_from(answer), said


def reduce(
    send: Send, *, desk: Desk, sent: reversal.Reduction, now: datetime
) -> tuple[outcome.Accepted | outcome.Rejected, tuple[Remark, ...]]:
    """Take a part of a payment back; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(sent.reduction_id))
    request = reversal.reduction_request(sent, heading)
    answer, said = _exchange(send, reversal.REDUCE, request, heading, REVERSAL_SCHEMA)
    return reversal.reduction_answer(answer), said


def take_back(
    send: Send, *, desk: Desk, sent: reversal.Order, now: datetime
) -> tuple[outcome.Accepted | outcome.Rejected, tuple[Remark, ...]]:
    """Take a whole payment back; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(sent.order_id))
    request = reversal.order_request(sent, heading)
    answer, said = _exchange(send, reversal.REVERSE, request, heading, REVERSAL_SCHEMA)
    return reversal.order_answer(answer), said


def search(
    send: Send, *, desk: Desk, cpr: str, now: datetime
) -> tuple[tuple[payable.PayableClaim, ...] | payable.Refusal, tuple[Remark, ...]]:
    """Ask for a person's claims; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, "soeg")
    answer, said = _exchange(send, payable.ACTION, payable.request(cpr, heading), heading, SCHEMA)
    return payable.answer_from(answer), said


def register(
    send: Send, *, desk: Desk, sent: registration.Registration, now: datetime
) -> tuple[outcome.Accepted | outcome.Rejected, tuple[Remark, ...]]:
    """Register an account and what stands on it; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(sent.account))
    request = registration.request(sent, heading)
    answer, said = _exchange(send, registration.REGISTER, request, heading, REGISTRATION_SCHEMA)
    return registration.answer_from(answer), said


def collect(
    send: Send, *, desk: Desk, sent: registration.Collection, now: datetime
) -> tuple[outcome.Accepted | outcome.Rejected, tuple[Remark, ...]]:
    """Have a registered claim demanded; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(sent.claim_id))
    request = registration.collection_request(sent, heading)
    answer, said = _exchange(send, registration.COLLECT, request, heading, REGISTRATION_SCHEMA)
    return registration.answer_from(answer), said


def accounts(
    send: Send, *, desk: Desk, cpr: str, now: datetime
) -> tuple[tuple[inquiry.Found, ...] | outcome.Rejected, tuple[Remark, ...]]:
    """Ask for a person's accounts; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, "konti")
    answer, said = _exchange(send, inquiry.SEARCH, inquiry.search_request(cpr, heading), heading, INQUIRY_SCHEMA)
    return inquiry.search_answer(answer), said


def account(
    send: Send, *, desk: Desk, account: UUID, since: date | None, until: date | None, now: datetime
) -> tuple[inquiry.Account | outcome.Rejected | None, tuple[Remark, ...]]:
    """Ask for one account with the payments of a period; the answer, and the remarks in its heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, str(account))
    request = inquiry.fetch_request(account, heading, since=since, until=until)
    answer, said = _exchange(send, inquiry.FETCH, request, heading, INQUIRY_SCHEMA)
    return inquiry.fetch_answer(answer), said


def knock(send: Send, *, desk: Desk, now: datetime) -> datetime:
    """Ping whichever service `send` leads to; the moment of its answer.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = _heading(desk, now, "ping")
    answer, _said = _exchange(send, ping.ACTION, ping.request(heading), heading, PING_SCHEMA)
    return ping.answer_from(answer)


def _heading(desk: Desk, now: datetime, call_identifier: str) -> Heading:
    return Heading(uuid4(), now, call_identifier, desk.authority_cvr, desk.route)


def _exchange(
    send: Send, action: str, request: etree._Element, heading: Heading, schema: str
) -> tuple[etree._Element, tuple[Remark, ...]]:
    validate(request, schema)
    answer = unwrap(send(action, wrap(request)))
    if answer.tag != f"{{{KOMBIT}}}{action}_O":
        raise BadMessage("the answer is of another kind")
    validate(answer, schema)
    return answer, remarks(answer, transaction_id=heading.transaction_id)
