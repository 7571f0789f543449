"""Whole exchanges with a debtor system: heading, check, send, check, read. Pure but for the `send` that is given."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import uuid4

from lxml import etree

from app.sf1590 import inquiry, payable, payment, ping, registration, reversal
from app.sf1590.envelope import Heading, Remark, Route, remarks, unwrap, wrap
from app.sf1590.guard import BadMessage, validate
from app.sf1590.values import KOMBIT

SERVICE: Final = "DebitorIndbetalingAfsend"
REGISTERING_SERVICE: Final = "DebitorRegistreringAfsend"
ASKING_SERVICE: Final = "DebitorForespørgselAfsend"
REVERSING_SERVICE: Final = "IndbetalingTilbageførOrdreAfsend"
SCHEMA: Final = "debitor-indbetaling.xsd"
REVERSAL_SCHEMA: Final = "indbetaling-tilbage.xsd"
REGISTRATION_SCHEMA: Final = "debitor-registrering.xsd"
INQUIRY_SCHEMA: Final = "debitor-forespoergsel.xsd"
PING_SCHEMA: Final = "ping.xsd"
S = TypeVar("S")
A = TypeVar("A")


class Send(Protocol):
    """Carries an envelope to an action of a service and returns the answer's bytes; its errors pass through."""

    def __call__(self, *, service: str, action: str, envelope: bytes) -> bytes: ...  # noqa: D102 - said above


@dataclass(frozen=True)
class Desk:
    """On whose behalf we speak, and to whose debtor system."""

    route: Route
    authority_cvr: str


@dataclass(frozen=True)
class Exchange(Generic[S, A]):
    """What may be said to a debtor system (S), and what it answers (A)."""

    service: str
    action: str
    schema: str
    """Of the request and of the answer."""
    write: Callable[[S, Heading], etree._Element]
    read: Callable[[etree._Element], A]
    call_identifier: Callable[[S], str]
    """What the heading calls the call: the same over every retry."""


PAY: Final = Exchange(
    SERVICE, payment.ACTION, SCHEMA, payment.request, payment.answer_from, lambda sent: str(sent.payment_id)
)
"""Send a payment."""
REDUCE: Final = Exchange(
    SERVICE, reversal.REDUCE, REVERSAL_SCHEMA, reversal.reduction_request, reversal.reduction_answer,
    lambda sent: str(sent.reduction_id),
)  # fmt: skip
"""Take a part of a payment back."""
TAKE_BACK: Final = Exchange(
    REVERSING_SERVICE, reversal.REVERSE, REVERSAL_SCHEMA, reversal.order_request, reversal.order_answer,
    lambda sent: str(sent.order_id),
)  # fmt: skip
"""Take a whole payment back."""
SEARCH: Final = Exchange(SERVICE, payable.ACTION, SCHEMA, payable.request, payable.answer_from, lambda _cpr: "soeg")
"""Ask for a person's claims, by CPR number."""
REGISTER: Final = Exchange(
    REGISTERING_SERVICE, registration.REGISTER, REGISTRATION_SCHEMA, registration.request, registration.answer_from,
    lambda sent: str(sent.account),
)  # fmt: skip
"""Register an account and what stands on it."""
COLLECT: Final = Exchange(
    REGISTERING_SERVICE, registration.COLLECT, REGISTRATION_SCHEMA, registration.collection_request,
    registration.answer_from, lambda sent: str(sent.claim_id),
)  # fmt: skip
"""Have a registered claim demanded."""
ACCOUNTS: Final = Exchange(
    ASKING_SERVICE, inquiry.SEARCH, INQUIRY_SCHEMA, inquiry.search_request, inquiry.search_answer, lambda _cpr: "konti"
)
"""Ask for a person's accounts, by CPR number."""
ACCOUNT: Final = Exchange(
    ASKING_SERVICE, inquiry.FETCH, INQUIRY_SCHEMA, inquiry.fetch_request, inquiry.fetch_answer,
    lambda wanted: str(wanted.account),
)  # fmt: skip
"""Ask for one account with the payments of a period."""
PING: Final = Exchange(SERVICE, ping.ACTION, PING_SCHEMA, ping.request, ping.answer_from, lambda _nothing: "ping")
"""Ask for nothing but the moment of the answer. Every service understands it; here it is the one for payments."""


def carry_out(
    exchange: Exchange[S, A], sent: S, *, send: Send, desk: Desk, now: datetime
) -> tuple[A, tuple[Remark, ...]]:
    """Say it; the answer, and the remarks in the answer's heading.

    :raises BadMessage: what we would send, or what came back, breaks the schema
    :raises OurFault, TheirFault: a fault came instead of an answer
    """
    heading = Heading(uuid4(), now, exchange.call_identifier(sent), desk.authority_cvr, desk.route)
    request = exchange.write(sent, heading)
    validate(request, exchange.schema)
    answer = unwrap(send(service=exchange.service, action=exchange.action, envelope=wrap(request)))
    if answer.tag != f"{{{KOMBIT}}}{exchange.action}_O":
        raise BadMessage("the answer is of another kind")
    validate(answer, exchange.schema)
    said = remarks(answer, transaction_id=heading.transaction_id)
    return exchange.read(answer), said
