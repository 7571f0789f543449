"""A ledger's call is read by its heading, and answered, also with a fault, as Serviceplatformen would have it."""

import pytest
from lxml import etree

from app.sf1590 import envelope, incoming
from app.sf1590.guard import BadMessage, validate
from tests.demo import NOW
from tests.sf1590.answers import SOAP, TRANSACTION
from tests.sf1590.sent import CVR, call, heading


def test_a_call_is_read_with_its_transaction_and_its_municipality() -> None:
    found = incoming.read_call(call("Ping", "", top=heading(cvr="12345678")))
    assert (found.operation, found.transaction_id, found.municipality_cvr) == ("Ping", TRANSACTION, "12345678")


def test_without_a_context_the_route_says_whose_ledger_it_is() -> None:
    assert incoming.read_call(call("Ping", "", top=heading(cvr=None))).municipality_cvr == CVR


@pytest.mark.parametrize("raw", [
    call("Ping", "", top=heading(cvr=None, route=False)),
    call("Ping", "", top=heading(cvr="1234")),
    call("Ping", "", top=""),
    f'<S:Envelope xmlns:S="{SOAP}"><S:Body/></S:Envelope>'.encode(),
    f'<S:Envelope xmlns:S="{SOAP}"><S:Body><x xmlns="urn:other"/></S:Body></S:Envelope>'.encode(),
    call("Ping", "").replace(b"Ping_I", b"Ping_O"),
    b"<Envelope/>", b"", b"not xml", b"\x00", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
], ids=str)  # fmt: skip
def test_what_is_no_call_is_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        incoming.read_call(raw)


def test_a_pong_bears_the_callers_transaction() -> None:
    answer = incoming.pong(incoming.read_call(call("Ping", "")), now=NOW)
    assert etree.QName(answer).localname == "Ping_O"
    validate(answer[0], "kontekst.xsd")
    assert TRANSACTION in etree.tostring(answer).decode()


@pytest.mark.parametrize(("is_theirs", "expected"), [(True, envelope.OurFault), (False, envelope.TheirFault)])
def test_a_fault_of_ours_is_read_as_we_read_those_of_others(is_theirs: bool, expected: type[Exception]) -> None:
    with pytest.raises(expected, match="SKEMA wrong"):
        envelope.unwrap(envelope.wrap(incoming.fault(code="SKEMA", words="wrong", is_theirs=is_theirs)))
