"""What the provider says of refunds: each moves once, old words are no news, and those made elsewhere are adopted."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.payments import settlement
from app.payments.models import Payment
from app.payments.port import DisputeStanding, ProviderState, RefundStanding
from app.payments.states import RefundState
from tests.demo import Town, daycare
from tests.payments.returns.backwards import LATER, ask, book, gives_back, recalls, send, state

pytestmark = pytest.mark.database
AMOUNT = 150000


def pending(town: Town) -> tuple[Payment, UUID]:
    """A refund of everything, which the provider has taken on."""
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    town.provider.refunds_begin_as = RefundStanding.PENDING
    refund_id = ask(town, payment, {claim: AMOUNT})
    gives_back(town, recalls(town)[0], source="transit")
    send(town, refund_id)
    return payment, refund_id


def truth(town: Town, payment: Payment) -> ProviderState:
    return town.provider.fetch(payment.provider_reference or "")


def told(town: Town, said: ProviderState) -> None:
    with town.sessions.begin() as session:
        settlement.apply(session, provider="stripe", truth=said, now=LATER)


def test_a_refund_is_booked_when_the_provider_takes_it_on(town: Town) -> None:
    payment, refund_id = pending(town)
    assert state(town, refund_id) is RefundState.PENDING
    assert book(town) == {}
    assert town.payment(payment.token).state == "refunded"
    town.provider.refund_succeeds(refund_id)
    town.settle(payment)
    assert state(town, refund_id) is RefundState.SUCCEEDED
    assert book(town) == {}


@pytest.mark.parametrize("succeeds_first", [False, True])
def test_a_refund_that_fails_days_later_is_with_us_again(town: Town, succeeds_first: bool) -> None:
    payment, refund_id = pending(town)
    earlier = truth(town, payment)
    if succeeds_first:
        town.provider.refund_succeeds(refund_id)
        town.settle(payment)
    town.provider.refund_fails(refund_id, code="closed_account")
    town.settle(payment, now=LATER)
    assert state(town, refund_id) is RefundState.FAILED
    assert book(town) == {"provider/stripe": AMOUNT, "overpaid": -AMOUNT}
    assert town.payment(payment.token).state == "paid"
    (task,) = town.tasks()
    assert task.kind == "refund_failed"
    assert "NemKonto" in task.next_step
    told(town, earlier)
    assert state(town, refund_id) is RefundState.FAILED, "an older word is no news"
    assert book(town)["overpaid"] == -AMOUNT
    town.provider.refunds_begin_as = RefundStanding.SUCCEEDED
    send(town, ask(town, payment, {None: AMOUNT}))
    assert book(town) == {}
    assert not town.tasks()


def test_a_refund_made_elsewhere_is_adopted_and_recalled(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    town.provider.refund_by_hand(payment.provider_reference or "", amount_ore=50000)
    for _ in range(3):
        town.settle(payment, now=LATER)
    assert book(town) == {"provider/stripe": AMOUNT - 50000, "transit": -AMOUNT, "gone": 50000}
    assert [task.kind for task in town.tasks()] == ["refund_elsewhere"]
    (message,) = recalls(town)
    gives_back(town, message, source="transit")
    assert book(town) == {"provider/stripe": AMOUNT - 50000, "transit": 50000 - AMOUNT}
    assert state(town, message.subject_id) is RefundState.SUCCEEDED
    assert town.payment(payment.token).state == "part_refunded"


def test_money_that_no_claim_has_is_what_an_adopted_refund_takes_first(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1", 1000), daycare("d2", 2000))
    payment = town.opened(person, one, two)
    town.shows(person, daycare("d2", 2000), asked_at=LATER)
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment, now=LATER)
    town.provider.refund_by_hand(payment.provider_reference or "", amount_ore=1500)
    town.settle(payment, now=LATER)
    assert book(town) == {"provider/stripe": 1500, "transit": -2000, "gone": 500}
    assert [message.payload["amount_ore"] for message in recalls(town)] == [500]


def test_an_adopted_refund_that_fails_is_with_us_again(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    town.provider.refund_by_hand(payment.provider_reference or "")
    town.settle(payment, now=LATER)
    (made,) = truth(town, payment).refunds
    town.provider.refund_fails(made.reference)
    town.settle(payment, now=LATER)
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    gives_back(town, recalls(town)[0], source="transit")
    assert book(town) == {"provider/stripe": AMOUNT, "overpaid": -AMOUNT}
    assert "refund_failed" in {task.kind for task in town.tasks()}


def test_a_refund_that_failed_before_we_heard_of_it_is_nothing(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    town.provider.refund_by_hand(payment.provider_reference or "")
    (made,) = truth(town, payment).refunds
    town.provider.refund_fails(made.reference)
    town.settle(payment, now=LATER)
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert not town.tasks()


def test_a_refund_of_ours_that_was_refused_and_yet_made_is_not_lost(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    refund_id = ask(town, payment, {claim: AMOUNT})
    gives_back(town, recalls(town)[0], source="transit")
    town.provider.refuse_refund = "no_card"
    send(town, refund_id)
    assert state(town, refund_id) is RefundState.FAILED
    assert [task.kind for task in town.tasks()] == ["refund_failed"]
    town.provider.add_refund(truth(town, payment), refund_id, AMOUNT)
    town.settle(payment, now=LATER)
    assert book(town) == {}
    assert "refund_elsewhere" in {task.kind for task in town.tasks()}


def test_somebody_elses_refund_id_is_a_refund_made_elsewhere(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    town.provider.add_refund(truth(town, payment), uuid4(), 100)
    said = truth(town, payment)
    told(town, replace(said, refunds=(*said.refunds, *said.refunds)))
    assert book(town)["gone"] == 100
    assert town.payment(payment.token).refunded_ore == 100


@pytest.mark.parametrize("by_hand_ore", [AMOUNT, 100000])
def test_money_that_goes_another_way_meanwhile_is_not_paid_out_twice(town: Town, by_hand_ore: int) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    refund_id = ask(town, payment, {claim: AMOUNT})
    town.provider.refund_by_hand(payment.provider_reference or "", amount_ore=by_hand_ore)
    town.settle(payment, now=LATER)
    gives_back(town, recalls(town)[0], source="transit")
    town.provider.refuse_refund = "charge_already_refunded"
    send(town, refund_id)
    assert state(town, refund_id) is RefundState.FAILED
    waits_ore = AMOUNT - by_hand_ore
    assert book(town) == ({"provider/stripe": waits_ore, "overpaid": -waits_ore} if waits_ore else {})
    held = town.payment(payment.token)
    assert (held.state, held.refunded_ore) == ("part_refunded" if waits_ore else "refunded", by_hand_ore)
    failed = [task for task in town.tasks() if task.kind == "refund_failed"]
    assert [task.reason.partition(" kr.")[0] for task in failed] == (["500,00"] if waits_ore else [])


def test_a_bank_that_took_what_we_could_not_send_gives_it_back_to_us(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    refund_id = ask(town, payment, {claim: AMOUNT})
    town.provider.dispute(payment.provider_reference or "")
    town.settle(payment, now=LATER)
    gives_back(town, recalls(town)[0], source="transit")
    town.provider.refuse_refund = "charge_disputed"
    send(town, refund_id)
    assert book(town) == {}
    assert [task.kind for task in town.tasks()] == ["dispute"], "the citizen has the money: nobody pays it out"
    town.provider.dispute_becomes(payment.provider_reference or "", DisputeStanding.WON)
    town.settle(payment, now=LATER)
    assert book(town) == {"provider/stripe": AMOUNT, "overpaid": -AMOUNT}
    assert [task.kind for task in town.tasks()] == ["refund"]


def test_what_waited_and_was_sent_elsewhere_is_nobodys_work(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    town.provider.fail(payment.provider_reference or "")
    town.settle(payment)
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    assert [task.kind for task in town.tasks()] == ["refund"]
    town.provider.refund_by_hand(payment.provider_reference or "")
    town.settle(payment, now=LATER)
    assert book(town) == {}
    assert [task.kind for task in town.tasks()] == ["refund_elsewhere"]
