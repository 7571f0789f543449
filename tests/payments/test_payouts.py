"""What providers pay out is fetched, joined and booked once; what does not add up is somebody's task until it does."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.journal.queries import balances
from app.payments import payouts
from app.payments.models import Payment, PayoutMovement, PayoutRow
from app.payments.movements import Movement, MovementKind, Payout
from app.payments.port import ProviderError
from app.tasks.register import close_task
from tests.demo import AHMED, CODE, NOW, Town, daycare, fine

LATER = NOW + timedelta(days=1)


def fetched(town: Town) -> int:
    return payouts.fetch(town.sessions, provider=town.provider, municipality_code=CODE, now=LATER)


def account(town: Town) -> dict[str, int]:
    with town.sessions() as session:
        return balances(session, municipality_code=CODE)


def two_paid(town: Town) -> list[Payment]:
    kirsten, ahmed = town.person(), town.person(AHMED)
    return [
        town.paid(kirsten, *town.shows(kirsten, daycare())),
        town.paid(ahmed, *town.shows(ahmed, fine())),
    ]


@pytest.mark.database
def test_a_payout_is_joined_to_its_payments_and_booked(town: Town) -> None:
    paid = two_paid(town)
    payout = town.provider.pay_out()
    assert fetched(town) == 1
    with town.sessions() as session:
        row = session.scalars(select(PayoutRow)).one()
        movements = session.scalars(select(PayoutMovement).order_by(PayoutMovement.line_no)).all()
    assert (row.reference, row.amount_ore, row.difference_ore) == (payout.reference, payout.amount_ore, 0)
    assert {one.payment_id for one in movements if one.kind == "capture"} == {one.id for one in paid}
    fees = sum(one.fee_ore for one in payout.movements)
    booked = account(town)
    assert booked[f"provider/stripe/{CODE}"] == 0, "what the provider owed has come"
    assert booked[f"bank/{CODE}"] == payout.amount_ore
    assert booked.get(f"fees/{CODE}", 0) == fees
    assert payout.amount_ore + fees == sum(one.captured_ore for one in paid)
    assert town.tasks() == []


@pytest.mark.database
def test_fetching_again_books_nothing_more(town: Town) -> None:
    two_paid(town)
    town.provider.pay_out()
    fetched(town)
    before = account(town)
    assert fetched(town) == 0
    assert account(town) == before
    with town.sessions() as session:
        assert len(session.scalars(select(PayoutRow)).all()) == 1


@pytest.mark.database
def test_a_payout_that_does_not_add_up_is_a_task_until_it_does(town: Town) -> None:
    two_paid(town)
    wrong = town.provider.pay_out(off_by_ore=-500)
    fetched(town)
    (task,) = town.tasks()
    assert (task.kind, task.facts["difference_ore"], task.subject_kind) == ("payout_difference", -500, "payout")
    assert wrong.reference in task.reason
    assert account(town)[f"provider/stripe/{CODE}"] == 500, "the provider still owes what it did not pay"
    fetched(town)
    assert [one.id for one in town.tasks()] == [task.id], "asked once"
    mended = Payout(
        wrong.reference, wrong.paid_on, wrong.amount_ore,
        (*wrong.movements, Movement("adjustment", MovementKind.OTHER, None, -500)),
    )  # fmt: skip
    with town.sessions.begin() as session:
        payouts.keep(session, provider="stripe", payout=mended, municipality_code=CODE, now=LATER)
    assert town.tasks() == []


@pytest.mark.database
def test_money_that_is_no_payment_of_ours_is_a_task(town: Town) -> None:
    stranger = Payout("po_1", LATER.date(), 900, (Movement("txn_1", MovementKind.CAPTURE, "ch_stranger", 1000, 100),))
    with town.sessions.begin() as session:
        assert payouts.keep(session, provider="stripe", payout=stranger, municipality_code=CODE, now=LATER)
    (task,) = town.tasks()
    assert task.facts == {"difference_ore": 0, "unknown": 1, "differing": 0}
    assert account(town) == {f"bank/{CODE}": 900, f"fees/{CODE}": 100, f"provider/stripe/{CODE}": -1000}


@pytest.mark.database
def test_a_capture_of_another_amount_than_ours_is_a_task(town: Town) -> None:
    (first, _) = two_paid(town)
    assert first.charge_reference
    amount_ore = first.captured_ore - 1
    other = Payout(
        "po_2", LATER.date(), amount_ore, (Movement("t", MovementKind.CAPTURE, first.charge_reference, amount_ore),)
    )
    with town.sessions.begin() as session:
        payouts.keep(session, provider="stripe", payout=other, municipality_code=CODE, now=LATER)
    (task,) = town.tasks()
    assert task.facts["differing"] == 1


@pytest.mark.database
def test_a_provider_that_does_not_answer_changes_nothing(town: Town) -> None:
    two_paid(town)
    town.provider.pay_out()
    before = account(town)
    town.provider.drop_replies = 1
    with pytest.raises(ProviderError):
        fetched(town)
    assert account(town) == before
    assert fetched(town) == 1


ORE = st.integers(-10_000, 10_000)
MOVEMENTS = st.lists(st.builds(Movement, st.just("t"), st.just(MovementKind.OTHER), st.none(), ORE, st.integers(0, 99)))


@given(MOVEMENTS, ORE)
def test_the_difference_is_what_is_missing(movements: list[Movement], off_by_ore: int) -> None:
    net_ore = sum(one.gross_ore - one.fee_ore for one in movements)
    found = payouts.examine(Payout("po", NOW.date(), net_ore + off_by_ore, tuple(movements)), {})
    assert found == payouts.Findings(off_by_ore, 0, 0)
    assert found.is_clean == (off_by_ore == 0)


@pytest.mark.database
def test_a_difference_that_somebody_has_explained_is_not_work_again(town: Town) -> None:
    two_paid(town)
    town.provider.pay_out(off_by_ore=5)
    fetched(town)
    (task,) = town.tasks()
    with town.sessions.begin() as session:
        close_task(session, task_id=task.id, reason="Øreafrunding", by="s1", now=LATER)
    fetched(town)
    assert not town.tasks()
