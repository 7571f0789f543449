"""What pages are told of payments: who is paying what, receipts and history."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.payments import paid, queries
from app.payments.states import State
from tests.demo import AHMED, CODE, FACTS, NOW, Town, daycare, fine

pytestmark = pytest.mark.database


def test_only_the_payer_of_an_open_payment_gets_its_token(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    shared, own = town.shared(kirsten, ahmed, daycare("d1"), daycare("d2"))
    payment = town.opened(kirsten, shared, own)
    with town.sessions() as session:
        mine = queries.beside(session, person_id=kirsten, municipality_code=CODE)
        theirs = queries.beside(session, person_id=ahmed, municipality_code=CODE)
        elsewhere = queries.beside(session, person_id=kirsten, municipality_code="0997")
    both = frozenset({shared, own})
    assert mine.by_claim[shared] == queries.OpenPayment(both, payment.token, is_mine=True)
    assert theirs.by_claim[shared] == queries.OpenPayment(both, None, is_mine=False)
    assert mine.beside.being_paid == theirs.beside.being_paid == both
    assert elsewhere.by_claim == {}


def test_another_who_is_liable_for_one_of_the_claims_sees_that_one_only(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    (shared,) = town.shared(kirsten, ahmed, daycare("d1"))
    (_, own) = town.shows(kirsten, replace(daycare("d1"), shared=True), daycare("d2"))
    town.opened(kirsten, shared, own)
    with town.sessions() as session:
        theirs = queries.beside(session, person_id=ahmed, municipality_code=CODE)
    assert theirs.by_claim[shared].claim_ids == {shared}


def test_a_payment_that_has_ended_is_beside_nothing(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    town.paid(person, one)
    closed = town.opened(person, two)
    town.provider.close(closed.provider_reference or "")
    town.settle(closed)
    with town.sessions() as session:
        assert not queries.beside(session, person_id=person, municipality_code=CODE).by_claim


def test_a_payment_is_found_by_its_token_alone(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    with town.sessions() as session:
        found = queries.by_token(session, token=payment.token)
        assert queries.by_token(session, token="guessed") is None
    assert found is not None
    assert (found.id, found.payer_id, found.state, found.captured_ore) == (payment.id, person, State.PAID, 150000)
    assert (found.has_money, found.is_open, found.receipt_number) == (True, False, payment.receipt_number)


def test_a_receipts_lines_stand_in_the_order_chosen_with_their_titles(town: Town) -> None:
    person = town.person()
    item = {"record_id": "r", "item_number": "n", "group": "bog", "title": "Rødhætte"}
    titled = fine("f1", 1000, evidence={"kind": "fee", "patron_id": 1, "materials": [item, {**item, "title": None}]})
    (one,), (two,) = town.shows(person, titled), town.shows(person, daycare("d1", 2000))
    payment = town.paid(person, two, one)
    with town.sessions() as session:
        lines = queries.lines_of(session, payment_id=payment.id)
    assert [(line.claim_id, line.amount_ore, line.titles, line.overpaid) for line in lines] == [
        (two, 2000, (), False),
        (one, 1000, ("Rødhætte",), False),
    ]
    assert [(line.claim_type, line.origin_system) for line in lines] == [("daycare", "ky"), ("library-fee", "fbs")]


def test_history_is_ones_own_payments_with_money_newest_first(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    claims = town.shows(kirsten, *(daycare(f"d{n}") for n in range(4)))
    first = town.paid(kirsten, claims[0])
    second = town.paid(kirsten, claims[1], now=NOW + timedelta(minutes=5))
    town.opened(kirsten, claims[2])
    closed = town.opened(kirsten, claims[3])
    town.provider.close(closed.provider_reference or "")
    town.settle(closed)
    town.paid(ahmed, *town.shows(ahmed, daycare("theirs")))
    with town.sessions() as session:
        found, has_more = paid.page_of(session, person_id=kirsten, municipality_code=FACTS.code)
        assert ([one.payment.id for one in found], has_more) == ([second.id, first.id], False)
        assert paid.page_of(session, person_id=kirsten, municipality_code="0997") == ([], False)
