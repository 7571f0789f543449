"""What is on its way back is asked about daily until it has arrived, though every notice of it was lost."""

from datetime import timedelta

import pytest

from app.payments import afterwards
from app.payments.port import DisputeStanding, PaymentProvider, RefundStanding
from app.payments.states import RefundState
from tests.demo import Town
from tests.payments.returns.backwards import LATER, send, state
from tests.payments.returns.test_disputes import disputed
from tests.payments.returns.test_refund_sending import ready

pytestmark = pytest.mark.database


def look(town: Town, *, hours: int = 24) -> int:
    def provider_of(_code: str, _name: str) -> PaymentProvider:
        return town.provider

    now = LATER + timedelta(hours=hours)
    return afterwards.look(town.sessions, provider_of=provider_of, now=now, pause=lambda _seconds: None)


def test_a_refund_whose_notices_were_lost_is_followed_to_its_end(town: Town) -> None:
    town.provider.refunds_begin_as = RefundStanding.PENDING
    _, refund_id = ready(town)
    send(town, refund_id)
    assert state(town, refund_id) is RefundState.PENDING
    town.provider.refund_succeeds(refund_id)
    assert look(town, hours=1) == 0, "it was just asked about"
    assert look(town) == 1
    assert state(town, refund_id) is RefundState.SUCCEEDED
    assert look(town, hours=48) == 0, "it is at its end"


def test_a_dispute_whose_notices_were_lost_is_followed_to_its_end(town: Town) -> None:
    payment, _ = disputed(town)
    town.provider.dispute_becomes(payment.provider_reference or "", DisputeStanding.LOST)
    assert look(town) == 1
    assert town.payment(payment.token).state == "refunded"


def test_one_that_does_not_answer_is_asked_again_the_next_day(town: Town) -> None:
    disputed(town)
    town.provider.is_down = True
    assert look(town) == 0
    town.provider.is_down = False
    assert look(town, hours=30) == 0, "others first"
    assert look(town, hours=48) == 1
