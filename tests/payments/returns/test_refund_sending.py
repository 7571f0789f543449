"""Sending: a refund is made once whatever is dropped, and a refusal is somebody's work."""

from uuid import UUID

import pytest

from app.payments.models import Payment
from app.payments.port import OutcomeUnknown, ProviderUnavailable
from app.payments.states import RefundState
from tests.demo import Town, daycare
from tests.payments.ground import ForgetsRefunds
from tests.payments.returns.backwards import LATER, ask, book, gives_back, recalls, refund, send, state

pytestmark = pytest.mark.database
AMOUNT = 150000


def ready(town: Town) -> tuple[Payment, UUID]:
    """A refund that waits to be sent."""
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    refund_id = ask(town, payment, {claim: AMOUNT})
    gives_back(town, recalls(town)[0], source="transit")
    return payment, refund_id


def made(town: Town, payment: Payment) -> int:
    return len(town.provider.payments[payment.provider_reference or ""].refunds)


def test_a_dropped_answer_is_asked_for_again_and_the_money_goes_once(town: Town) -> None:
    payment, refund_id = ready(town)
    account = town.provider
    town.provider = ForgetsRefunds(account)
    with pytest.raises(OutcomeUnknown):
        send(town, refund_id)
    town.provider = account
    assert (made(town, payment), state(town, refund_id)) == (1, RefundState.SENDING)
    assert book(town)["overpaid"] == -AMOUNT
    send(town, refund_id)
    assert (made(town, payment), state(town, refund_id)) == (1, RefundState.SUCCEEDED)
    assert book(town) == {}
    send(town, refund_id)
    assert made(town, payment) == 1


def test_a_provider_that_has_forgotten_the_key_is_asked_first(town: Town) -> None:
    payment, refund_id = ready(town)
    town.provider.add_refund(town.provider.known(payment.provider_reference or ""), refund_id, AMOUNT)
    send(town, refund_id)
    assert (made(town, payment), state(town, refund_id)) == (1, RefundState.SUCCEEDED)
    assert "refund" not in town.provider.calls


def test_a_notice_that_comes_before_the_answer_is_the_answer(town: Town) -> None:
    payment, refund_id = ready(town)
    account = town.provider
    town.provider = ForgetsRefunds(account)
    with pytest.raises(OutcomeUnknown):
        send(town, refund_id)
    town.provider = account
    town.settle(payment, now=LATER)
    assert state(town, refund_id) is RefundState.SUCCEEDED
    send(town, refund_id)
    assert book(town) == {}


def test_a_provider_that_is_down_is_tried_again(town: Town) -> None:
    payment, refund_id = ready(town)
    town.provider.is_down = True
    with pytest.raises(ProviderUnavailable):
        send(town, refund_id)
    assert (made(town, payment), state(town, refund_id)) == (0, RefundState.SENDING)


def test_a_refusal_leaves_the_money_with_us_and_a_person_to_see_to_it(town: Town) -> None:
    payment, refund_id = ready(town)
    town.provider.refuse_refund = "no_card"
    send(town, refund_id)
    assert (state(town, refund_id), refund(town, refund_id).failure_code) == (RefundState.FAILED, "no_card")
    assert book(town) == {"provider/stripe": AMOUNT, "overpaid": -AMOUNT}
    assert [task.kind for task in town.tasks()] == ["refund_failed"]
    assert town.payment(payment.token).state == "paid"
