"""A payment's own page leads to the ledger's books of it: noted first, and silent when the ledger is."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.ledger.port import LedgerUnavailable
from app.web.operations import booked
from tests.web.operations.conftest import Desk
from tests.web.plain import text_of

pytestmark = pytest.mark.database


def address(payment_id: UUID) -> str:
    return f"/personale/opkraevning/betaling/{payment_id}/debitorsystem"


def test_what_was_promised_and_is_not_booked_yet_is_on_its_way(desk: Desk) -> None:
    payment = desk.paid()
    assert address(payment.id) in desk.carsten.get(f"/personale/opkraevning/betaling/{payment.id}").text
    words = text_of(desk.carsten.get(address(payment.id)).text)
    assert "På vej. Portalen venter på svar og prøver igen af sig selv." in words
    assert "Ingen forskelle, som nogen skal se på" in words, "it heals by itself"
    with transaction(desk.portal.sessions) as session:
        reasons = session.scalars(select(AuditEntry.reason).where(AuditEntry.action == "payment.look_up")).all()
    assert booked.REASON in reasons


def test_a_silent_ledger_says_so(desk: Desk) -> None:
    payment = desk.paid()
    desk.portal.ledger.before = [LedgerUnavailable("down")]
    words = text_of(desk.carsten.get(address(payment.id)).text)
    assert "Debitorsystemet svarer ikke" in words
    assert "1.500,00" in words


def test_another_municipalitys_payment_is_unknown(desk: Desk) -> None:
    payment = desk.paid()
    assert desk.neighbour.get(address(payment.id)).status_code == 404
    assert desk.carsten.get(address(UUID(int=5))).status_code == 404
