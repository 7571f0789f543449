"""A payer stops a payment: it ends at the provider, its claims are free, and money that came all the same is taken."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.payments import checkout
from app.payments.port import OutcomeUnknown, ProviderState, Standing
from app.payments.states import State
from tests.demo import NOW, Town, daycare
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
LATER = NOW + timedelta(minutes=2)


def test_stopping_cancels_and_frees_the_claims(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    payment = town.opened(person, *claims)
    stopped = checkout.stop(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    assert (stopped, town.payment(payment.token).state, town.open_lines()) == (State.CANCELLED, "cancelled", [])
    assert town.settle(payment, now=LATER) is State.CANCELLED, "the provider's own word for it is no news"
    assert town.opened(person, *claims, now=LATER).id != payment.id


class NoticeFirst(FakeProvider):
    """A provider whose notice of the end is here, and settled, before its answer is."""

    def __init__(self, account: FakeProvider, settle: Callable[[], State]) -> None:
        self.__dict__ = account.__dict__
        self.settle = settle

    def expire(self, reference: str) -> ProviderState:
        truth = super().expire(reference)
        assert truth.standing is Standing.EXPIRED
        assert self.settle() is State.CANCELLED
        return truth


def test_what_its_payer_stopped_is_cancelled_though_the_providers_notice_is_first(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    provider = NoticeFirst(town.provider, lambda: town.settle(payment, now=LATER))
    stopped = checkout.stop(town.sessions, provider=provider, payment_id=payment.id, now=LATER)
    assert (stopped, town.payment(payment.token).state) == (State.CANCELLED, "cancelled")


def test_a_payment_that_nobody_stopped_and_that_ran_out_took_too_long(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.expire(payment.provider_reference or "")
    assert town.settle(payment, now=LATER) is State.EXPIRED


def test_stopping_a_payment_that_was_paid_meanwhile_finds_it_paid(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(payment.provider_reference or "")
    stopped = checkout.stop(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    assert stopped is State.PAID
    assert town.balance("transit") == -150000


def test_stopping_a_payment_that_nobody_has_an_answer_about_closes_it_at_the_provider_first(town: Town) -> None:
    person = town.person()
    town.provider.drop_replies = 1
    payment = town.opened(person, *town.shows(person, daycare()))
    stopped = checkout.stop(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    assert stopped is State.CANCELLED
    assert town.provider.calls == ["start", "start", "expire"]
    assert len(town.provider.payments) == 1


def test_an_unanswered_stop_leaves_the_payment_open(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    payment = town.opened(person, *claims)
    town.provider.drop_replies = 1
    with pytest.raises(OutcomeUnknown):
        checkout.stop(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    assert (town.payment(payment.token).state, town.open_lines()) == ("awaiting", claims)
