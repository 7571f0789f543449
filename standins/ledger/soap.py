"""Reads requests and writes answers in SOAP 1.1, strictly, with a knowledge of element names of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import NoReturn
from uuid import UUID

from lxml import etree

from standins.journal import this_moment
from standins.ledger.routes import SYSTEMS, leads_to

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OIR = "http://www.kombit.dk/2017/01/01/"
KONTEKST = "http://kombit.dk/xml/schemas/kontekst/2017/01/01/"
FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"
CPR_URN = "urn:oio:cpr-nr:"
MAX_ORE = 10**15


class Faulty(Exception):
    """The request is answered with a fault: code and text of Serviceplatformen; it is the caller's unless said."""

    def __init__(self, code: str, words: str, *, whose: str = "Client") -> None:
        super().__init__(words)
        self.code, self.words, self.whose = code, words, whose


class Cursor:
    """Takes the children of an element one by one, in the order in which they must stand."""

    def __init__(self, element: etree._Element, namespace: str = OIR, *, start: int = 0) -> None:
        self._element, self._namespace = element, namespace
        self._children = list(element)
        self._at = start

    def next_is(self, name: str) -> bool:
        """Whether the next child bears this name."""
        at_end = self._at >= len(self._children)
        return not at_end and self._children[self._at].tag == f"{{{self._namespace}}}{name}"

    def take(self, name: str) -> etree._Element:
        """The next child, which must bear this name."""
        if not self.next_is(name):
            self._refuse(f"{name} mangler")
        self._at += 1
        return self._children[self._at - 1]

    def maybe(self, name: str) -> etree._Element | None:
        """The next child if it bears this name."""
        return self.take(name) if self.next_is(name) else None

    def many(self, name: str) -> Iterator[etree._Element]:
        """The next children as long as they bear this name."""
        while self.next_is(name):
            yield self.take(name)

    def text(self, name: str) -> str:
        """What stands in the next child, which must bear this name and hold no elements."""
        child = self.take(name)
        if len(child):
            self._refuse(f"{name} må ikke indeholde elementer")
        return (child.text or "").strip()

    @contextmanager
    def inside(self, name: str) -> Iterator["Cursor"]:
        """A cursor in the next child; everything in it must be taken."""
        cursor = Cursor(self.take(name), self._namespace)
        yield cursor
        cursor.end()

    def end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._children):
            self._refuse("uventet element")

    def _refuse(self, words: str) -> NoReturn:
        raise Faulty("SKEMA", f"{etree.QName(self._element).localname}: {words}")


@dataclass(frozen=True)
class Request:
    """A call that was understood: its operation, its heading, and a cursor behind the heading."""

    operation: str
    transaction_id: str
    authority_cvr: str
    receiver_cvr: str
    body: Cursor


def read(raw: bytes) -> Request:
    """Read an envelope and its heading.

    :raises Faulty: it is not what Serviceplatformen would carry
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        envelope = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Faulty("SOAP", "Kaldet er ikke XML") from None
    if envelope.tag != f"{{{SOAP}}}Envelope" or b"<!DOCTYPE" in raw:
        raise Faulty("SOAP", "Kaldet er ikke en SOAP 1.1-konvolut")
    outer = Cursor(envelope, SOAP)
    outer.maybe("Header")
    body = outer.take("Body")
    outer.end()
    if len(body) != 1 or etree.QName(body[0]).namespace != OIR:
        raise Faulty("SOAP", "Body skal indeholde netop ét kald")
    operation, _underscore, direction = etree.QName(body[0]).localname.rpartition("_")
    if direction != "I":
        raise Faulty("SOAP", "Body indeholder intet kald")
    with Cursor(body[0], KONTEKST).inside("HovedOplysninger") as top:
        transaction_id, authority, receiver = _heading(top)
    return Request(operation, transaction_id, authority, receiver, Cursor(body[0], start=1))


def _heading(top: Cursor) -> tuple[str, str, str]:
    transaction_id = top.text("TransaktionsId")
    moment(top.text("TransaktionsTid"))
    for name in ("RequestId", "OnBehalfOfUser", "CallersServiceCallIdentifier", "AccountingInfo"):
        top.maybe(name)
    if not top.next_is("AuthorityContext"):
        raise Faulty("AUTHORITY", "AuthorityContext mangler")
    with top.inside("AuthorityContext") as context:
        authority = context.text("MunicipalityCVR")
    if not top.next_is("Rute"):
        raise Faulty("RUTE", "Rute mangler")
    with top.inside("Rute") as route:
        sender = route.text("AfsenderOrganisation")
        uuid(route.text("AfsenderItSystemInstans"))
        receiver = route.text("ModtagerOrganisation")
        named = route.maybe("ModtagerItSystemInstans")
        receiver_system = None if named is None else uuid(named.text or "")
    for _one in top.many("Processing"):
        pass
    if not transaction_id:
        raise Faulty("SKEMA", "TransaktionsId er tomt")
    if {sender, authority} - SYSTEMS.keys():
        raise Faulty("AFTALE", "Der er ingen serviceaftale for dette CVR-nummer")
    if receiver != authority or not leads_to(receiver, receiver_system):
        raise Faulty("RUTE", "Ruten fører ikke til myndighedens debitorsystem")
    return transaction_id, authority, receiver


def uuid(text: str) -> UUID:
    """A UUID as the schema wants it: in lower case with hyphens."""
    try:
        found = UUID(text.strip())
    except ValueError:
        raise Faulty("SKEMA", "En UUID er ingen UUID") from None
    if str(found) != text.strip():
        raise Faulty("SKEMA", "En UUID skal skrives med små bogstaver og bindestreger")
    return found


def amount(text: str) -> int:
    """Øre out of a decimal with at most two places."""
    try:
        ore = Decimal(text.strip()) * 100
    except InvalidOperation:
        raise Faulty("SKEMA", "Et beløb er ikke et tal") from None
    if not ore.is_finite() or ore != ore.to_integral_value() or not 0 <= ore < MAX_ORE:
        raise Faulty("SKEMA", "Et beløb har højst 15 cifre og to decimaler")
    return int(ore)


def moment(text: str) -> datetime:
    """A moment in UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Faulty("SKEMA", "Et tidspunkt er intet tidspunkt") from None
    return found.astimezone(UTC)


