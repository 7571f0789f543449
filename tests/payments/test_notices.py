"""Notices: what a webhook hints at is fetched and settled once, in whatever order and however often it is told."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.foundation.db import Sessions
from app.journal.queries import balances
from app.payments import notices, settlement
from app.payments.models import Payment, ProviderNotice
from app.payments.port import BadNotice, Hint, ProviderState, ProviderUnavailable, Standing
from app.payments.states import State
from tests.conftest import Database
from tests.demo import NOW, Onlooker, Town, daycare, facts
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
codes = count(1)
apart = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def payment(town: Town) -> Payment:
    person = town.person()
    return town.opened(person, *town.shows(person, daycare()))


def receive(town: Town, hint: Hint, *, secret: str | None = None) -> bool:
    signed = {"secret": secret} if secret else {}
    headers, raw = town.provider.notice(hint, at=NOW, **signed)
    return notices.receive(town.sessions, providers=[town.provider], headers=headers, raw=raw, now=NOW)


def unhandled(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).where(ProviderNotice.handled_at.is_(None))) or 0


def paid(town: Town, payment: Payment) -> Hint:
    return town.provider.pay(payment.provider_reference or "")


def test_a_notice_is_followed_to_the_truth_once(town: Town, payment: Payment) -> None:
    hint = paid(town, payment)
    assert receive(town, hint) is True
    assert town.payment(payment.token).state == State.PAID
    town.provider.calls.clear()
    assert receive(town, hint) is False
    assert not town.provider.calls, "a notice that is known is not followed again"
    assert town.balance("transit") == -150000


def test_a_notice_that_proves_nothing_changes_nothing(town: Town, payment: Payment) -> None:
    hint = paid(town, payment)
    town.provider.calls.clear()
    with pytest.raises(BadNotice):
        receive(town, hint, secret="guessed")
    headers, raw = town.provider.notice(hint, at=NOW)
    with pytest.raises(BadNotice):
        notices.receive(town.sessions, providers=[town.provider], headers=headers, raw=raw + b" ", now=NOW)
    with pytest.raises(BadNotice):
        notices.receive(town.sessions, providers=[], headers=headers, raw=raw, now=NOW)
    assert town.payment(payment.token).state == State.AWAITING
    assert not town.provider.calls
    with town.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ProviderNotice)) == 0


def test_the_merchant_whose_secret_fits_is_meant(town: Town, payment: Payment) -> None:
    class Other(FakeProvider):
        def read_notice(self, **_: object) -> Hint:
            raise BadNotice("signed for another merchant")

    headers, raw = town.provider.notice(paid(town, payment), at=NOW)
    other = Other(now=NOW)
    assert notices.receive(town.sessions, providers=[other, town.provider], headers=headers, raw=raw, now=NOW)
    assert not other.calls
    assert town.payment(payment.token).state == State.PAID


def test_a_lying_notice_settles_nothing(town: Town, payment: Payment) -> None:
    lie = Hint("evt-lie", "paid", payment.provider_reference, payment.id)
    assert receive(town, lie) is True
    assert town.provider.calls[-1] == "fetch"
    assert town.payment(payment.token).state == State.AWAITING
    assert town.balance("transit") == 0


def test_a_notice_whose_truth_is_not_had_is_taken_up_again(town: Town, payment: Payment) -> None:
    hint = paid(town, payment)
    town.provider.is_down = True
    with pytest.raises(ProviderUnavailable):
        receive(town, hint)
    assert unhandled(town.sessions) == 1
    town.provider.is_down = False
    assert receive(town, hint) is True
    assert unhandled(town.sessions) == 0
    assert town.payment(payment.token).state == State.PAID


def test_a_notice_about_no_payment_of_ours_is_kept_and_does_no_harm(town: Town, payment: Payment) -> None:
    stranger = ProviderState("cs_strange", uuid4(), Standing.PAID, 100, "DKK")
    town.provider.payments["cs_strange"] = stranger
    assert receive(town, Hint("evt-strange", "paid", "cs_strange", None)) is False
    assert receive(town, Hint("evt-gone", "paid", "cs_unknown_to_the_provider", None)) is False
    assert unhandled(town.sessions) == 2
    assert receive(town, Hint("evt-other", "payout.paid", None, None)) is True
    assert unhandled(town.sessions) == 2
    assert town.payment(payment.token).state == State.AWAITING


def test_the_same_notice_at_many_doors_settles_once(town: Town, payment: Payment) -> None:
    hint = paid(town, payment)
    with ThreadPoolExecutor(8) as doors:
        list(doors.map(lambda _: receive(town, hint), range(16)))
    assert town.balance("transit") == -150000
    assert len(town.messages()) == 1


def test_the_truth_is_fetched_with_no_transaction_open(town: Town, payment: Payment, database: Database) -> None:
    onlooker = Onlooker(database.app_url)

    class Watching(FakeProvider):
        def fetch(self, reference: str) -> ProviderState:
            onlooker.look()
            return super().fetch(reference)

    watching = Watching(now=NOW)
    watching.payments = town.provider.payments
    hint = paid(town, payment)
    assert notices.handle(town.sessions, provider=watching, hint=hint, now=NOW)
    assert onlooker.looks == 1


# I4: the lives that a payment may have at its provider.
LIVES = ("pay", "approve pay", "close", "fail", "approve close", "approve")


def lived(town: Town, life: str) -> tuple[Payment, list[Hint]]:
    """A payment with that life behind it, of which nobody here has heard."""
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare("d1", 1000), daycare("d2", 2000)))
    acts = {"pay": town.provider.pay, "approve": town.provider.approve, "close": town.provider.close,
            "fail": town.provider.fail}  # fmt: skip
    return payment, [acts[act](payment.provider_reference or "") for act in life.split()]


def outcome(town: Town, payment: Payment) -> tuple[object, ...]:
    """The state and everything that followed from it."""
    settled = town.payment(payment.token)
    with town.sessions() as session:
        totals = balances(session, municipality_code=town.facts.code)
    book = sorted((account.rsplit("/", 1)[0], total) for account, total in totals.items())
    covered = [town.claim(ref).covered_ore for ref in ("d1", "d2")]
    return settled.state, settled.captured_ore, settled.overpaid_ore, book, covered, len(town.messages(None))


def place_of(town: Town) -> Town:
    return Town(town.sessions, facts=facts(code=f"{next(codes):04d}"), provider=town.provider)


@pytest.mark.long
@apart
@given(life=st.sampled_from(LIVES), order=st.lists(st.integers(0, 2), min_size=1, max_size=7))
def test_any_order_and_repetition_of_a_payments_events_ends_the_same(
    town: Town, life: str, order: Sequence[int]
) -> None:
    straight, shuffled = place_of(town), place_of(town)
    payment, hints = lived(straight, life)
    for hint in hints:
        notices.handle(town.sessions, provider=town.provider, hint=hint, now=NOW)
    expected = outcome(straight, payment)[:-1]

    payment, hints = lived(shuffled, life)
    chosen = [hints[place % len(hints)] for place in order]
    again = [replace(hint, event_id=f"{hint.event_id}-told-anew") for hint in chosen]
    for hint in [*chosen, *again, *hints]:
        notices.handle(town.sessions, provider=town.provider, hint=hint, now=NOW + timedelta(minutes=1))
    assert outcome(shuffled, payment)[:-1] == expected
    with town.sessions() as session:
        postings = session.scalar(
            select(func.count()).select_from(Payment).where(Payment.captured_ore > 0, Payment.id == payment.id)
        )
    assert sum(message.subject_id == payment.id for message in town.messages("ledger.post")) == postings


@pytest.mark.long
@apart
@given(data=st.data(), life=st.sampled_from(LIVES))
def test_answers_that_overtake_each_other_end_the_same(town: Town, data: st.DataObject, life: str) -> None:
    """Every moment of the provider's truth, read at its time, may arrive in any order and more than once."""
    straight, shuffled = place_of(town), place_of(town)
    ends = []
    for place in (straight, shuffled):
        person = place.person()
        payment = place.opened(person, *place.shows(person, daycare("d1", 1000), daycare("d2", 2000)))
        reference = payment.provider_reference or ""
        truths = [place.provider.fetch(reference)]
        acts = {"pay": place.provider.pay, "approve": place.provider.approve, "close": place.provider.close,
                "fail": place.provider.fail}  # fmt: skip
        for act in life.split():
            acts[act](reference)
            truths.append(place.provider.fetch(reference))
        if place is shuffled:
            repeated = data.draw(st.lists(st.sampled_from(truths), max_size=4))
            truths = data.draw(st.permutations([*truths, *repeated]))
        for truth in truths:
            with place.sessions.begin() as session:
                settlement.apply(session, provider=place.provider.name, truth=truth, now=NOW)
        ends.append(outcome(place, payment)[:-1])
    assert ends[0] == ends[1]


def test_a_notice_body_holds_nothing_that_we_trust(town: Town, payment: Payment) -> None:
    """The fake's notices carry ids only; this keeps them so, or the tests above would prove too little."""
    _, raw = town.provider.notice(paid(town, payment), at=NOW)
    assert set(json.loads(raw)) == {"event_id", "kind", "reference", "payment_id", "charge_reference"}
