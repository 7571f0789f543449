"""Event messages of Beskedfordeler: the envelope (Haendelsesbesked), what a debtor system's hold, and StandardRetur."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import IntEnum
from typing import Final
from uuid import UUID

from lxml import etree

from app.foundation.clock import COPENHAGEN
from app.sf1590 import assumed_coming_back as names
from app.sf1590 import assumed_fields as field
from app.sf1590 import payable, values
from app.sf1590.guard import BadMessage, parse, validate

KUVERT: Final = "urn:oio:besked:kuvert:1.0"
SAGDOK: Final = "urn:oio:sagdok:3.0.0"
STS: Final = "urn:oio:sts:1.0.0"
CVR_URN: Final = "urn:oio:cvr-nr:"
SCHEMA: Final = "modtag-besked.xsd"
ENVELOPE_SCHEMA: Final = "besked.xsd"
DATA_SCHEMA: Final = "debitor-beskeder.xsd"
UNKNOWN: Final = "unknown"
_CVR: Final = re.compile(rf"{CVR_URN}\d{{8}}", re.ASCII)
_LONGEST_TEXT: Final = 250


class Status(IntEnum):
    """What StandardRetur says. 20 and 41 are published; the others follow the numbers of HTTP."""

    STORED = 20
    UNREADABLE = 40
    NOT_OURS = 44
    SEND_AGAIN = 50


@dataclass(frozen=True)
class Event:
    """One message: enough of its envelope to store it, and its data, not judged yet."""

    id: str
    type: str
    authorities: tuple[str, ...]
    """CVR numbers: who answers for the object, else who may receive the message."""
    made_at: datetime | None
    data: etree._Element
    """Haendelsesbesked, whole."""
    digest: str
    """Of the data alone: Beskedfordeler writes its own notes into the envelope on the way."""


@dataclass(frozen=True)
class Payable:
    """FordringTilIndbetalingBesked."""

    stated_at: datetime
    claims: tuple[payable.PayableClaim, ...]


@dataclass(frozen=True)
class Closed:
    """DebitorkontoAfsluttetBesked."""

    account: UUID
    at: datetime | None


@dataclass(frozen=True)
class Reopened:
    """DebitorkontoGenoptagetBesked; the moment is the envelope's."""

    account: UUID


def read(raw: bytes) -> Event:
    """Read a message, pushed (in ModtagBeskedInput) or alone.

    :raises BadMessage: no such message
    """
    root = parse(raw)
    is_pushed = root.tag == f"{{{STS}}}ModtagBeskedInput"
    validate(root, SCHEMA if is_pushed else ENVELOPE_SCHEMA)
    event = root[0] if is_pushed else root
    if event.tag != f"{{{KUVERT}}}Haendelsesbesked":
        raise BadMessage("not an event message")
    envelope = values.needed(event, "Beskedkuvert", KUVERT)
    filtering = values.needed(envelope, "Filtreringsdata", KUVERT)
    return Event(
        id=_unique(values.needed(event, "BeskedId", KUVERT)),
        type=_unique(values.needed(filtering, "Beskedtype", KUVERT)),
        authorities=_authorities(filtering),
        made_at=_made_at(envelope),
        data=event,
        digest=hashlib.sha256(b"".join(_canonical(one) for one in _data(event))).hexdigest(),
    )


def content(event: Event) -> Payable | Closed | Reopened:
    """What a debtor system's message says; its data may stand as elements, or as one Base64 element.

    :raises BadMessage: a type that we do not know, other data than the type's, or data that break the schema
    """
    kind = _kind(event.type)
    data = _payload(event.data)
    if data.tag != f"{{{values.KOMBIT}}}{kind}":
        raise BadMessage(f"the data are not {kind}")
    validate(data, DATA_SCHEMA)
    if kind == names.MESSAGE_TYPES[names.CLAIMS_PAYABLE]:
        return Payable(values.moment_from(values.text(data, "RestanceOpgørelseDatoTid")), payable.claims_in(data))
    account = values.needed(data, "Debitorkonto")
    account_id = UUID(values.text(account, field.ACCOUNT_ID.name))
    if kind == names.MESSAGE_TYPES[names.ACCOUNT_REOPENED]:
        return Reopened(account_id)
    closed_on = values.day(account, names.CLOSED_ON.name)
    midnight = None if closed_on is None else datetime.combine(closed_on, time(0), COPENHAGEN).astimezone(UTC)
    return Closed(account_id, event.made_at or midnight)


def name_of(message_type: str) -> str:
    """What a type of message is called; `unknown` where the portal does not know it."""
    try:
        return _kind(message_type)
    except BadMessage:
        return UNKNOWN


def standard_return(status: Status, words: str) -> bytes:
    """The answer to a message that was pushed."""
    root = etree.Element(f"{{{STS}}}ModtagBeskedOutput", nsmap={"sts": STS, "sd": SAGDOK})
    returned = etree.SubElement(root, f"{{{SAGDOK}}}StandardRetur")
    etree.SubElement(returned, f"{{{SAGDOK}}}StatusKode").text = str(int(status))
    etree.SubElement(returned, f"{{{SAGDOK}}}FejlbeskedTekst").text = words[:_LONGEST_TEXT]
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _kind(message_type: str) -> str:
    try:
        return names.MESSAGE_TYPES[UUID(message_type)]
    except (KeyError, ValueError):
        raise BadMessage("a type of message that the portal does not know") from None


def _unique(element: etree._Element) -> str:
    return (element[0].text or "").strip()


def _authorities(filtering: etree._Element) -> tuple[str, ...]:
    responsible = filtering.iterfind(f"{{{KUVERT}}}ObjektRegistrering/{{{KUVERT}}}ObjektAnsvarligMyndighed")
    receivers = filtering.iterfind(f"{{{KUVERT}}}TilladtModtager")
    return tuple(dict.fromkeys(_cvrs(responsible) or _cvrs(receivers)))


def _cvrs(found: "etree._ElementIterator[etree._Element]") -> list[str]:
    urns = [_unique(one) for one in found]
    return [urn.removeprefix(CVR_URN) for urn in urns if _CVR.fullmatch(urn)]


def _made_at(envelope: etree._Element) -> datetime | None:
    places = (
        f"{{{KUVERT}}}Filtreringsdata/{{{KUVERT}}}ObjektRegistrering/{{{KUVERT}}}Registreringstidspunkt",
        f"{{{KUVERT}}}Leveranceinformation/{{{KUVERT}}}Dannelsestidspunkt",
    )
    for place in places:
        text = envelope.findtext(f"{place}/{{{SAGDOK}}}TidsstempelDatoTid")
        if text:
            return values.moment_from(text)
    return None


def _data(event: etree._Element) -> list[etree._Element]:
    return values.children(event, "Beskeddata", KUVERT)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True)


def _payload(event: etree._Element) -> etree._Element:
    elements = [one for data in _data(event) for one in data]
    if len(elements) != 1:
        raise BadMessage("the message does not hold one element of data")
    (found,) = elements
    if len(found) or etree.QName(found).namespace == values.KOMBIT:
        return found
    try:
        return parse(base64.b64decode("".join((found.text or "").split()), validate=True))
    except binascii.Error:
        raise BadMessage("the data are neither an element of KOMBIT's nor Base64") from None