def day(text: str) -> date:
    """A day."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Faulty("SKEMA", "En dato er ingen dato") from None


def marked(cursor: Cursor, marker: str) -> bool:
    """Whether a marker stands next; one that says no may not stand."""
    found = cursor.maybe(marker)
    if found is not None and (found.text or "").strip() not in {"true", "1"}:
        raise Faulty("SKEMA", "En markering er altid sand")
    return found is not None


def party(cursor: Cursor) -> str:
    """The CPR number of the person that stands next, as an identification."""
    with cursor.inside("ØIRPartIdentifikation") as outer:
        return person(outer)


def person(cursor: Cursor) -> str:
    """The CPR number of the person that stands next."""
    with cursor.inside("ØIRPart") as inner:
        urn = inner.text("ØIRPartURN")
    if not urn.startswith(CPR_URN) or not urn.removeprefix(CPR_URN).isdecimal() or len(urn) != len(CPR_URN) + 10:
        raise Faulty("SKEMA", "Parten er ikke et CPR-nummer")
    return urn.removeprefix(CPR_URN)


def put(parent: etree._Element, name: str, text: object = None) -> etree._Element:
    """An element at the end of `parent`, in its namespace."""
    namespace = parent.tag.partition("}")[0]
    child = etree.SubElement(parent, f"{namespace}}}{name}")
    if text is not None:
        child.text = str(text)
    return child


def kroner(amount_ore: int) -> str:
    """Øre as a decimal with two places."""
    return f"{amount_ore // 100}.{amount_ore % 100:02d}"


def now() -> str:
    """This moment as XML writes it."""
    return this_moment().isoformat().replace("+00:00", "Z")


def answer(request: Request) -> etree._Element:
    """An answer to a request with its heading filled."""
    root = etree.Element(f"{{{OIR}}}{request.operation}_O", nsmap={"ns2": OIR, "ns3": KONTEKST})
    top = etree.SubElement(root, f"{{{KONTEKST}}}HovedOplysningerSvar")
    put(top, "TransaktionsId", request.transaction_id)
    put(top, "TransaktionsTid", now())
    return root


def in_envelope(body: etree._Element) -> bytes:
    """The bytes of an envelope around an answer or a fault."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"S": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def fault(error: Faulty) -> bytes:
    """A SOAP fault with a ServiceplatformFault in it."""
    root = etree.Element(f"{{{SOAP}}}Fault", nsmap={"S": SOAP})
    etree.SubElement(root, "faultcode").text = f"S:{error.whose}"
    etree.SubElement(root, "faultstring").text = error.words
    detail = etree.SubElement(root, "detail")
    inner = etree.SubElement(detail, f"{{{FAULT}}}ServiceplatformFault", nsmap={"ns4": FAULT})
    one = put(put(inner, "ErrorList"), "Error")
    put(one, "ErrorCode", error.code)
    put(one, "ErrorText", error.words)
    return in_envelope(root)
