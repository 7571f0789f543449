"""The sweep: what no webhook told is found by asking, at a bounded pace."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from app.payments import sweep
from app.payments.models import Payment, ProviderCursor
from app.payments.port import Hint, OutcomeUnknown, PaymentProvider, ProviderState, ProviderUnavailable
from app.payments.states import State
from tests.demo import CODE, NOW, Town, daycare, facts
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


def recent(town: Town, *, now: datetime = NOW + MINUTE) -> int:
    return sweep.recent(town.sessions, provider=town.provider, municipality_code=CODE, now=now).hints


class Time:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self._seconds, self._lock = 0.0, threading.Lock()

    def clock(self) -> float:
        return self._seconds

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds


class Timed(FakeProvider):
    """A merchant that writes down when its calls came. Each takes a tenth of a second."""

    def __init__(self, time: Time, *, name: str = "stripe", reserves: bool = False) -> None:
        super().__init__(now=NOW, name=name, reserves=reserves)
        self.called_at: list[float] = []
        self._time = time

    def _reach(self, call: str) -> None:
        self.called_at.append(self._time.clock())
        self._time.pause(0.1)
        super()._reach(call)


def unfinished(
    town: Town, *merchants: FakeProvider, now: datetime = NOW + MINUTE, time: Time | None = None,
    seconds: float = sweep.SECONDS_A_RUN,
) -> sweep.Swept:  # fmt: skip
    by_name: dict[str, PaymentProvider] = {one.name: one for one in merchants or [town.provider]}
    time = time or Time()
    return sweep.unfinished(
        town.sessions, provider_of=lambda _code, name: by_name[name], now=now, clock=time.clock, pause=time.pause,
        seconds=seconds,
    )  # fmt: skip


def waiting(town: Town, number: int, *, merchant: FakeProvider, place: str = CODE) -> list[Payment]:
    """Open payments, each asked about last a second after the one that comes behind it in the list."""
    town = replace(town, provider=merchant, facts=facts(code=place))
    person = town.person()
    claims = town.shows(person, *(daycare(f"{merchant.name}-{n}") for n in range(number)))
    opened = [town.opened(person, claim) for claim in claims]
    with town.sessions.begin() as session:
        for seconds, one in enumerate(opened):
            asked_at = NOW - timedelta(seconds=seconds)
            session.execute(update(Payment).where(Payment.id == one.id).values(checked_at=asked_at))
    merchant.calls.clear()
    return opened


def asked(town: Town, payments: list[Payment]) -> list[bool]:
    return [town.payment(one.token).checks > 0 for one in payments]


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
    minutes = range(1, 200)
    assert [minute for minute in minutes if unfinished(town, now=NOW + minute * MINUTE).asked] == [1, 11, 71, 131, 191]
    assert town.payment(payment.token).checks == 5


def test_one_that_was_paid_is_settled_and_asked_about_no_more(town: Town, payment: Payment) -> None:
    town.provider.pay(payment.provider_reference or "")
    assert unfinished(town) == sweep.Swept(asked=1)
    assert town.payment(payment.token).state == State.PAID
    assert unfinished(town, now=NOW + timedelta(days=1)) == sweep.Swept()


@pytest.mark.parametrize("reserves", [False, True])
def test_a_merchant_is_called_at_most_four_times_in_any_second(town: Town, reserves: bool) -> None:
    """Counted by the call: one that has reserved money is both asked and told to take it."""
    time = Time()
    merchant = Timed(time, reserves=reserves)
    payments = waiting(town, 10, merchant=merchant)
    for one in payments[::2]:
        merchant.finish(one.provider_reference or "")
    merchant.called_at.clear()
    assert unfinished(town, merchant, time=time) == sweep.Swept(asked=10)
    assert len(merchant.called_at) == len(merchant.calls) == (15 if reserves else 10)
    for began, fifth in zip(merchant.called_at, merchant.called_at[4:], strict=False):
        assert fifth - began >= 1 - 1e-9
    spent = merchant.called_at[-1] - merchant.called_at[0]
    assert spent == pytest.approx((len(merchant.calls) - 1) / 4), "nor slower than that, however long an answer takes"


def test_municipalities_that_share_a_merchant_share_its_pace(town: Town) -> None:
    time = Time()
    merchant = Timed(time)
    for place in (CODE, "0997"):
        waiting(town, 3, merchant=merchant, place=place)
    merchant.called_at.clear()
    assert unfinished(town, merchant, time=time) == sweep.Swept(asked=6)
    assert [b - a for a, b in pairwise(merchant.called_at)] == pytest.approx([0.25] * 5)


def test_a_run_ends_in_time_with_the_longest_unasked_asked_and_the_next_goes_on(town: Town) -> None:
    number = sweep.BATCH + 4
    payments = waiting(town, number, merchant=town.provider)
    for _run in range(2):
        unfinished(town, seconds=0.5)
    assert asked(town, payments) == [False] * (number - 6) + [True] * 6
    assert unfinished(town) == sweep.Swept(asked=number - 6)
    assert unfinished(town) == sweep.Swept(), "nothing is asked about twice"


def test_a_run_is_over_before_the_next_begins() -> None:
    assert MINUTE.total_seconds() >= sweep.SECONDS_A_RUN + 10


def test_merchants_are_asked_side_by_side(town: Town) -> None:
    together = threading.Barrier(2, timeout=20)

    class Meeting(FakeProvider):
        def fetch(self, reference: str) -> ProviderState:
            together.wait()
            return super().fetch(reference)

    one, other = Meeting(now=NOW), Meeting(now=NOW, name="mobilepay")
    for merchant in (one, other):
        waiting(town, 2, merchant=merchant)
    assert unfinished(town, one, other) == sweep.Swept(asked=4)


def test_a_merchant_that_is_down_is_left_alone_and_holds_back_no_other(town: Town) -> None:
    down, other = FakeProvider(now=NOW), FakeProvider(now=NOW, name="mobilepay")
    lost = waiting(town, 5, merchant=down)
    waiting(town, 5, merchant=other)
    down.is_down = True
    assert unfinished(town, down, other) == sweep.Swept(asked=5, failed=sweep.SILENT)
    assert asked(town, lost) == [False, False, True, True, True]
    down.is_down = False
    assert unfinished(town, down, other, now=NOW + 2 * MINUTE) == sweep.Swept(asked=2)


def test_an_answer_that_is_no_is_no_silence(town: Town) -> None:
    payments = waiting(town, sweep.SILENT + 2, merchant=town.provider)
    for one in payments[1:]:
        del town.provider.payments[one.provider_reference or ""]
    assert unfinished(town) == sweep.Swept(asked=1, failed=sweep.SILENT + 1)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.CREATED])
def test_a_call_without_an_answer_is_replayed_unchanged(town: Town, state: State) -> None:
    person = town.person()
    town.provider.drop_replies = 1
    payment = town.opened(person, *town.shows(person, daycare()))
    with town.sessions.begin() as session:
        session.execute(update(Payment).where(Payment.id == payment.id).values(state=state.value))
    assert unfinished(town) == sweep.Swept(asked=1)
    assert town.provider.calls == ["start", "start", "fetch"]
    assert len(town.provider.payments) == 1
    assert town.payment(payment.token).state == State.AWAITING


def test_one_that_is_not_answered_leaves_the_others_their_turn(town: Town, payment: Payment) -> None:
    person = town.person()
    other = town.opened(person, town.shows(person, daycare(), daycare("d2"))[1])
    town.provider.pay(other.provider_reference or "")
    town.provider.drop_replies = 1
    assert unfinished(town) == sweep.Swept(asked=1, failed=1)
    assert unfinished(town, now=NOW + 11 * MINUTE) == sweep.Swept(asked=1)
    assert town.payment(payment.token).state == State.AWAITING
    assert town.payment(other.token).state == State.PAID


def test_a_payment_that_cannot_be_read_does_not_hold_back_the_news_of_others(town: Town) -> None:
    class Mute(FakeProvider):
        mute = ""

        def fetch(self, reference: str) -> ProviderState:
            if reference == self.mute:
                raise OutcomeUnknown(reference)
            return super().fetch(reference)

    merchant = Mute(now=NOW)
    town = replace(town, provider=merchant)
    one, other = waiting(town, 2, merchant=merchant)
    merchant.mute = one.provider_reference or ""
    for payment in (one, other):
        merchant.pay(payment.provider_reference or "")
    with pytest.raises(OutcomeUnknown):
        recent(town)
    assert town.payment(other.token).state == State.PAID
    with town.sessions() as session:
        assert session.get(ProviderCursor, (CODE, "stripe")) is None, "it is read from the same place again"
    merchant.mute = ""
    assert recent(town) == 1
    assert town.payment(one.token).state == State.PAID
