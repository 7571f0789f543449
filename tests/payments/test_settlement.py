"""Settlement: a payment is brought to the truth once, and money that comes late is never dropped."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, func, select

from app.claims import register
from app.foundation.db import Sessions
from app.journal.models import JournalEntry, JournalLine
from app.payments import settlement
from app.payments.models import Payment, PaymentEvent, PaymentLine
from app.payments.port import ProviderState, Standing
from app.payments.states import State
from tests.demo import ACCOUNT, AHMED, COLLECTING, NOW, OTHER_ACCOUNT, Town, daycare, facts, fine

pytestmark = pytest.mark.database
LATER = NOW + timedelta(minutes=5)
codes = count(1)


def reference(payment: Payment) -> str:
    return payment.provider_reference or ""


def journal(town: Town) -> list[tuple[str, str, int]]:
    """Every line of the town's journal: key, account, øre."""
    with town.sessions() as session:
        rows = session.execute(
            select(JournalEntry.key, JournalLine.account, JournalLine.amount_ore)
            .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
            .where(JournalEntry.municipality_code == town.facts.code)
            .order_by(JournalEntry.key, JournalLine.line_no)
        )
        return [(key, account.split("/")[0], amount_ore) for key, account, amount_ore in rows]


def goes_back_whole(town: Town, payment: Payment, amount_ore: int) -> None:
    """The money is overpaid, with a task, and nothing else has moved."""
    settled = town.payment(payment.token)
    assert (settled.state, settled.captured_ore, settled.overpaid_ore) == ("paid", amount_ore, amount_ore)
    assert town.balance("overpaid") == -amount_ore
    assert town.balance("provider/stripe") == amount_ore
    assert town.balance("transit") == 0
    assert not town.messages()
    (task,) = town.tasks()
    assert (task.kind, task.subject_id, task.facts["overpaid_ore"]) == ("refund", payment.id, amount_ore)


