"""Follow: reserved money is taken at once and once, or let go when nobody wants it any more."""

from datetime import timedelta

import pytest

from app.claims import register
from app.payments import follow, notices
from app.payments.models import Payment
from app.payments.port import Hint, NoSuchPayment, OutcomeUnknown, Standing
from app.payments.states import State
from tests.demo import NOW, Town, daycare
from tests.fakes.payment_provider import FakeProvider
from tests.payments.returns.backwards import LATER, book

pytestmark = pytest.mark.database
AMOUNT = 150000


@pytest.fixture
def town(town: Town) -> Town:
    town.provider = FakeProvider(now=NOW, reserves=True)
    return town


def reserved(town: Town) -> Payment:
    """A payment that its payer has said yes to; nothing is taken yet."""
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.finish(payment.provider_reference or "")
    return payment


def followed(town: Town, payment: Payment) -> State:
    reference = payment.provider_reference or ""
    return follow.follow(town.sessions, provider=town.provider, reference=reference, now=LATER)


def stands(town: Town, payment: Payment) -> Standing:
    return town.provider.payments[payment.provider_reference or ""].standing


def test_reserved_money_is_taken_at_once(town: Town) -> None:
    payment = reserved(town)
    assert followed(town, payment) is State.PAID
    assert town.provider.calls[-2:] == ["fetch", "capture"]
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}


def test_a_lost_answer_leaves_it_reserved_and_it_is_taken_once(town: Town) -> None:
    payment = reserved(town)
    truth = town.provider.fetch(payment.provider_reference or "")
    town.provider.drop_replies = 1
    with pytest.raises(OutcomeUnknown):
        follow.bring(town.sessions, provider=town.provider, truth=truth, now=LATER)
    assert town.payment(payment.token).state == "authorised"
    assert book(town) == {}
    assert followed(town, payment) is State.PAID
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert town.provider.calls.count("capture") == 1


def test_money_that_cannot_be_taken_frees_the_bills_and_the_reservation(town: Town) -> None:
    payment = reserved(town)
    town.provider.refuse_capture = "insufficient"
    assert followed(town, payment) is State.FAILED
    assert town.payment(payment.token).failure_code == "insufficient"
    assert stands(town, payment) is Standing.CANCELLED
    assert book(town) == {}
    town.opened(town.person(), town.claim("d1").id, now=LATER)


def test_money_that_was_reserved_after_the_end_is_let_go(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.close(payment.provider_reference or "")
    assert followed(town, payment) is State.EXPIRED
    town.provider.finish(payment.provider_reference or "")
    assert followed(town, payment) is State.EXPIRED
    assert stands(town, payment) is Standing.CANCELLED
    assert "capture" not in town.provider.calls
    assert not town.tasks()


def test_money_that_no_claim_wants_any_more_is_let_go(town: Town) -> None:
    payment = reserved(town)
    claim_id = town.claim("d1").id
    with town.sessions.begin() as session:
        register.lock(session, claim_ids=[claim_id])
        register.cover(session, shares={claim_id: AMOUNT}, payment_id=payment.id, now=NOW)
    assert followed(town, payment) is State.CANCELLED
    assert "capture" not in town.provider.calls
    assert book(town) == {}


def test_a_payment_the_provider_never_heard_of_ends_when_nobody_can_pay_it(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    reference = payment.provider_reference or ""
    town.provider.payments.clear()
    with pytest.raises(NoSuchPayment):
        followed(town, payment)
    late = NOW + follow.HEARD_OF_WITHIN + timedelta(minutes=1)
    assert follow.follow(town.sessions, provider=town.provider, reference=reference, now=late) is State.EXPIRED
    ended = town.payment(payment.token)
    assert (ended.state, ended.failure_code) == ("expired", "never_heard_of")
    town.opened(person, town.claim("d1").id, now=late)


@pytest.mark.parametrize("by", ["reference", "payment_id", "charge_reference"])
def test_a_hint_may_name_a_payment_in_three_ways(town: Town, by: str) -> None:
    payment = reserved(town)
    followed(town, payment)
    paid = town.payment(payment.token)
    town.provider.dispute(payment.provider_reference or "")
    hint = Hint(
        f"by-{by}", "dispute",
        paid.provider_reference if by == "reference" else None,
        paid.id if by == "payment_id" else None,
        paid.charge_reference if by == "charge_reference" else None,
    )  # fmt: skip
    assert notices.handle(town.sessions, provider=town.provider, hint=hint, now=LATER)
    assert town.payment(payment.token).state == "disputed"


def test_a_hint_about_a_charge_that_we_do_not_know_is_kept(town: Town) -> None:
    hint = Hint("strange", "dispute", None, None, "ch_strange")
    assert not notices.handle(town.sessions, provider=town.provider, hint=hint, now=LATER)
