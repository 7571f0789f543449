"""The history: searched, taken along as PDF and as a table, and nobody else's."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from app.payments.models import Payment
from app.web.citizen.history import harmless
from tests.demo import AHMED
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, NEIGHBOUR_HOST, Portal


def plain(page: str) -> str:
    return text_of(page).replace("\xa0", " ")


def both_paid(portal: Portal) -> tuple[Payment, Payment]:
    first, second = portal.owes(FINE, DAYCARE)
    person = portal.town.person()
    return portal.town.paid(person, first), portal.town.paid(person, second)


@pytest.mark.database
@pytest.mark.parametrize("typed", ["1.500", "1500,00", "DKK 1,500.00"])
def test_a_payment_is_found_by_its_amount(portal: Portal, typed: str) -> None:
    small, large = both_paid(portal)
    page = portal.citizen().get("/betalinger", query_string={"soeg": typed})
    assert large.token in page.text
    assert small.token not in page.text


@pytest.mark.database
def test_a_payment_is_found_by_its_number_and_by_its_year(portal: Portal) -> None:
    small, large = both_paid(portal)
    kirsten = portal.citizen()
    page = kirsten.get("/betalinger", query_string={"soeg": str(small.receipt_number).lower(), "aar": "2026"})
    assert small.token in page.text
    assert large.token not in page.text
    assert "Vi fandt ingen betalinger" in kirsten.get("/betalinger?aar=2025").text


@pytest.mark.database
@pytest.mark.parametrize("asked", ["?aar=abc&side=-1", "?aar=99999", "?side=0", "?aar=٢٠٢٦", "?side=9999"])
def test_nonsense_in_the_address_is_no_error(portal: Portal, asked: str) -> None:
    both_paid(portal)
    assert portal.citizen().get(f"/betalinger{asked}").status_code == 200


@pytest.mark.database
def test_what_is_neither_amount_nor_number_is_told(portal: Portal) -> None:
    both_paid(portal)
    page = portal.citizen().get("/betalinger?soeg=børnehave")
    assert "Skriv et beløb eller et kvitteringsnummer" in plain(page.text)
    assert 'value="børnehave"' in page.text


@pytest.mark.database
def test_who_has_paid_nothing_is_told(portal: Portal) -> None:
    words = plain(portal.citizen().get("/betalinger").text)
    assert "Du har ikke betalt noget her endnu" in words


@pytest.mark.database
def test_the_year_on_paper(portal: Portal) -> None:
    small, large = both_paid(portal)
    answer = portal.citizen().get("/betalinger/2026.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    pdf = PdfReader(io.BytesIO(answer.data))
    words = "\n".join(page.extract_text() for page in pdf.pages).replace("\xa0", " ")
    for said in (
        "Betalinger i 2026",
        str(small.receipt_number),
        str(large.receipt_number),
        "75,00 kr.",
        "1.575,00 kr.",
    ):
        assert said in words
    root = pdf.trailer["/Root"].get_object()
    assert isinstance(root, dict)
    assert "/StructTreeRoot" in root


@pytest.mark.database
def test_the_year_as_a_table(portal: Portal) -> None:
    small, large = both_paid(portal)
    answer = portal.citizen().get("/betalinger/2026.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert head[:3] == ["Dato", "Kvitteringsnummer", "Hvad"]
    assert [(row[1], row[4], row[5]) for row in rows] == [
        (small.receipt_number, "75,00", ""), (large.receipt_number, "1500,00", ""),
    ]  # fmt: skip


@pytest.mark.database
@pytest.mark.parametrize("path", ["/betalinger/2026.pdf", "/betalinger/2026.csv", "/betalinger"])
def test_anothers_history_shows_nothing(portal: Portal, path: str) -> None:
    small, _ = both_paid(portal)
    for client in (portal.citizen(AHMED, name=None), portal.citizen(host=NEIGHBOUR_HOST)):
        answer = client.get(path)
        assert answer.status_code == 200
        words = answer.data
        if path.endswith("pdf"):
            words = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text().encode()
        assert str(small.receipt_number).encode() not in words
    assert portal.browser().get(path).status_code == 303


@pytest.mark.database
@pytest.mark.parametrize("year", ["1999", "2028", "0", "99999999999"])
def test_a_year_that_is_none_is_not_found(portal: Portal, year: str) -> None:
    assert portal.citizen().get(f"/betalinger/{year}.csv").status_code == 404


@given(st.text())
def test_no_cell_is_a_formula(cell: str) -> None:
    written = harmless(cell)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written.endswith(cell)


@pytest.mark.parametrize("cell", ["=1+1", "+45", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_begins_like_a_formula_gets_a_quote(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("Børnehave") == "Børnehave"
