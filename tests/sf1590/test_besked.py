"""Event messages of Beskedfordeler: envelope and data are read in the published shape, and nonsense is refused."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import besked
from app.sf1590.besked import Status
from app.sf1590.guard import BadMessage, parse, validate
from tests.sf1590 import sent
from tests.sf1590.answers import ACCOUNT, CPR, claim, found
from tests.sf1590.sent import CLOSED_TYPE, CVR, MESSAGE, PAYABLE_TYPE, REOPENED_TYPE, UNKNOWN_TYPE, event

MADE = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)


@pytest.mark.parametrize("pushed", [True, False])
def test_an_envelope_is_read_pushed_or_alone(pushed: bool) -> None:
    read = besked.read(event(sent.payable_data(), pushed=pushed))
    assert (read.id, read.type, read.authorities, read.made_at) == (MESSAGE, PAYABLE_TYPE, (CVR,), MADE)


def test_who_answers_for_the_object_goes_before_who_may_receive() -> None:
    read = besked.read(event(sent.reopened_data(), responsible="11111111", receivers=("22222222", "33333333")))
    assert read.authorities == ("11111111",)
    read = besked.read(event(sent.reopened_data(), responsible=None, receivers=("22222222", "33333333")))
    assert read.authorities == ("22222222", "33333333")
    assert besked.read(event(sent.reopened_data(), responsible=None, receivers=())).authorities == ()


def test_the_digest_is_that_of_the_data_alone() -> None:
    noted = "<Leveranceruter><Leverancerute/></Leveranceruter>"
    first, again = event(sent.reopened_data()), event(sent.reopened_data(), delivered=noted)
    assert besked.read(first).digest == besked.read(again).digest
    assert besked.read(first).digest != besked.read(event(sent.reopened_data(account=MESSAGE))).digest


@pytest.mark.parametrize("wrapped", [lambda data: data, sent.in_base64], ids=["as elements", "in Base64"])
def test_claims_for_payment_are_the_claims_of_a_search(wrapped: object) -> None:
    assert callable(wrapped)
    said = besked.content(besked.read(event(wrapped(sent.payable_data(claim(), claim(left="1.00"))))))
    assert isinstance(said, besked.Payable)
    assert said.stated_at == MADE
    assert [one.outstanding_ore for one in said.claims] == [27500, 100]
    assert {one.cpr for line in said.claims for one in line.liable} == {CPR}


def test_a_closed_account_is_closed_when_the_message_was_made_else_on_its_day() -> None:
    said = besked.content(besked.read(event(sent.closed_data(), message_type=CLOSED_TYPE)))
    assert said == besked.Closed(UUID(ACCOUNT), MADE)
    undated = event(sent.closed_data(), message_type=CLOSED_TYPE, made_at=None)
    assert besked.content(besked.read(undated)) == besked.Closed(UUID(ACCOUNT), datetime(2026, 2, 28, 23, tzinfo=UTC))


def test_a_reopened_account_is_named() -> None:
    said = besked.content(besked.read(event(sent.reopened_data(), message_type=REOPENED_TYPE)))
    assert said == besked.Reopened(UUID(ACCOUNT))


def test_a_type_is_called_by_what_its_messages_hold() -> None:
    assert besked.name_of(CLOSED_TYPE) == "DebitorkontoAfsluttetBesked"
    assert besked.name_of(UNKNOWN_TYPE) == besked.name_of("urn:x") == besked.UNKNOWN


@pytest.mark.parametrize(("data", "message_type"), [
    (sent.payable_data(), UNKNOWN_TYPE), (sent.payable_data(), CLOSED_TYPE), ("", PAYABLE_TYPE),
    (sent.payable_data() * 2, PAYABLE_TYPE), (sent.closed_data(on="2026-02-30"), CLOSED_TYPE),
    ("<D xmlns='urn:x'>not base64!</D>", PAYABLE_TYPE), ("<D xmlns='urn:x'>AAAA</D>", PAYABLE_TYPE),
    (sent.in_base64("<a/>"), PAYABLE_TYPE), (sent.payable_data(found(claim())), PAYABLE_TYPE),
    (sent.in_base64("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"), PAYABLE_TYPE),
], ids=str)  # fmt: skip
def test_data_that_are_not_what_the_type_says_are_refused(data: str, message_type: str) -> None:
    read = besked.read(event(data, message_type=message_type))
    with pytest.raises(BadMessage):
        besked.content(read)


@pytest.mark.parametrize("raw", [
    b"", b"no xml", b"<a/>", event("").replace(b"BeskedId", b"BeskedX"), event("").replace(b"Beskedtype", b"X"),
    event("").replace(MESSAGE.encode(), b""), event("", made_at="24"), event("", made_at="2026-03-04T24:00:00"),
    event("").replace(b"urn:oio:sts:1.0.0", b"urn:oio:sts:9.0.0"), b"\xff\xfe" + event(""),
    b"<!DOCTYPE a>" + event(""),
], ids=str)  # fmt: skip
def test_what_is_no_event_message_is_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        besked.read(raw)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        besked.read(raw)


@given(st.text(max_size=400))
def test_base64_of_anything_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        besked.content(besked.read(event(sent.in_base64(text))))


@pytest.mark.parametrize("status", Status)
def test_an_answer_has_its_code_and_its_text(status: Status) -> None:
    answer = parse(besked.standard_return(status, "x" * 999))
    validate(answer, besked.SCHEMA)
    assert [etree.QName(one).localname for one in answer[0]] == ["StatusKode", "FejlbeskedTekst"]
    assert (answer[0][0].text, len(answer[0][1].text or "")) == (str(int(status)), 250)
