"""The sweep: what no webhook told is found by asking, at a bounded pace."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from app.payments import sweep
from app.payments.models import Payment, ProviderCursor
from app.payments.port import Hint, PaymentProvider, ProviderUnavailable
from app.payments.states import State
from tests.demo import CODE, NOW, Town, daycare

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


def recent(town: Town, *, now: datetime = NOW + MINUTE) -> int:
    return sweep.recent(town.sessions, provider=town.provider, municipality_code=CODE, now=now).hints


def unfinished(town: Town, *, now: datetime, most: int = sweep.MOST_A_RUN) -> tuple[sweep.Swept, list[float]]:
    pauses: list[float] = []

    def provider_of(code: str, name: str) -> PaymentProvider:
        assert (code, name) == (CODE, "stripe")
        return town.provider

    return sweep.unfinished(town.sessions, provider_of=provider_of, now=now, pause=pauses.append, most=most), pauses


def read_until(town: Town) -> datetime | None:
    with town.sessions() as session:
        cursor = session.get(ProviderCursor, (CODE, town.provider.name))
        return cursor.read_until if cursor else None


@pytest.fixture
def payment(town: Town) -> Payment:
    person = town.person()
    return town.opened(person, *town.shows(person, daycare()))


def test_a_lost_webhook_is_found_in_the_list(town: Town, payment: Payment) -> None:
    town.provider.pay(payment.provider_reference or "")
    assert recent(town) == 1
    assert town.payment(payment.token).state == State.PAID
    assert read_until(town) == NOW + MINUTE
    town.provider.calls.clear()
    assert recent(town, now=NOW + 2 * MINUTE) == 0
    assert town.provider.calls == ["recent"], "what is known is not fetched again"


def test_what_was_listed_late_is_found_within_the_overlap(town: Town, payment: Payment) -> None:
    recent(town, now=NOW + 4 * MINUTE)
    town.provider.pay(payment.provider_reference or "")  # happened at NOW: before the list was read until
    assert recent(town, now=NOW + 5 * MINUTE) == 1
    assert town.payment(payment.token).state == State.PAID


def test_the_first_look_goes_back_a_day(town: Town, payment: Payment) -> None:
    town.provider.pay(payment.provider_reference or "")
    assert recent(town, now=NOW + timedelta(hours=23)) == 1


def test_a_list_that_cannot_be_read_is_read_from_the_same_place_next_time(town: Town, payment: Payment) -> None:
    recent(town)
    town.provider.pay(payment.provider_reference or "")
    town.provider.is_down = True
    with pytest.raises(ProviderUnavailable):
        recent(town, now=NOW + 20 * MINUTE)
    assert read_until(town) == NOW + MINUTE
    town.provider.is_down = False
    assert recent(town, now=NOW + 21 * MINUTE) == 1


def test_an_event_that_the_provider_knows_nothing_of_holds_nothing_back(town: Town, payment: Payment) -> None:
    strange = Hint("evt-strange", "paid", "cs_of_nobody", None)
    town.provider.pay(payment.provider_reference or "")
    town.provider.events.insert(0, type(town.provider.events[0])(strange, NOW))
    assert recent(town) == 1
    assert town.payment(payment.token).state == State.PAID


def test_unfinished_payments_are_asked_about_at_growing_distances(town: Town, payment: Payment) -> None:
    asked = []
    for minute in range(1, 200):
        done, _ = unfinished(town, now=NOW + minute * MINUTE)
        if done.asked:
            asked.append(minute)
    assert asked == [1, 11, 71, 131, 191]
    assert town.payment(payment.token).checks == 5


def test_one_that_was_paid_is_settled_and_asked_about_no_more(town: Town, payment: Payment) -> None:
    town.provider.pay(payment.provider_reference or "")
    assert unfinished(town, now=NOW + MINUTE)[0] == sweep.Swept(asked=1)
    assert town.payment(payment.token).state == State.PAID
    assert unfinished(town, now=NOW + timedelta(days=1))[0] == sweep.Swept()


def test_the_pace_is_bounded_and_the_longest_unasked_comes_first(town: Town, payment: Payment) -> None:
    person = town.person()
    claims = town.shows(person, *(daycare(f"d{n}") for n in range(1, 6)))
    others = [town.opened(person, claim) for claim in claims[1:]]
    with town.sessions.begin() as session:
        session.execute(update(Payment).where(Payment.id == others[2].id).values(checked_at=NOW - MINUTE))
    done, pauses = unfinished(town, now=NOW + MINUTE, most=3)
    assert (done.asked, pauses) == (3, [sweep.SECONDS_BETWEEN_CALLS] * 3)
    assert town.payment(others[2].token).checks == 1
    done, _ = unfinished(town, now=NOW + MINUTE)
    assert done.asked == 2, "the rest comes in the next run"


def test_the_bound_keeps_a_run_within_its_minute() -> None:
    assert sweep.MOST_A_RUN * sweep.SECONDS_BETWEEN_CALLS <= 30


@pytest.mark.parametrize("state", [State.UNKNOWN, State.CREATED])
def test_a_call_without_an_answer_is_replayed_unchanged(town: Town, state: State) -> None:
    person = town.person()
    town.provider.drop_replies = 1
    payment = town.opened(person, *town.shows(person, daycare()))
    with town.sessions.begin() as session:
        session.execute(update(Payment).where(Payment.id == payment.id).values(state=state.value))
    assert unfinished(town, now=NOW + MINUTE)[0] == sweep.Swept(asked=1)
    assert town.provider.calls == ["start", "start", "fetch"]
    assert len(town.provider.payments) == 1
    assert town.payment(payment.token).state == State.AWAITING


def test_one_that_is_not_answered_leaves_the_others_their_turn(town: Town, payment: Payment) -> None:
    person = town.person()
    other = town.opened(person, town.shows(person, daycare(), daycare("d2"))[1])
    town.provider.pay(other.provider_reference or "")
    town.provider.drop_replies = 1
    done, pauses = unfinished(town, now=NOW + MINUTE)
    assert (done.asked, done.failed, len(pauses)) == (1, 1, 2)
    assert unfinished(town, now=NOW + 11 * MINUTE)[0].asked == 1
    assert town.payment(payment.token).state == State.AWAITING
    assert town.payment(other.token).state == State.PAID
