"""A receipt's copies: a tagged PDF that tells strangers nothing of the bills, and an e-mail asked for on the page."""

import io
import re

import pytest
from pypdf import PdfReader

from app.foundation.cpr import has_cpr
from app.payments.models import Payment
from app.payments.settlement import SEND_RECEIPT
from tests.demo import AHMED
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, Portal

pytestmark = pytest.mark.database


def paid(portal: Portal) -> Payment:
    first, _ = portal.owes(FINE, DAYCARE)
    return portal.town.paid(portal.town.person(), first)


def read(answer: bytes) -> tuple[PdfReader, str]:
    pdf = PdfReader(io.BytesIO(answer))
    return pdf, "\n".join(page.extract_text() for page in pdf.pages).replace("\xa0", " ")


def plain(page: str) -> str:
    return text_of(page).replace("\xa0", " ")


def test_the_payers_pdf_says_what_was_paid_for(portal: Portal) -> None:
    payment = paid(portal)
    answer = portal.citizen().get(f"/kvittering/{payment.token}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="kvittering-{payment.receipt_number}.pdf"'
    assert "no-store" in answer.headers["Cache-Control"]
    pdf, words = read(answer.data)
    root = pdf.trailer["/Root"].get_object()
    assert isinstance(root, dict)
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "da"
    assert pdf.metadata
    assert pdf.metadata.title == f"Kvittering {payment.receipt_number}"
    assert len(pdf.pages) == 1
    for said in (
        "75,00 kr.",
        str(payment.receipt_number),
        "2. marts 2026 kl. 13.01",
        "Det har du betalt for",
        "library",
    ):
        assert said in words
    assert not has_cpr(words)


@pytest.mark.parametrize("is_somebody", [True, False])
def test_a_strangers_pdf_says_amount_time_and_number_only(portal: Portal, is_somebody: bool) -> None:
    payment = paid(portal)
    client = portal.citizen(AHMED, name="Ahmed Yilmaz") if is_somebody else portal.browser()
    _, words = read(client.get(f"/kvittering/{payment.token}.pdf").data)
    for said in ("75,00 kr.", str(payment.receipt_number), "Pengene er modtaget: Færdig"):
        assert said in words
    for secret in ("Det har du betalt for", "Måde", "4242", "Kirsten"):
        assert secret not in words


def test_an_english_pdf_says_that_it_is(portal: Portal) -> None:
    payment = paid(portal)
    pdf, words = read(portal.browser().get(f"/kvittering/{payment.token}.pdf?lang=en").data)
    root = pdf.trailer["/Root"].get_object()
    assert isinstance(root, dict)
    assert root["/Lang"] == "en"
    assert "DKK 75.00" in words


@pytest.mark.parametrize("token", ["x" * 43, "kort"])
def test_no_pdf_of_what_is_no_receipt(portal: Portal, token: str) -> None:
    assert portal.browser().get(f"/kvittering/{token}.pdf").status_code == 404


def test_no_pdf_before_the_money_is_there(portal: Portal) -> None:
    (claim,) = portal.owes(FINE)
    payment = portal.town.opened(portal.town.person(), claim)
    assert portal.browser().get(f"/kvittering/{payment.token}.pdf").status_code == 404


def test_the_number_is_short_and_read_aloud_in_groups(portal: Portal) -> None:
    payment = paid(portal)
    number = str(payment.receipt_number)
    assert re.fullmatch(r"BK-20\d\d-\d{6}", number)
    page = portal.browser().get(f"/kvittering/{payment.token}").text
    assert f'<span aria-hidden="true">{number}</span>' in page
    assert f'<span class="sr-only">B K {number[3:7]} {number[8:11]} {number[11:]}</span>' in page


def test_whoever_holds_the_receipt_may_have_it_mailed(portal: Portal) -> None:
    payment = paid(portal)
    client = portal.browser()
    page = client.get(f"/kvittering/{payment.token}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = client.post(
        f"/kvittering/{payment.token}/mail", data={"csrf_token": token[1], "email": "navn@eksempel.dk"}
    )
    assert (answer.status_code, answer.location) == (303, f"/kvittering/{payment.token}#mail")
    assert len(portal.town.messages(SEND_RECEIPT)) == 1
    page = client.get(f"/kvittering/{payment.token}")
    assert "Vi sender kvitteringen til din e-mail om lidt" in plain(page.text)
    assert "navn@eksempel.dk" not in page.text


def test_a_wrong_address_is_named_and_kept(portal: Portal) -> None:
    payment = paid(portal)
    page = portal.citizen().send(f"/kvittering/{payment.token}/mail", email="navn(at)eksempel")
    assert page.status_code == 422
    assert plain(page.text).count("Skriv en e-mail, der ligner navn@eksempel.dk.") == 2
    assert 'value="navn(at)eksempel"' in page.text
    assert "<title>Fejl:" in page.text
    assert portal.town.messages(SEND_RECEIPT) == []


def test_a_fourth_mail_within_the_hour_is_refused(portal: Portal) -> None:
    payment, kirsten = paid(portal), portal.citizen()
    tried = [kirsten.send(f"/kvittering/{payment.token}/mail", email="navn@eksempel.dk").status_code for _ in range(4)]
    assert tried == [303, 303, 303, 429]


def test_the_check_page_takes_an_address_for_the_receipt(portal: Portal) -> None:
    first, _ = portal.owes(FINE, DAYCARE)
    kirsten = portal.citizen()
    there = kirsten.send("/betal/kontrol", claim=str(first)).location
    page = kirsten.get(there)
    assert 'autocomplete="email"' in page.text
    review = re.search(r'name="review" value="([^"]+)"', page.text)
    assert review
    wrong = kirsten.send("/betal", review=review[1], method="card", email="navn")
    assert wrong.status_code == 422
    assert "eller lad feltet stå tomt" in wrong.text
    assert 'value="navn"' in wrong.text
    assert portal.town.payments() == []
    kirsten.send("/betal", review=review[1], method="card", email=" navn@eksempel.dk ")
    (payment,) = portal.town.payments()
    assert (payment.receipt_email, payment.receipt_language) == ("navn@eksempel.dk", "da")
