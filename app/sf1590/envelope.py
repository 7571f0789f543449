"""The SOAP 1.1 envelope and the heading in it: who sends, for whom, where to; and what comes back instead of an answer.

SoapFault
├── OurFault    the other side says the fault is in what we sent, or in who we are: sending it again will not help
└── TheirFault  the other side could not do it now
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.foundation.cpr import hide_cprs
from app.sf1590 import values
from app.sf1590.guard import BadMessage, parse, validate

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
FAULT: Final = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"
MAX_WORDS: Final = 300


@dataclass(frozen=True)
class Route:
    """Between whom Serviceplatformen carries a call. CVR numbers have eight digits."""

    sender_cvr: str
    sender_system: UUID
    receiver_cvr: str
    receiver_system: UUID | None = None


@dataclass(frozen=True)
class Heading:
    """HovedOplysninger: the same transaction id comes back in the answer."""

    transaction_id: UUID
    sent_at: datetime
    call_identifier: str
    authority_cvr: str
    route: Route


@dataclass(frozen=True)
class Remark:
    """One SvarReaktion of the kind Advis: something worth telling, but no error."""

    code: str
    words: str


class SoapFault(Exception):
    """The call was carried, but not done; the text is the other side's, with CPR numbers hidden."""


class OurFault(SoapFault):
    """The fault is in what we sent, or in who we are."""


class TheirFault(SoapFault):
    """The other side could not do it now."""


def heading_onto(request: etree._Element, heading: Heading) -> None:
    """Put HovedOplysninger first in a request."""
    top = etree.Element(f"{{{values.KONTEKST}}}HovedOplysninger", nsmap={"kontekst": values.KONTEKST})
    values.add(top, "TransaktionsId", heading.transaction_id)
    values.add(top, "TransaktionsTid", values.text_of_moment(heading.sent_at))
    values.add(top, "CallersServiceCallIdentifier", heading.call_identifier)
    values.add(values.add(top, "AuthorityContext"), "MunicipalityCVR", heading.authority_cvr)
    route = values.add(top, "Rute")
    values.add(route, "AfsenderOrganisation", heading.route.sender_cvr)
    values.add(route, "AfsenderItSystemInstans", heading.route.sender_system)
    values.add(route, "ModtagerOrganisation", heading.route.receiver_cvr)
    if heading.route.receiver_system is not None:
        values.add(route, "ModtagerItSystemInstans", heading.route.receiver_system)
    request.insert(0, top)


def wrap(request: etree._Element) -> bytes:
    """The envelope around a request, as it is sent."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(request)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def unwrap(raw: bytes) -> etree._Element:
    """The answer in an envelope; what it says is not judged yet.

    :raises BadMessage: no SOAP envelope with one answer
    :raises OurFault, TheirFault: a fault came instead
    """
    envelope = parse(raw)
    validate(envelope, "konvolut.xsd")
    answer = values.needed(envelope, "Body", SOAP)[0]
    if answer.tag == f"{{{SOAP}}}Fault":
        raise _fault(answer)
    return answer


def remarks(answer: etree._Element, *, transaction_id: UUID) -> tuple[Remark, ...]:
    """The Advis of an answer's HovedOplysningerSvar.

    :raises BadMessage: it answers another call
    :raises TheirFault: a Fejl stands there: the act was not carried out
    """
    top = values.needed(answer, "HovedOplysningerSvar", values.KONTEKST)
    if values.text(top, "TransaktionsId", values.KONTEKST) != str(transaction_id):
        raise BadMessage("the answer belongs to another call")
    found = []
    for reaction in values.children(top, "SvarReaktion", values.KONTEKST):
        error = values.child(reaction, "Fejl", values.KONTEKST)
        if error is not None:
            raise TheirFault(_said(error, "FejlId", "FejlTekst"))
        remark = values.needed(reaction, "Advis", values.KONTEKST)
        code = values.text(remark, "AdvisId", values.KONTEKST)
        found.append(Remark(code, hide_cprs(values.text(remark, "AdvisTekst", values.KONTEKST))))
    return tuple(found)


def _said(error: etree._Element, code: str, words: str) -> str:
    both = f"{values.text(error, code, values.KONTEKST)} {values.text(error, words, values.KONTEKST)}"
    return hide_cprs(both.strip())[:MAX_WORDS]


def _fault(fault: etree._Element) -> SoapFault:
    code = (fault.findtext("faultcode") or "").strip()
    words = [code, (fault.findtext("faultstring") or "").strip()]
    for error in fault.iterfind(f"detail/{{{FAULT}}}ServiceplatformFault/{{{FAULT}}}ErrorList/{{{FAULT}}}Error"):
        words += [error.findtext(f"{{{FAULT}}}{name}") or "" for name in ("ErrorCode", "ErrorText")]
    said = hide_cprs(" ".join(word for word in words if word))[:MAX_WORDS]
    # SOAP 1.1 names whose fault it is in the first word, with any prefix: Client or Server.
    kind = code.rpartition(":")[2].partition(".")[0]
    return OurFault(said) if kind == "Client" else TheirFault(said)