def test_paid_money_is_booked_promised_and_told(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    assert payment.state == State.PAID
    assert (payment.captured_ore, payment.overpaid_ore) == (150000, 0)
    assert (payment.captured_at, payment.method_detail) == (NOW + timedelta(minutes=1), "Visa •••• 4242")
    assert journal(town) == [
        (f"capture/{payment.id}", "provider", 150000),
        (f"capture/{payment.id}", "transit", -150000),
    ]
    assert (town.claim("d1").covered_ore, town.claim("d1").reflected_at) == (150000, None)
    (message,) = town.messages()
    assert (message.kind, message.subject_id, message.payload) == ("ledger.post", payment.id, {"account": ACCOUNT})
    with town.sessions() as session:
        assert not session.scalar(select(func.count()).where(PaymentLine.open))
        kinds = session.scalars(select(PaymentEvent.kind).order_by(PaymentEvent.id)).all()
    assert kinds == ["created", "awaiting", "paid"]
    assert not town.tasks()


def test_the_same_truth_again_changes_nothing(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    before = (journal(town), len(town.messages()), payment.receipt_number, town.claim("d1").covered_ore)
    assert town.settle(payment, now=LATER) is State.PAID
    again = town.payment(payment.token)
    assert (journal(town), len(town.messages()), again.receipt_number, town.claim("d1").covered_ore) == before


def test_the_same_truth_at_once_is_settled_once(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(reference(payment))
    with ThreadPoolExecutor(8) as crowd:
        states = list(crowd.map(lambda _: town.settle(payment), range(16)))
    assert set(states) == {State.PAID}
    assert len(journal(town)) == 2
    assert len(town.messages()) == 1


def test_one_message_for_each_debtor_account(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2", account=OTHER_ACCOUNT), daycare("d3"))
    claims += town.shows(person, fine("f1"), fine("f2"))
    payment = town.paid(person, *claims)
    lanes = {message.payload["account"]: message.lane for message in town.messages("ledger.post")}
    assert lanes == {
        ACCOUNT: f"account/{ACCOUNT}",
        OTHER_ACCOUNT: f"account/{OTHER_ACCOUNT}",
        COLLECTING: f"payment/{payment.id}",
    }


def test_receipts_are_numbered_once_by_the_danish_year(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    first = town.paid(person, one)
    new_year = town.opened(person, two)
    town.provider.pay(reference(new_year))
    town.settle(new_year, now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    second = town.payment(new_year.token)
    assert (first.receipt_number or "").startswith("BK-2026-")
    assert (second.receipt_number or "").startswith("BK-2027-")
    assert len({first.receipt_number, second.receipt_number}) == 2


def test_a_payment_whose_call_was_never_answered_is_found_by_our_own_id(town: Town) -> None:
    person = town.person()
    town.provider.drop_replies = 1
    payment = town.opened(person, *town.shows(person, daycare()))
    assert payment.provider_reference is None
    (truth,) = town.provider.payments.values()
    town.provider.pay(truth.reference)
    town.settle(replace_reference(payment, truth))
    settled = town.payment(payment.token)
    assert (settled.state, settled.provider_reference) == ("paid", truth.reference)
    assert town.balance("transit") == -150000


def replace_reference(payment: Payment, truth: ProviderState) -> Payment:
    return Payment(provider_reference=truth.reference, token=payment.token)


def test_what_is_not_ours_is_named(town: Town) -> None:
    strange = ProviderState("cs_strange", uuid4(), Standing.PAID, 100, "DKK")
    with town.sessions.begin() as session, pytest.raises(settlement.UnknownPayment):
        settlement.apply(session, provider="stripe", truth=strange, now=NOW)
    nameless = replace(strange, payment_id=None)
    with town.sessions.begin() as session, pytest.raises(settlement.UnknownPayment):
        settlement.apply(session, provider="stripe", truth=nameless, now=NOW)


def test_another_session_that_bears_our_id_does_not_take_a_payment_over(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    other = ProviderState("cs_other", payment.id, Standing.PAID, 150000, "DKK")
    with town.sessions.begin() as session, pytest.raises(settlement.UnknownPayment):
        settlement.apply(session, provider="stripe", truth=other, now=NOW)
    assert town.payment(payment.token).state == State.AWAITING


@pytest.mark.parametrize("standing", [Standing.EXPIRED, Standing.CANCELLED, Standing.DECLINED, Standing.FAILED])
def test_a_late_success_goes_back_whole_and_is_never_dropped(town: Town, standing: Standing) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    town.provider.fail(reference(payment), standing=standing)
    assert town.settle(payment) is State(standing.value)
    town.provider.pay(reference(payment))
    assert town.settle(payment, now=LATER) is State.PAID
    goes_back_whole(town, payment, 150000)
    assert town.claim("d1").covered_ore == 0


def test_a_late_success_leaves_the_payment_that_came_after_it_alone(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    first = town.opened(person, claim)
    town.provider.close(reference(first))
    town.settle(first)
    second = town.paid(person, claim, now=LATER)
    town.provider.pay(reference(first))
    town.settle(first, now=LATER)
    assert town.balance("transit") == -150000
    assert town.balance("overpaid") == -150000
    assert town.claim("d1").covered_ore == 150000
    assert [message.subject_id for message in town.messages()] == [second.id]
    assert [task.subject_id for task in town.tasks()] == [first.id]


@pytest.mark.parametrize("taken_ore", [149999, 150001, 1])
def test_another_amount_than_was_asked_goes_back_whole(town: Town, taken_ore: int) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(reference(payment), amount_ore=taken_ore)
    town.settle(payment)
    goes_back_whole(town, payment, taken_ore)


def test_a_payment_of_nothing_books_nothing_and_asks_a_person(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(reference(payment), amount_ore=0)
    assert town.settle(payment) is State.PAID
    assert not journal(town)
    assert [task.kind for task in town.tasks()] == ["refund"]
    assert town.claim("d1").covered_ore == 0


def test_another_currency_goes_back_whole(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(reference(payment), currency="sek")
    town.settle(payment)
    goes_back_whole(town, payment, 150000)
    assert "SEK" in town.tasks()[0].reason


def test_the_currency_is_read_in_any_case(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(reference(payment), currency="dkk")
    town.settle(payment)
    assert town.balance("transit") == -150000


def test_a_claim_closed_meanwhile_gets_nothing_and_its_money_goes_back(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1", 1000), daycare("d2", 2000))
    payment = town.opened(person, one, two)
    town.shows(person, daycare("d2", 2000), asked_at=LATER)
    town.provider.pay(reference(payment))
    town.settle(payment, now=LATER)
    assert (town.balance("transit"), town.balance("overpaid")) == (-2000, -1000)
    assert (town.claim("d1").covered_ore, town.claim("d2").covered_ore) == (0, 2000)
    with town.sessions() as session:
        marks = session.execute(select(PaymentLine.claim_id, PaymentLine.overpaid).order_by(PaymentLine.line_no))
        assert [tuple(mark) for mark in marks] == [(one, True), (two, False)]
    assert [task.facts["overpaid_ore"] for task in town.tasks()] == [1000]


def test_a_claim_covered_meanwhile_is_not_paid_twice(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    with town.sessions.begin() as session:
        register.lock(session, claim_ids=[claim])
        register.cover(session, shares={claim: 150000}, payment_id=uuid4(), now=NOW)
    town.provider.pay(reference(payment))
    town.settle(payment)
    goes_back_whole(town, payment, 150000)
    assert town.claim("d1").covered_ore == 150000


def test_a_claim_that_shrank_below_its_share_wants_none_of_it(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    town.shows(person, daycare(amount_ore=50000), asked_at=LATER)
    town.provider.pay(reference(payment))
    town.settle(payment, now=LATER)
    goes_back_whole(town, payment, 150000)
    assert town.claim("d1").covered_ore == 0


def test_a_claim_that_grew_takes_its_share(town: Town) -> None:
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    town.shows(person, daycare(amount_ore=160000), asked_at=LATER)
    town.provider.pay(reference(payment))
    town.settle(payment, now=LATER)
    assert (town.balance("transit"), town.claim("d1").covered_ore) == (-150000, 150000)


def test_reserved_money_keeps_the_claims_and_books_nothing(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.approve(reference(payment))
    assert town.settle(payment) is State.AUTHORISED
    assert not journal(town)
    with town.sessions() as session:
        assert session.scalar(select(func.count()).where(PaymentLine.open)) == 1
    town.provider.pay(reference(payment))
    assert town.settle(payment) is State.PAID
    assert town.balance("transit") == -150000


def test_an_end_without_money_frees_the_claims_and_keeps_the_code(town: Town) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.fail(reference(payment), code="card_declined")
    town.settle(payment)
    settled = town.payment(payment.token)
    assert (settled.state, settled.failure_code, settled.receipt_number) == ("failed", "card_declined", None)
    with town.sessions() as session:
        assert not session.scalar(select(func.count()).where(PaymentLine.open))
    assert not journal(town)


amounts = st.lists(st.integers(250, 10**8), min_size=1, max_size=4)
apart = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.long
@apart
@given(sizes=amounts, taken=st.none() | st.integers(1, 10**8), closed=st.integers(0, 3), first_ends=st.booleans())
def test_every_captured_ore_is_in_exactly_one_place(
    town: Town, sizes: list[int], taken: int | None, closed: int, first_ends: bool
) -> None:
    place = Town(town.sessions, facts=facts(code=f"{next(codes):04d}"), provider=town.provider)
    person = place.person()
    found = [daycare(f"d{n}", size, account=[ACCOUNT, OTHER_ACCOUNT][n % 2]) for n, size in enumerate(sizes)]
    payment = place.opened(person, *place.shows(person, *found))
    place.shows(person, *found[closed:], asked_at=LATER, source="ledger")
    if first_ends:
        place.provider.close(payment.provider_reference or "")
        place.settle(payment)
    place.provider.pay(reference(payment), amount_ore=taken)
    place.settle(payment, now=LATER)
    settled = place.payment(payment.token)
    captured = sum(sizes) if taken is None else taken
    assert place.balance("provider/stripe") == settled.captured_ore == captured
    assert place.balance("transit") + place.balance("overpaid") == -captured
    assert settled.overpaid_ore == -place.balance("overpaid")
    covered = sum(place.claim(one.origin_ref).covered_ore for one in found)
    assert covered == -place.balance("transit")
    assert bool(place.tasks()) == bool(settled.overpaid_ore)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is said to the database meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("lines", "most"), [(1, 12), (5, 12)])
def test_a_settlement_costs_few_statements(sessions: Sessions, engine: Engine, lines: int, most: int) -> None:
    town = Town(sessions)
    person = town.person()
    payment = town.opened(person, *town.shows(person, *(daycare(f"d{n}") for n in range(lines))))
    town.provider.pay(reference(payment))
    with statements(engine) as said:
        town.settle(payment)
    assert len(said) <= most, "\n".join(said)


def test_two_people_settled_at_once_do_not_wait_for_each_other_forever(town: Town) -> None:
    kirsten, ahmed = town.person(), town.person(AHMED)
    claims = town.shared(kirsten, ahmed, *(daycare(f"d{n}") for n in range(6)))
    payments = [town.opened(kirsten, *claims[:3]), town.opened(ahmed, *reversed(claims[3:]))]
    for payment in payments:
        town.provider.pay(reference(payment))

    def act(n: int) -> object:
        return town.settle(payments[n % 2]) if n % 3 else town.shows(kirsten, *(daycare(f"d{i}") for i in range(6)))

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(act, range(24)))
    assert town.balance("transit") == -6 * 150000
