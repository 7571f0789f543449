"""A call that a debtor system makes to the portal: its envelope and heading, and the answer or fault that goes back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from app.sf1590 import values
from app.sf1590.envelope import FAULT, SOAP
from app.sf1590.guard import BadMessage, parse, validate

PING: Final = "Ping"
_SCHEMA: Final = "kontekst.xsd"


@dataclass(frozen=True)
class Call:
    """One request: what is asked, under which transaction, on behalf of which municipality; its parts not judged."""

    operation: str
    transaction_id: str
    municipality_cvr: str
    request: etree._Element


def read_call(raw: bytes) -> Call:
    """Read an envelope with a request of KOMBIT's in it.

    The municipality is the one in AuthorityContext, else the organisation that the route leads from: its own ledger.

    :raises BadMessage: no envelope, no request, or a heading that breaks the schema or names no municipality
    """
    envelope = parse(raw)
    validate(envelope, "konvolut.xsd")
    request = values.needed(envelope, "Body", SOAP)[0]
    named = etree.QName(request)
    operation = named.localname.removesuffix("_I")
    if named.namespace != values.KOMBIT or operation == named.localname:
        raise BadMessage("the envelope holds no request")
    top = values.needed(request, "HovedOplysninger", values.KONTEKST)
    validate(top, _SCHEMA)
    cvr = top.findtext(f"{{{values.KONTEKST}}}AuthorityContext/{{{values.KONTEKST}}}MunicipalityCVR") or top.findtext(
        f"{{{values.KONTEKST}}}Rute/{{{values.KONTEKST}}}AfsenderOrganisation"
    )
    if cvr is None:
        raise BadMessage("the heading names no municipality")
    return Call(operation, values.text(top, "TransaktionsId", values.KONTEKST), cvr, request)


def answer_to(call: Call, *, now: datetime) -> etree._Element:
    """An answer with its heading filled; the same transaction id goes back."""
    root = values.new(f"{call.operation}_O")
    top = etree.SubElement(root, f"{{{values.KONTEKST}}}HovedOplysningerSvar", nsmap={"kontekst": values.KONTEKST})
    values.add(top, "TransaktionsId", call.transaction_id)
    values.add(top, "TransaktionsTid", values.text_of_moment(now))
    return root


def pong(call: Call, *, now: datetime) -> etree._Element:
    """The answer to a Ping."""
    root = answer_to(call, now=now)
    values.add(root, "BehandlingDatoTid", values.text_of_moment(now))
    return root


def fault(*, code: str, words: str, is_theirs: bool) -> etree._Element:
    """A SOAP fault with a ServiceplatformFault in it; `is_theirs`: sending the same again will not help."""
    root = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soap": SOAP})
    etree.SubElement(root, "faultcode").text = "soap:Client" if is_theirs else "soap:Server"
    etree.SubElement(root, "faultstring").text = words
    detail = etree.SubElement(root, "detail")
    told = etree.SubElement(detail, f"{{{FAULT}}}ServiceplatformFault", nsmap={"sp": FAULT})
    error = etree.SubElement(etree.SubElement(told, f"{{{FAULT}}}ErrorList"), f"{{{FAULT}}}Error")
    etree.SubElement(error, f"{{{FAULT}}}ErrorCode").text = code
    etree.SubElement(error, f"{{{FAULT}}}ErrorText").text = words
    return root
