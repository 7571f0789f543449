"""The payment slip: its line and code, for a bill that may be paid, in a municipality with a bank agreement."""

import re

import pytest

from app.claims.sighting import Holder
from app.municipalities import register as municipalities
from app.web.paper import missing
from tests.demo import AHMED, daycare, facts, fine
from tests.web.citizen.test_checkout import plain
from tests.web.portal import DAYCARE, FINE, HERE, Portal

pytestmark = pytest.mark.database
CREDITOR = "80000042"


@pytest.fixture
def bank(portal: Portal) -> Portal:
    """Fjordby with an agreement with its bank."""
    place = facts(code=HERE.code, name=HERE.name, hosts=list(HERE.hosts), creditor_number=CREDITOR)
    with portal.sessions.begin() as session:
        municipalities.load(session, facts=place, now=portal.clock())
    return portal


def test_a_bill_has_its_line_and_its_code_for_good(bank: Portal) -> None:
    first, second = bank.owes(FINE, DAYCARE)
    kirsten = bank.citizen()
    link = f"/regninger/{first}/indbetalingskort"
    assert link in kirsten.get(f"/regninger/{first}").text
    page = kirsten.get(link)
    assert f"+{CREDITOR}&lt;" in page.text
    assert "Brug kun linjen én gang. Næste regning har en ny." in plain(page)
    assert '<svg class="qr"' in page.text or 'class="qr"' in page.text
    assert "style=" not in page.text.partition("<main")[2]
    line = page.text.partition('class="slip-line">')[2].partition("</strong>")[0]
    code = page.text.rpartition('class="pay-code">')[2].partition("</strong>")[0]
    again = kirsten.get(link).text
    assert line in again
    assert code in again
    assert code in kirsten.get(f"/regninger/{first}").text
    assert line not in kirsten.get(f"/regninger/{second}/indbetalingskort").text


def test_only_a_bill_that_may_be_paid_has_one(bank: Portal) -> None:
    paying, agency = bank.owes(daycare("d1"), daycare("d2", holder=Holder.AGENCY))
    kirsten = bank.citizen()
    bank.town.opened(bank.town.person(), paying)
    for claim_id in (paying, agency):
        assert kirsten.get(f"/regninger/{claim_id}/indbetalingskort").location == f"/regninger/{claim_id}"
        assert "/indbetalingskort" not in kirsten.get(f"/regninger/{claim_id}").text
    assert bank.counts()["payment_slip"] == 0


def test_without_an_agreement_with_a_bank_there_is_none(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    kirsten = portal.citizen()
    assert kirsten.get(f"/regninger/{claim_id}/indbetalingskort").status_code == 404
    assert "/indbetalingskort" not in kirsten.get(f"/regninger/{claim_id}").text


def test_another_persons_bill_is_as_unknown_as_none(bank: Portal) -> None:
    (others,) = bank.owes(fine("a1"), cpr=AHMED)
    assert bank.citizen().get(f"/regninger/{others}/indbetalingskort").status_code == 404
    assert bank.counts()["pay_code"] == 0


def test_it_comes_as_one_page_of_pdf_where_paper_can_be_made(bank: Portal) -> None:
    (claim_id,) = bank.owes(FINE)
    page = bank.citizen().get(f"/regninger/{claim_id}/indbetalingskort.pdf")
    if missing():
        assert page.status_code == 503
        assert "Udskriv siden i stedet" in plain(page)
    else:
        assert page.status_code == 200
        assert page.mimetype == "application/pdf"
        assert len(re.findall(rb"/Type\s*/Page\b", page.data)) <= 1
        assert b"/StructTreeRoot" in page.data or b"/ObjStm" in page.data
