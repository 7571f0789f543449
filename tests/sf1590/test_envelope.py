"""The heading says who sends where, and what comes back instead of an answer has a name."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.sf1590 import values
from app.sf1590.envelope import Heading, OurFault, Remark, Route, TheirFault, heading_onto, remarks, unwrap, wrap
from app.sf1590.guard import BadMessage, parse, validate
from tests.sf1590 import answers

TRANSACTION = UUID(answers.TRANSACTION)
ROUTE = Route("99099119", UUID(int=7), "99099119", UUID(int=8))
HEADING = Heading(TRANSACTION, datetime(2026, 3, 4, 12, tzinfo=UTC), "kald 1", "99099119", ROUTE)


def test_the_heading_stands_first_and_keeps_the_published_order() -> None:
    request = values.new("Ping_I")
    values.add(request, "Efter")
    heading_onto(request, HEADING)
    top = request[0]
    validate(top, "kontekst.xsd")
    assert [child.tag.partition("}")[2] for child in top] == [
        "TransaktionsId",
        "TransaktionsTid",
        "CallersServiceCallIdentifier",
        "AuthorityContext",
        "Rute",
    ]
    assert [child.text for child in top[4]] == ["99099119", str(UUID(int=7)), "99099119", str(UUID(int=8))]


def test_an_envelope_holds_one_request() -> None:
    back = parse(wrap(values.new("Ping_I")))
    assert back[0][0].tag == f"{{{answers.OIR}}}Ping_I"
    assert unwrap(wrap(values.new("Ping_O"))).tag.endswith("Ping_O")


@pytest.mark.parametrize(
    "raw",
    [
        b"<html><body>502</body></html>",
        f'<S:Envelope xmlns:S="{answers.SOAP}"><S:Body/></S:Envelope>'.encode(),
        answers.envelope(f'<a xmlns="{answers.OIR}"/><b xmlns="{answers.OIR}"/>'),
        answers.envelope("").replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"),
    ],
)
def test_anything_but_one_answer_in_a_soap_envelope_is_bad(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        unwrap(raw)


@pytest.mark.parametrize(
    ("code", "kind"), [("S:Client", OurFault), ("Client.Auth", OurFault), ("S:Server", TheirFault)]
)
def test_a_fault_says_whose_it_is(code: str, kind: type[Exception]) -> None:
    detail = (
        '<f:ServiceplatformFault xmlns:f="http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/">'
        "<f:ErrorList><f:Error><f:ErrorCode>RUTE</f:ErrorCode><f:ErrorText>Ukendt 740584-2144</f:ErrorText></f:Error>"
        "</f:ErrorList></f:ServiceplatformFault>"
    )
    with pytest.raises(kind) as fault:
        unwrap(answers.fault(code, "Kunne ikke", detail))
    assert str(fault.value) == f"{code} Kunne ikke RUTE Ukendt [cpr]"


def test_remarks_are_told_and_a_fejl_is_a_fault() -> None:
    told = unwrap(answers.answer("Ping", "", reactions=answers.reaction("Advis", "A1", f"Se {answers.CPR}")))
    assert remarks(told, transaction_id=TRANSACTION) == (Remark("A1", "Se [cpr]"),)
    failed = unwrap(answers.answer("Ping", "", reactions=answers.reaction("Fejl", "F1", "Kan ikke nu")))
    with pytest.raises(TheirFault, match=r"^F1 Kan ikke nu$"):
        remarks(failed, transaction_id=TRANSACTION)


def test_an_answer_to_another_call_is_bad() -> None:
    with pytest.raises(BadMessage, match="another call"):
        remarks(unwrap(answers.answer("Ping", "")), transaction_id=UUID(int=1))
