"""The queue of money on its way back: two people, one decision, and nobody overwrites another."""

from uuid import UUID

import pytest

from app.foundation.db import transaction
from app.payments.models import Payment
from app.payments.port import DisputeStanding
from app.payments.returns import refund_queries
from app.payments.states import RefundState
from tests.payments.returns.backwards import gives_back, recalls
from tests.web.operations.conftest import Desk
from tests.web.operations.test_payment import part, refunds, send_back

pytestmark = pytest.mark.database
QUEUE = "/personale/opkraevning/tilbagebetalinger"


def asked(desk: Desk) -> tuple[Payment, UUID]:
    payment = desk.paid()
    send_back(desk, payment, **{part(desk, payment): "1500"})
    (refund,) = refunds(desk, payment)
    return payment, refund.id


def state(desk: Desk, payment: Payment) -> RefundState:
    (refund,) = refunds(desk, payment)
    return refund.state


def test_a_colleague_approves(desk: Desk) -> None:
    payment, refund_id = asked(desk)
    shown = desk.dorte.get(QUEUE).text
    assert "Godkend 1.500,00" in shown.replace("\xa0", " ")
    assert "Carsten Bro" in shown
    assert desk.dorte.send(f"{QUEUE}/{refund_id}/godkend").status_code == 303
    (refund,) = refunds(desk, payment)
    assert (refund.state, refund.decided_by) == (RefundState.APPROVED, "dorte")


def test_who_asked_may_not_approve(desk: Desk) -> None:
    payment, refund_id = asked(desk)
    assert "Du har selv bedt om den" in desk.carsten.get(QUEUE).text
    answer = desk.carsten.send(f"{QUEUE}/{refund_id}/godkend")
    assert answer.status_code == 409
    assert "En kollega skal godkende den" in answer.text
    assert state(desk, payment) is RefundState.ASKED


def test_a_colleague_declines_with_a_reason(desk: Desk) -> None:
    payment, refund_id = asked(desk)
    assert desk.dorte.send(f"{QUEUE}/{refund_id}/afvis", reason=" ").status_code == 422
    assert state(desk, payment) is RefundState.ASKED
    assert desk.dorte.send(f"{QUEUE}/{refund_id}/afvis", reason="Regningen er rigtig").status_code == 303
    assert state(desk, payment) is RefundState.STOPPED
    with transaction(desk.portal.sessions) as session:
        assert sum(one.left_ore for one in refund_queries.left_of(session, payment_id=payment.id)) == 150000
    seen = desk.carsten.get(f"/personale/opkraevning/betaling/{payment.id}").text
    assert "– Regningen er rigtig" in seen, "who asked is told why"
    assert "declined" not in seen


def test_what_is_decided_is_decided(desk: Desk) -> None:
    payment, refund_id = asked(desk)
    desk.dorte.send(f"{QUEUE}/{refund_id}/godkend")
    late = desk.carsten.send(f"{QUEUE}/{refund_id}/afvis", reason="Fortrudt")
    assert late.status_code == 409
    assert "En kollega var hurtigere" in late.text
    assert state(desk, payment) is RefundState.APPROVED


def test_another_municipality_decides_nothing(desk: Desk) -> None:
    payment, refund_id = asked(desk)
    for act, fields in (("godkend", {}), ("afvis", {"reason": "Nej"})):
        assert desk.neighbour.send(f"{QUEUE}/{refund_id}/{act}", **fields).status_code == 404
    assert state(desk, payment) is RefundState.ASKED
    assert "1.500,00" not in desk.neighbour.get(QUEUE).text


def test_money_nobody_has_decided_on_is_listed(desk: Desk) -> None:
    payment = desk.paid_late()
    shown = desk.carsten.get(QUEUE).text
    assert f"/personale/opkraevning/betaling/{payment.id}" in shown
    assert "Pengene kom, efter at betalingen var afsluttet uden penge" in shown


@pytest.mark.parametrize("is_recalled", [True, False])
def test_what_a_bank_gives_back_is_called_so_and_waits_for_nobody(desk: Desk, is_recalled: bool) -> None:
    payment, now = desk.paid(), desk.portal.clock()
    reference = payment.provider_reference or ""
    desk.portal.provider.dispute(reference, standing=DisputeStanding.OPEN)
    desk.town.settle(payment, now=now)
    if is_recalled:
        (message,) = recalls(desk.town)
        gives_back(desk.town, message, source="transit", now=now)
    desk.portal.provider.dispute_becomes(reference, DisputeStanding.WON)
    desk.town.settle(payment, now=now)
    shown = desk.carsten.get(f"/personale/opkraevning/betaling/{payment.id}").text
    assert shown.count("Banken har givet pengene igen") == 2, "on the card, and in what has happened"
    assert "Kunne ikke sendes" not in shown
    assert "won" not in shown
    assert "Kunne ikke sendes" not in desk.carsten.get(QUEUE).text
    history = desk.portal.citizen().get("/betalinger").text
    assert "Din bank har taget pengene tilbage" not in history
    assert ("har givet kommunen dem igen" in history) is is_recalled, "what was never taken back there is not told"
