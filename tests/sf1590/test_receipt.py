"""Receipts are written as they are read, with the published codes and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.foundation.cpr import hide_cprs
from app.sf1590.guard import BadMessage, parse
from app.sf1590.receipt import NAMESPACE, Business, Mistake, Receipt, Transport, element_of, receipt_from
from tests.sf1590 import answers

words = st.text("abcæøå &<>", max_size=40)
receipts = st.builds(
    Receipt,
    code=st.sampled_from([*Transport, *Business]),
    reason=st.none() | words,
    mistakes=st.lists(st.builds(Mistake, code=words, words=words), max_size=3).map(tuple),
)


@given(receipts)
def test_a_receipt_is_read_as_it_was_written(receipt: Receipt) -> None:
    assert receipt_from(parse(etree.tostring(element_of(receipt), encoding="UTF-8"))) == receipt


def test_the_codes_are_those_that_are_published() -> None:
    assert [code.value for code in Transport] == ["OK", "ADVARSEL", "FEJL"]
    assert [code.value for code in Business] == ["MODTAGET", "AFLEVERET", "ACCEPTERET", "AFVIST", "FEJLET"]


def receipt(inside: str, name: str = "TransportKvittering") -> etree._Element:
    return parse(f'<{name} xmlns="{NAMESPACE}">{inside}</{name}>'.encode())


def test_a_cpr_in_the_other_sides_words_is_hidden() -> None:
    said = f"Borger {answers.CPR} kendes ikke"
    inside = (
        f"<TransportValideringsKode>FEJL</TransportValideringsKode><Begrundelse>{said}</Begrundelse>"
        f"<FejlListe><Fejl><FejlKode>17</FejlKode><FejlTekst>{said}</FejlTekst></Fejl></FejlListe>"
    )
    hidden = hide_cprs(said)
    assert answers.CPR not in hidden
    assert receipt_from(receipt(inside)) == Receipt(Transport.ERROR, hidden, (Mistake("17", hidden),))


@pytest.mark.parametrize(
    "element",
    [
        receipt("<TransportValideringsKode>Ok</TransportValideringsKode>"),
        receipt("<TransportValideringsKode>MODTAGET</TransportValideringsKode>"),
        receipt(""),
        receipt("<ForretningsValideringsKode>MODTAGET</ForretningsValideringsKode>", "Noget"),
        parse(b"<TransportKvittering/>"),
    ],
)
def test_what_is_no_receipt_is_refused(element: etree._Element) -> None:
    with pytest.raises(BadMessage):
        receipt_from(element)
