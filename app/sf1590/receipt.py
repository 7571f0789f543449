"""The receipts of Serviceplatformen (Kvittering 1): was a message carried, and what became of it. Written and read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from app.foundation.cpr import hide_cprs
from app.sf1590 import values
from app.sf1590.guard import validate

NAMESPACE: Final = "http://serviceplatformen.dk/xml/schemas/kvittering/1/"
SCHEMA: Final = "kvittering.xsd"
TRANSPORT: Final = "TransportKvittering"
BUSINESS: Final = "Forretningskvittering"


class Transport(StrEnum):
    """Whether a message could be carried (TransportValideringsKode)."""

    OK = "OK"
    WARNING = "ADVARSEL"
    ERROR = "FEJL"


class Business(StrEnum):
    """What became of what it says (ForretningsValideringsKode)."""

    RECEIVED = "MODTAGET"
    DELIVERED = "AFLEVERET"
    ACCEPTED = "ACCEPTERET"
    REJECTED = "AFVIST"
    FAILED = "FEJLET"


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong."""

    code: str
    words: str


@dataclass(frozen=True)
class Receipt:
    """A receipt; its code says which of the two it is."""

    code: Transport | Business
    reason: str | None = None
    mistakes: tuple[Mistake, ...] = ()


def element_of(receipt: Receipt) -> etree._Element:
    """The receipt as it is sent, held against the schema.

    :raises BadMessage: a text holds a character that XML cannot carry
    """
    is_transport = isinstance(receipt.code, Transport)
    name = TRANSPORT if is_transport else BUSINESS
    root = etree.Element(f"{{{NAMESPACE}}}{name}", nsmap={"kvittering": NAMESPACE})
    values.add(root, "TransportValideringsKode" if is_transport else "ForretningsValideringsKode", receipt.code.value)
    if receipt.reason is not None:
        values.add(root, "Begrundelse", receipt.reason)
    if receipt.mistakes:
        listed = values.add(root, "FejlListe")
        for mistake in receipt.mistakes:
            one = values.add(listed, "Fejl")
            values.add(one, "FejlKode", mistake.code)
            values.add(one, "FejlTekst", mistake.words)
    validate(root, SCHEMA)
    return root


def receipt_from(element: etree._Element) -> Receipt:
    """Read a receipt; CPR numbers in the other side's words are hidden.

    :raises BadMessage: it is none, or breaks the schema
    """
    validate(element, SCHEMA)
    reason = values.child(element, "Begrundelse", NAMESPACE)
    listed = values.child(element, "FejlListe", NAMESPACE)
    return Receipt(
        _code(element),
        None if reason is None else hide_cprs(reason.text or ""),
        () if listed is None else tuple(_mistake(one) for one in values.children(listed, "Fejl", NAMESPACE)),
    )


def _code(element: etree._Element) -> Transport | Business:
    if etree.QName(element).localname == TRANSPORT:
        return Transport(values.text(element, "TransportValideringsKode", NAMESPACE))
    return Business(values.text(element, "ForretningsValideringsKode", NAMESPACE))


def _mistake(element: etree._Element) -> Mistake:
    words = hide_cprs(values.text(element, "FejlTekst", NAMESPACE))
    return Mistake(values.text(element, "FejlKode", NAMESPACE), words)
