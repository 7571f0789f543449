"""Checkout: the intent is stored before the wire, replayed unchanged, and a claim has one open payment."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.foundation.db import Sessions
from app.payments import checkout, review, target
from app.payments.models import Payment, PaymentLine
from app.payments.port import NoSuchPayment, ProviderUnavailable, Started
from app.payments.review import Change
from app.payments.states import State
from tests.conftest import Database
from tests.demo import ACCOUNT, AHMED, COLLECTING, FACTS, NOW, Onlooker, Town, claim_type, daycare, facts, fine
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
LATER = NOW + timedelta(minutes=2)


class Watching(FakeProvider):
    """Notes what the tables hold when the wire is spoken, and that no transaction is open then."""

    def __init__(self, sessions: Sessions, database: Database) -> None:
        super().__init__(now=NOW)
        self._sessions = sessions
        self.onlooker = Onlooker(database.app_url)
        self.stored: list[tuple[str, str, Any]] = []
        self.said: list[tuple[str, Mapping[str, Any]]] = []

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        self.said.append((key, parameters))
        return super().start(parameters, key=key)

    def _reach(self, call: str) -> None:
        self.onlooker.look()
        with self._sessions() as session:
            rows = session.execute(select(Payment.state, Payment.provider_key, Payment.provider_call))
            self.stored += [(state, key, call) for state, key, call in rows]
        super()._reach(call)


class Strict(FakeProvider):
    """Refuses more than it says beforehand."""

    def _open(self, parameters: Mapping[str, Any]) -> Started:
        return super()._open({**parameters, "amount": 1})


@pytest.fixture
def watching(sessions: Sessions, database: Database) -> Watching:
    return Watching(sessions, database)


def changed(town: Town, person: UUID, review_id: UUID) -> dict[UUID, Change]:
    with pytest.raises(checkout.ClaimsChanged) as told:
        town.start(person, review_id)
    assert not town.provider.calls
    return {one.claim_id: one.change for one in told.value.changed}


def test_the_intent_is_committed_before_the_wire_is_spoken(town: Town, watching: Watching) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    opened = town.start(person, town.review(person, *claims), provider=watching)
    assert watching.stored == [("created", *watching.said[0])], "what was said is what was stored, and committed"
    payment = town.payment(opened.token)
    assert (payment.state, payment.amount_ore) == (State.AWAITING, 150000)
    assert opened.redirect_url == payment.redirect_url
    assert payment.provider_reference in watching.payments
    assert str(person) not in str(payment.provider_call)


def test_no_act_that_speaks_a_wire_holds_a_transaction(town: Town, watching: Watching) -> None:
    town.provider = watching
    person = town.person()
    first, second = town.shows(person, daycare("d1"), daycare("d2"))
    watching.drop_replies = 1
    unknown = town.opened(person, first)
    checkout.look(town.sessions, provider=watching, payment_id=unknown.id, now=LATER)
    other = town.opened(person, second)
    checkout.stop(town.sessions, provider=watching, payment_id=other.id, now=LATER)
    assert watching.calls == ["start", "start", "fetch", "start", "expire"]
    assert watching.onlooker.looks == len(watching.calls)


def test_lines_sum_to_the_amount_and_carry_account_and_way(town: Town) -> None:
    person = town.person()
    claims = [*town.shows(person, daycare("d1", 1001)), *town.shows(person, fine("f1", 2002))]
    read_only = replace(daycare("f2", 3003), origin_system="fbs")
    claims += town.shows(person, daycare("d1", 1001), read_only, source="ledger")[1:]
    payment = town.opened(person, *claims)
    with town.sessions() as session:
        rows = session.scalars(select(PaymentLine).order_by(PaymentLine.line_no)).all()
    lines = [(row.line_no, row.claim_id, row.amount_ore, row.account, row.way, row.open) for row in rows]
    assert lines == [
        (1, claims[0], 1001, ACCOUNT, "none", True),
        (2, claims[1], 2002, COLLECTING, "tell", True),
        (3, claims[2], 3003, ACCOUNT, "observe", True),
    ]
    assert payment.amount_ore == 1001 + 2002 + 3003


def test_an_unanswered_call_is_replayed_unchanged_and_opens_one_session(town: Town, watching: Watching) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    watching.drop_replies = 1
    opened = town.start(person, town.review(person, *claims), provider=watching)
    payment = town.payment(opened.token)
    assert (opened.redirect_url, payment.state, town.open_lines()) == (None, "unknown", claims)

    # The amount changes meanwhile: the stored call does not.
    town.shows(person, daycare(amount_ore=99))
    then = NOW + timedelta(hours=1)
    assert checkout.look(town.sessions, provider=watching, payment_id=payment.id, now=then) is State.AWAITING
    assert len(watching.payments) == 1
    assert watching.said[1] == watching.said[0]
    payment = town.payment(opened.token)
    assert payment.provider_reference in watching.payments
    assert payment.redirect_url


def test_a_call_that_may_still_be_on_the_wire_is_not_made_beside_itself(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    town.provider.drop_replies = 1
    payment = town.opened(person, *claims)
    with town.sessions.begin() as session:
        session.get_one(Payment, payment.id).state = State.CREATED  # as if the process had died before the answer
    look = {"provider": town.provider, "payment_id": payment.id}
    assert checkout.look(town.sessions, now=NOW + timedelta(seconds=19), **look) is State.CREATED  # type: ignore[arg-type]
    assert town.provider.calls == ["start"]
    assert checkout.look(town.sessions, now=NOW + timedelta(seconds=21), **look) is State.AWAITING  # type: ignore[arg-type]
    assert len(town.provider.payments) == 1


def test_a_changed_amount_is_named(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2"))
    review_id = town.review(person, *claims)
    town.shows(person, daycare("d1", 140000), daycare("d2"), asked_at=LATER)
    assert changed(town, person, review_id) == {claims[0]: Change.AMOUNT}
    assert not town.payments()


def test_a_claim_that_is_gone_is_named(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2"))
    review_id = town.review(person, *claims)
    town.shows(person, daycare("d2"), asked_at=LATER)
    assert changed(town, person, review_id) == {claims[0]: Change.GONE}


def test_a_claim_paid_meanwhile_is_named(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2"))
    review_id = town.review(person, *claims)
    town.paid(person, claims[0])
    town.provider.calls.clear()
    assert changed(town, person, review_id) == {claims[0]: Change.PAID}


def test_a_claim_being_paid_by_another_who_is_liable_is_named_and_hides_their_token(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    (shared,) = town.shared(kirsten, ahmed, daycare())
    first, second = town.review(kirsten, shared), town.review(ahmed, shared)
    town.start(kirsten, first)
    town.provider.calls.clear()
    assert changed(town, ahmed, second) == {shared: Change.BEING_PAID}
    assert len(town.payments()) == 1


def test_a_double_click_joins(town: Town) -> None:
    person = town.person()
    review_id = town.review(person, *town.shows(person, daycare()))
    first = town.start(person, review_id)
    assert town.start(person, review_id) == first
    assert town.provider.calls == ["start"]


def test_a_double_click_after_paying_leads_to_the_outcome(town: Town) -> None:
    person = town.person()
    review_id = town.review(person, *town.shows(person, daycare()))
    first = town.start(person, review_id)
    payment = town.payment(first.token)
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    again = town.start(person, review_id)
    assert (again.token, again.redirect_url) == (first.token, None)
    assert len(town.payments()) == 1


def test_a_second_tab_with_another_review_of_the_same_claims_joins(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    first, second = town.review(person, one, two), town.review(person, two, one)
    opened = town.start(person, first)
    assert town.start(person, second) == opened
    assert len(town.provider.payments) == 1


def test_a_second_tab_that_shows_another_amount_does_not_join(town: Town) -> None:
    person = town.person()
    (one,) = town.shows(person, daycare())
    first = town.review(person, one)
    town.shows(person, daycare(amount_ore=90000), asked_at=LATER)
    second = town.review(person, one)
    town.shows(person, daycare(), asked_at=LATER + timedelta(seconds=1))
    town.start(person, first)
    town.provider.calls.clear()
    assert changed(town, person, second) == {one: Change.BEING_PAID}


def test_some_of_the_claims_of_an_open_payment_do_not_join(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    both, single = town.review(person, one, two), town.review(person, one)
    town.start(person, both)
    town.provider.calls.clear()
    assert changed(town, person, single) == {one: Change.BEING_PAID}


def test_twenty_parallel_attempts_open_one_payment(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2"))
    reviews = [town.review(person, *claims) for _ in range(4)]
    with ThreadPoolExecutor(20) as crowd:
        opened = list(crowd.map(lambda n: town.start(person, reviews[n % 4]), range(20)))
    assert len({one.token for one in opened}) == 1
    assert len(town.provider.payments) == len(town.payments()) == 1
    assert town.provider.calls == ["start"]


def test_two_people_who_press_at_once_open_one_payment(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    claims = town.shared(kirsten, ahmed, daycare("d1"), daycare("d2"))
    reviews = {kirsten: town.review(kirsten, *claims), ahmed: town.review(ahmed, *reversed(claims))}

    def press(person: UUID) -> str | None:
        try:
            return town.start(person, reviews[person]).token
        except checkout.ClaimsChanged as told:
            assert {one.change for one in told.changed} == {Change.BEING_PAID}  # noqa: PT017 - in a thread
            return None

    with ThreadPoolExecutor(10) as crowd:
        tokens = set(crowd.map(press, [kirsten, ahmed] * 5))
    assert len(tokens) == 2, "one token, and None for whoever came second"
    assert len(town.provider.payments) == len(town.payments()) == 1


def test_the_database_itself_refuses_a_second_open_line(town: Town) -> None:
    person = town.person()
    town.opened(person, *town.shows(person, daycare()))
    with town.sessions() as session:
        index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_payment_line_open_claim'"
        found = session.connection().exec_driver_sql(index).scalar_one()
    assert "UNIQUE" in found
    assert "WHERE open" in found


def test_what_cannot_be_paid_is_named(town: Town) -> None:
    person, other = town.person(), town.person(AHMED)
    claims = town.shows(person, daycare("d1"), daycare("small", 249))
    with pytest.raises(checkout.BelowMinimum) as small:
        town.start(person, town.review(person, claims[1]))
    assert small.value.minimum_ore == 250
    with pytest.raises(checkout.NothingToPay):
        town.start(person, town.review(person, uuid4()))
    with pytest.raises(review.ReviewUnknown):
        town.start(other, town.review(person, claims[0]))
    with pytest.raises(checkout.TooOld):
        town.start(person, town.review(person, claims[0]), now=NOW + timedelta(hours=2, seconds=1))
    assert not town.payments()
    assert not town.provider.calls


def test_a_review_whose_payment_came_to_nothing_is_too_old(town: Town) -> None:
    person = town.person()
    review_id = town.review(person, *town.shows(person, daycare()))
    payment = town.payment(town.start(person, review_id).token)
    checkout.stop(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    with pytest.raises(checkout.TooOld):
        town.start(person, review_id)


def test_a_claim_without_an_account_to_post_to_stops_before_anything_is_stored(town: Town) -> None:
    person = town.person()
    town.facts = facts(claim_types={
        **{name: FACTS.claim_types[name].model_dump(mode="json") for name in FACTS.claim_types},
        "book-sale": claim_type("library"),
    })  # fmt: skip
    claims = town.shows(person, fine(claim_type="book-sale"))
    with pytest.raises(target.NoAccount):
        town.opened(person, *claims)
    assert not town.payments()


def test_an_unreached_provider_ends_the_payment_and_frees_the_claims(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    town.provider.is_down = True
    with pytest.raises(checkout.ProviderDown):
        town.opened(person, *claims)
    (payment,) = town.payments()
    assert (payment.state, payment.failure_code, town.open_lines()) == ("failed", "unavailable", [])
    town.provider.is_down = False
    assert town.opened(person, *claims).state == State.AWAITING


def test_a_refusal_ends_the_payment_and_keeps_the_providers_code(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare(amount_ore=300))
    with pytest.raises(checkout.ProviderDown):
        town.start(person, town.review(person, *claims), provider=Strict(now=NOW))
    assert [(one.state, one.failure_code) for one in town.payments()] == [("failed", "amount_too_small")]
    assert not town.open_lines()


def test_a_merchant_that_the_provider_does_not_know_ends_the_payment(town: Town) -> None:
    class Nowhere(FakeProvider):
        def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
            raise NoSuchPayment(f"404 {key} {len(parameters)}")

    person = town.person()
    with pytest.raises(checkout.ProviderDown):
        town.start(person, town.review(person, *town.shows(person, daycare())), provider=Nowhere(now=NOW))
    assert [(one.state, one.failure_code) for one in town.payments()] == [("failed", "no_such_payment")]
    assert not town.open_lines(), "the bills are free: nobody would ever hear of this payment"


def test_a_replay_that_is_not_reached_leaves_everything_as_it_stood(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare())
    town.provider.drop_replies = 1
    payment = town.opened(person, *claims)
    town.provider.is_down = True
    with pytest.raises(ProviderUnavailable):
        checkout.look(town.sessions, provider=town.provider, payment_id=payment.id, now=LATER)
    assert (town.payment(payment.token).state, town.open_lines()) == ("unknown", claims)
