"""The overview tells of an outcome that its payer has not seen, once; one that nobody knows it tells until known."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.payments.models import Payment
from app.payments.shown import note_shown, untold_outcome
from app.payments.states import State
from tests.demo import AHMED, CODE, NOW, Town, daycare

pytestmark = pytest.mark.database


def told(town: Town, person: UUID) -> tuple[UUID, State] | None:
    with town.sessions.begin() as session:
        view = untold_outcome(session, payer_id=person, municipality_code=CODE, now=NOW)
        return (view.id, view.state) if view else None


def test_an_outcome_is_told_once_to_its_payer_alone(town: Town) -> None:
    person, other = town.person(), town.person(AHMED)
    payment = town.paid(person, *town.shows(person, daycare()))
    assert told(town, other) is None
    assert told(town, person) == (payment.id, State.PAID)
    assert told(town, person) is None


def test_an_outcome_that_was_seen_is_not_told(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    with town.sessions.begin() as session:
        note_shown(session, payment_id=payment.id, now=NOW)
        note_shown(session, payment_id=payment.id, now=NOW + timedelta(hours=1))
    assert told(town, person) is None
    assert town.payment(payment.token).shown_at == NOW


def test_money_that_comes_after_the_end_was_seen_is_told(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.close(payment.provider_reference or "")
    town.settle(payment)
    assert told(town, person) == (payment.id, State.EXPIRED)
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    assert told(town, person) == (payment.id, State.PAID)


def test_a_payment_at_the_provider_has_no_outcome_yet(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    assert told(town, person) is None
    with town.sessions.begin() as session:
        session.execute(update(Payment).where(Payment.id == payment.id).values(state="created"))
    assert told(town, person) is None


def test_an_outcome_nobody_knows_is_told_until_it_is_known(town: Town) -> None:
    person = town.person()
    town.provider.drop_replies = 1
    payment = town.opened(person, *town.shows(person, daycare()))
    assert told(town, person) == told(town, person) == (payment.id, State.UNKNOWN)


def test_the_newest_is_told_and_the_older_ones_are_silent_then(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    town.paid(person, one)
    newest = town.paid(person, two, now=NOW + timedelta(minutes=2))
    assert told(town, person) == (newest.id, State.PAID)
    assert told(town, person) is None
