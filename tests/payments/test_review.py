"""The review: what may be paid is stored as shown, what may not is named, and it is its maker's alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.claims.sighting import Holder
from app.payments import review
from app.payments.models import Review
from app.payments.review import Change
from tests.demo import AHMED, FACTS, NOW, Town, daycare, facts

pytestmark = pytest.mark.database


def test_what_may_be_paid_is_stored_and_the_rest_is_named(town: Town) -> None:
    person = town.person()
    found = (daycare("d1", 1000), daycare("d2", 2000, holder=Holder.AGENCY), daycare("d3", 3000))
    payable, at_agency, being_paid = town.shows(person, *found)
    town.opened(person, being_paid)
    strange = uuid4()
    with town.sessions.begin() as session:
        shown, left_out = review.make(
            session, person_id=person, facts=FACTS, claim_ids=[payable, at_agency, payable, being_paid, strange],
            now=NOW,
        )  # fmt: skip
    assert (shown.amounts, shown.total_ore, [bill.id for bill in shown.bills]) == ({payable: 1000}, 1000, [payable])
    assert [(one.claim_id, one.change, one.shown_ore) for one in left_out] == [
        (at_agency, Change.GONE, 2000),
        (being_paid, Change.BEING_PAID, 3000),
        (strange, Change.GONE, 0),
    ]
    assert left_out[-1].bill is None


def test_the_bills_are_shown_in_the_order_chosen(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, *(daycare(f"d{n}") for n in range(5)))
    chosen = [claims[3], claims[0], claims[4]]
    review_id = town.review(person, *chosen)
    with town.sessions.begin() as session:
        shown, changed = review.find(session, review_id=review_id, person_id=person, facts=FACTS, now=NOW)
        assert review.lock(session, review_id=review_id, person_id=person, facts=FACTS) == chosen
    assert ([bill.id for bill in shown.bills], list(shown.amounts), changed) == (chosen, chosen, ())


def test_another_persons_claim_looks_unknown(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    (claim,) = town.shows(kirsten, daycare())
    with town.sessions.begin() as session:
        _, left_out = review.make(session, person_id=ahmed, facts=FACTS, claim_ids=[claim, uuid4()], now=NOW)
    assert [(one.change, one.shown_ore, one.bill) for one in left_out] == [(Change.GONE, 0, None)] * 2


def test_a_review_is_its_makers_in_its_municipality(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    review_id = town.review(kirsten, *town.shows(kirsten, daycare()))
    elsewhere = facts(code="0997")
    for person, where in ((ahmed, FACTS), (kirsten, elsewhere)):
        with town.sessions.begin() as session:
            with pytest.raises(review.ReviewUnknown):
                review.find(session, review_id=review_id, person_id=person, facts=where, now=NOW)
            with pytest.raises(review.ReviewUnknown):
                review.lock(session, review_id=review_id, person_id=person, facts=where)


def test_a_claim_that_no_longer_may_be_seen_is_gone(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1", 1000), daycare("d2", 2000))
    review_id = town.review(person, one, two)
    town.shows(person, daycare("d2", 1500), asked_at=NOW + timedelta(minutes=1))
    with town.sessions.begin() as session:
        shown, changed = review.find(session, review_id=review_id, person_id=person, facts=FACTS, now=NOW)
    assert shown.amounts == {one: 1000, two: 2000}, "as it was shown"
    assert {one.claim_id: (one.change, one.shown_ore) for one in changed} == {
        one: (Change.GONE, 1000), two: (Change.AMOUNT, 2000),
    }  # fmt: skip


def test_a_review_lasts_two_hours(town: Town) -> None:
    person = town.person()
    review_id = town.review(person, *town.shows(person, daycare()))
    with town.sessions.begin() as session:
        shown, _ = review.find(session, review_id=review_id, person_id=person, facts=FACTS, now=NOW)
    assert not shown.is_over(now=NOW + review.LASTS)
    assert shown.is_over(now=NOW + review.LASTS + timedelta(seconds=1))


def test_old_reviews_that_no_payment_came_of_are_forgotten(town: Town) -> None:
    person = town.person()
    paid, left, young = town.shows(person, *(daycare(ref) for ref in ("d1", "d2", "d3")))
    payment = town.opened(person, paid)
    for claim in (left, left):
        town.review(person, claim)
    kept = town.review(person, young, now=NOW + timedelta(seconds=1))

    def forget() -> int:
        with town.sessions.begin() as session:
            return review.forget(session, now=NOW + review.KEPT, at_most=1)

    assert [forget(), forget(), forget()] == [1, 1, 0]
    with town.sessions() as session:
        assert set(session.scalars(select(Review.id))) == {payment.review_id, kept}
