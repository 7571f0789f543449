"""Codes: read as people type them, made once for a claim, short-lived for a basket, telling nothing of the person."""

from dataclasses import fields
from datetime import timedelta
from uuid import UUID

import pytest

from app.claims.sighting import Holder
from app.claims.status import Key
from app.foundation.ids import new_public_id
from app.payments import checkout, codes, paid, queries, review, shown
from app.payments.models import PayCode
from app.payments.port import Method
from app.payments.returns import refund_queries
from tests.demo import AHMED, FACTS, NOW, Town, daycare, facts, fine

pytestmark = pytest.mark.database
A_WHILE = timedelta(minutes=FACTS.desk_code_minutes)


@pytest.mark.parametrize(
    "typed",
    [
        "K7M49QWX2P8T",
        "k7m4-9qwx-2p8t",
        " K7M4 9QWX 2P8T ",
        "k7m4–9qwx—2p8t",
        "K7M4\u00a09QWX\u20112P8T",
        "k7m4.9qwx.2p8t\n",
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.read(typed) == "K7M49QWX2P8T"


def test_what_looks_alike_is_the_same() -> None:
    assert codes.read("oooo-iiii-llll") == "000011111111"
    assert not set("OILU") & set(codes.ALPHABET)
    assert len(codes.ALPHABET) == 32
    assert codes.grouped("K7M49QWX2P8T") == "K7M4-9QWX-2P8T"


@pytest.mark.parametrize(
    "typed", ["", "K7M4-9QWX-2P8", "K7M4-9QWX-2P8TT", "K7M4-9QWX-2P8U", "Æ" * 12, "\0" * 12, "1" * 9000]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(codes.NotACode):
        codes.read(typed)


def claim_code(town: Town, person: UUID, claim: UUID) -> str:
    with town.sessions.begin() as session:
        return codes.for_claim(session, claim_id=claim, person_id=person, facts=town.facts, now=NOW)


def opened(town: Town, code: str, *, minutes: int = 0) -> codes.Opened:
    now = NOW + timedelta(minutes=minutes)
    with town.sessions.begin() as session:
        code_id = codes.find(session, code=code, facts=town.facts, now=now)
        return codes.opened(session, code_id=code_id, facts=town.facts, now=now)


def basket(town: Town, person: UUID, *claims: UUID) -> PayCode:
    with town.sessions.begin() as session:
        made = codes.for_basket(session, claim_ids=claims, person_id=person, facts=FACTS, made_by="lone", now=NOW)
        session.expunge(made)
        return made


def test_a_claims_code_is_made_once_and_unlike_another_claims(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    first = claim_code(town, person, one)
    assert (claim_code(town, person, one), codes.read(first)) == (first, first)
    assert claim_code(town, person, two) != first


def test_two_who_owe_a_claim_have_one_code_for_it(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    (claim,) = town.shared(kirsten, ahmed, daycare())
    code = claim_code(town, kirsten, claim)
    assert claim_code(town, ahmed, claim) == code
    assert opened(town, code).person_id == ahmed


def test_a_code_opens_area_number_day_and_amount_and_nothing_else(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    (glimpse,) = opened(town, claim_code(town, person, claim)).glimpses
    assert {field.name for field in fields(glimpse)} == {
        "claim_id", "area", "number", "due_on", "amount_ore", "key", "at", "may_be_paid",
    }  # fmt: skip
    assert (glimpse.area, glimpse.amount_ore, glimpse.may_be_paid) == ("daycare", 150000, True)


def test_a_basket_of_the_desk_lasts_as_long_as_the_file_says(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, fine("f1", 1000), fine("f2", 2000), fine("f3", 4000))
    code = basket(town, person, *claims[:2])
    assert opened(town, code.code, minutes=29).total_ore == 3000
    with pytest.raises(codes.CodeExpired), town.sessions.begin() as session:
        codes.find(session, code=code.code, facts=FACTS, now=NOW + A_WHILE)


def test_a_code_is_unknown_elsewhere_and_where_nothing_is_owed_any_more(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    (claim,) = town.shared(kirsten, ahmed, daycare())
    code = claim_code(town, kirsten, claim)
    with town.sessions.begin() as session:
        code_id = codes.find(session, code=code, facts=FACTS, now=NOW)
        with pytest.raises(codes.CodeUnknown):
            codes.find(session, code=code, facts=facts(code="0997"), now=NOW)
        with pytest.raises(codes.CodeUnknown):
            codes.opened(session, code_id=code_id, facts=facts(code="0997"), now=NOW)
        with pytest.raises(codes.CodeUnknown):
            codes.opened(session, code_id=new_public_id(), facts=FACTS, now=NOW)
    town.shows(kirsten, source="ledger", asked_at=NOW + timedelta(minutes=1))
    with pytest.raises(codes.CodeUnknown):
        opened(town, code)


def test_what_may_not_be_paid_is_named_with_its_reason(town: Town) -> None:
    person = town.person()
    paid, agency, paying = town.shows(person, daycare("d1"), daycare("d2", holder=Holder.AGENCY), daycare("d3"))
    town.paid(person, paid)
    town.opened(person, paying)
    seen = opened(town, basket(town, person, paid, agency, paying).code)
    assert {one.claim_id: one.key for one in seen.glimpses} == {
        paid: Key.PAID_PENDING, agency: Key.SENT_GAELDST, paying: Key.PAYING,
    }  # fmt: skip
    assert seen.payable == ()


class TestPaidWithACode:
    """Whose bills they are and who pays them are two: neither comes into the other's payment."""

    @staticmethod
    def review(town: Town, person: UUID, code_id: UUID | None, *claims: UUID) -> UUID:
        with town.sessions.begin() as session:
            made, _ = review.make(session, person_id=person, facts=FACTS, claim_ids=claims, now=NOW, code_id=code_id)
            return made.id

    @staticmethod
    def start(town: Town, person: UUID, review_id: UUID, code_id: UUID | None) -> checkout.Opened:
        return checkout.start(
            town.sessions, provider=town.provider, method=Method.CARD, payer_id=person, review_id=review_id,
            facts=FACTS, locale="da", address_of=lambda token: f"https://m.example/{token}", now=NOW, code_id=code_id,
        )  # fmt: skip

    def test_a_review_is_only_for_whom_it_was_shown_to(self, town: Town) -> None:
        person = town.person()
        (claim,) = town.shows(person, daycare())
        code, other = basket(town, person, claim).id, basket(town, person, claim).id
        by_code, own = self.review(town, person, code, claim), self.review(town, person, None, claim)
        for review_id, code_id in ((by_code, None), (by_code, other), (own, code)):
            with pytest.raises(review.ReviewUnknown):
                self.start(town, person, review_id, code_id)
        assert not town.payments()

    def test_nobody_comes_into_anothers_open_payment(self, town: Town) -> None:
        person = town.person()
        (claim,) = town.shows(person, daycare())
        code = basket(town, person, claim).id
        # All are shown the bill before anybody pays it.
        reviews = [(self.review(town, person, one, claim), one) for one in (code, code, None)]
        first = self.start(town, person, *reviews[0])
        assert self.start(town, person, *reviews[0]).token == first.token, "a double click joins"
        for review_id, code_id in reviews[1:]:
            with pytest.raises(checkout.ClaimsChanged) as told:
                self.start(town, person, review_id, code_id)
            assert [one.change for one in told.value.changed] == [review.Change.BEING_PAID]
        with town.sessions() as session:
            around = queries.beside(session, person_id=person, municipality_code=FACTS.code)
        assert (around.by_claim[claim].token, around.by_claim[claim].is_mine) == (None, False)

    def test_the_holder_of_a_code_does_not_come_into_the_persons_payment(self, town: Town) -> None:
        person = town.person()
        (claim,) = town.shows(person, daycare())
        code = basket(town, person, claim).id
        by_code = self.review(town, person, code, claim)
        town.opened(person, claim)
        with pytest.raises(checkout.ClaimsChanged):
            self.start(town, person, by_code, code)

    def test_what_others_paid_is_not_in_the_persons_history(self, town: Town) -> None:
        person = town.person()
        (claim,) = town.shows(person, daycare())
        code = basket(town, person, claim).id
        payment = town.payment(self.start(town, person, self.review(town, person, code, claim), code).token)
        town.provider.pay(payment.provider_reference or "")
        town.settle(payment)
        with town.sessions.begin() as session:
            assert paid.page_of(session, person_id=person, municipality_code=FACTS.code) == ([], False)
            assert shown.untold_outcome(session, payer_id=person, now=NOW, municipality_code=FACTS.code) is None
            view = queries.by_token(session, token=payment.token)
        assert view is not None
        assert view.code_id == code
        assert not view.is_paid_by(person)
        assert town.claim("d1").covered_ore == 150000

    def test_what_goes_back_to_another_is_not_promised_to_the_person(self, town: Town) -> None:
        person = town.person()
        (claim,) = town.shows(person, daycare())
        code = basket(town, person, claim).id
        payment = town.payment(self.start(town, person, self.review(town, person, code, claim), code).token)
        town.provider.fail(payment.provider_reference or "")
        town.settle(payment)
        town.provider.pay(payment.provider_reference or "")
        town.settle(payment)
        assert town.payment(payment.token).overpaid_ore == 150000
        with town.sessions() as session:
            assert refund_queries.going_back(session, person_id=person, municipality_code=FACTS.code) == {}
