"""What every payment provider promises about money that goes back to the citizen or on to the bank.

What a provider does not have is said by its world, and skipped with the reason.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.foundation.clock import danish_day
from app.payments.movements import Illegible, Movement, MovementKind
from app.payments.port import (
    DisputeStanding,
    Hint,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    RefundStanding,
    Standing,
)
from tests.contracts.payment_worlds import World
from tests.contracts.payment_worlds_joined import ASKED_ORE, hints_of, leads_to, names_of, opened, paid, refund


def test_a_part_is_sent_back_and_the_truth_tells_of_it(world: World) -> None:
    _asked, reference = paid(world)
    refund_id = uuid4()
    made = refund(world, reference, 10_000, refund_id)
    assert (made.refund_id, made.amount_ore, made.standing) == (refund_id, 10_000, RefundStanding.SUCCEEDED)
    state = world.provider.fetch(reference)
    assert (state.standing, state.amount_ore, state.refunds) == (Standing.PAID, ASKED_ORE, (made,))


def test_no_more_is_sent_back_than_is_left(world: World) -> None:
    _asked, reference = paid(world)
    refund(world, reference, 10_000)
    with pytest.raises(ProviderRefused) as refused:
        refund(world, reference, 15_001)
    assert refused.value.code
    refund(world, reference, 15_000)
    with pytest.raises(ProviderRefused):
        refund(world, reference, 100)
    assert sorted(one.amount_ore for one in world.provider.fetch(reference).refunds) == [10_000, 15_000]


def test_what_was_never_taken_cannot_be_sent_back(world: World) -> None:
    _asked, reference = opened(world)
    with pytest.raises(ProviderRefused):
        refund(world, reference, 100)


def test_a_lost_answer_to_a_refund_is_found_again_with_the_same_key(world: World) -> None:
    _asked, reference = paid(world)
    refund_id = uuid4()
    world.drop_next_reply("refund")
    with pytest.raises(OutcomeUnknown):
        refund(world, reference, 10_000, refund_id, "one")
    for _twice in range(2):
        made = refund(world, reference, 10_000, refund_id, "one")
        assert (made.refund_id, made.amount_ore) == (refund_id, 10_000)
        assert [one.reference for one in world.provider.fetch(reference).refunds] == [made.reference]
    with pytest.raises(ProviderRefused):
        refund(world, reference, 9_000, refund_id, "one")


def test_a_refund_on_the_providers_own_pages_is_told_without_an_id_of_ours(world: World) -> None:
    _asked, reference = paid(world)
    ours = refund(world, reference, 5_000)
    world.refund_by_hand(reference, amount_ore=7_000)
    refunds = {one.amount_ore: one.refund_id for one in world.provider.fetch(reference).refunds}
    assert refunds == {5_000: ours.refund_id, 7_000: None}
    assert all(leads_to(hint, world.provider.fetch(reference)) for hint in hints_of(world, reference, 4))


def until_told_twice(world: World, reference: str) -> list[Hint]:
    """The notices about a payment, when the first of what happened has come too: it is told late, and twice."""
    hints: list[Hint] = []
    while len({hint.event_id for hint in hints}) == len(hints):
        hints = hints_of(world, reference, max(4, len(hints) + 1))
    return hints


def test_notices_twice_and_out_of_order_lead_to_one_truth(world: World) -> None:
    began = datetime.now(UTC)
    _asked, reference = opened(world)
    world.delay_next_notice()
    world.finish(reference)
    world.provider.capture(reference, amount_ore=ASKED_ORE, key="capture")
    made = refund(world, reference, 10_000)
    expected = world.provider.fetch(reference)
    assert expected.refunds == (made,)
    hints = until_told_twice(world, reference)
    assert len({hint.event_id for hint in hints}) < len(hints)
    assert all(leads_to(hint, expected) for hint in hints)
    happened = list(world.provider.recent(since=began))
    if world.lists_events:
        assert hints[0] != happened[0] == hints[-1], "what happened first was told last"
    assert world.provider.fetch(reference) == expected


def test_every_refund_is_told_however_many(world: World) -> None:
    _asked, reference = paid(world)
    made = set()
    for number in range(12):
        made.add(refund(world, reference, 100 + number).reference)
        world.takes_a_minute()
    assert {one.reference for one in world.provider.fetch(reference).refunds} == made


def test_a_refund_may_fail_days_later(world: World) -> None:
    if not world.refunds_fail:
        pytest.skip("the provider tells of no refund that failed after it succeeded")
    _asked, reference = paid(world)
    made = refund(world, reference, ASKED_ORE)
    world.refund_fails(made.reference)
    (told,) = world.provider.fetch(reference).refunds
    assert (told.reference, told.refund_id, told.standing) == (made.reference, made.refund_id, RefundStanding.FAILED)
    assert told.failure_code is not None
    again = refund(world, reference, ASKED_ORE)
    assert {one.reference for one in world.provider.fetch(reference).refunds} == {made.reference, again.reference}


@pytest.mark.parametrize("end", [DisputeStanding.WON, DisputeStanding.LOST])
def test_a_dispute_is_opened_and_decided(world: World, end: DisputeStanding) -> None:
    if not world.has_disputes:
        pytest.skip("the provider tells of no disputes")
    _asked, reference = paid(world)
    world.dispute(reference, standing=DisputeStanding.OPEN)
    state = world.provider.fetch(reference)
    (dispute,) = state.disputes
    assert (dispute.standing, dispute.amount_ore, dispute.reason) == (DisputeStanding.OPEN, ASKED_ORE, "fraudulent")
    assert (state.standing, state.amount_ore) == (Standing.PAID, ASKED_ORE)
    world.dispute_becomes(reference, standing=end)
    assert [(one.reference, one.standing) for one in world.provider.fetch(reference).disputes] == [
        (dispute.reference, end)
    ]
    hints = hints_of(world, reference, 4)
    assert all(leads_to(hint, state) for hint in hints)
    assert any(hint.charge_reference == state.charge_reference for hint in hints)


def test_an_inquiry_may_grow_into_a_dispute(world: World) -> None:
    if not world.has_disputes:
        pytest.skip("the provider tells of no disputes")
    _asked, reference = paid(world)
    for standing in (DisputeStanding.INQUIRY, DisputeStanding.OPEN):
        (world.dispute if standing is DisputeStanding.INQUIRY else world.dispute_becomes)(reference, standing=standing)
        assert [one.standing for one in world.provider.fetch(reference).disputes] == [standing]


def test_payouts_are_the_sum_of_movements_that_name_their_payments(world: World) -> None:
    _first, sent_back = paid(world, "one")
    _second, kept = paid(world, "two")
    refund(world, sent_back, 10_000)
    today = datetime.now(UTC).date()
    assert list(world.provider.payouts(since=today)) == []
    world.pay_out()
    (payout,) = world.provider.payouts(since=today)
    assert payout.paid_on >= today
    assert payout.amount_ore == sum(line.gross_ore - line.fee_ore for line in payout.movements)
    names = {name: reference for reference in (sent_back, kept) for name in names_of(world, reference)}
    moved = [(line.kind, names.get(line.payment_reference or ""), line.gross_ore) for line in payout.movements]
    assert sorted(one for one in moved if one[0] is not MovementKind.FEE) == sorted([
        (MovementKind.CAPTURE, sent_back, ASKED_ORE),
        (MovementKind.CAPTURE, kept, ASKED_ORE),
        (MovementKind.REFUND, sent_back, -10_000),
    ])  # fmt: skip
    assert len({line.reference for line in payout.movements}) == len(payout.movements)
    assert list(world.provider.payouts(since=payout.paid_on + timedelta(days=1))) == []


def test_what_a_dispute_takes_stands_in_the_payout(world: World) -> None:
    if not world.has_disputes:
        pytest.skip("the provider tells of no disputes")
    _asked, reference = paid(world)
    paid(world, "two")
    world.dispute(reference, standing=DisputeStanding.OPEN)
    world.pay_out()
    (payout,) = world.provider.payouts(since=datetime.now(UTC).date())
    (line,) = [line for line in payout.movements if line.kind is MovementKind.DISPUTE]
    assert line.gross_ore == -ASKED_ORE
    assert line.payment_reference in names_of(world, reference)


def test_a_payout_that_does_not_add_up_is_told_as_it_is(world: World) -> None:
    paid(world)
    world.pay_out(off_by_ore=-100)
    (payout,) = world.provider.payouts(since=datetime.now(UTC).date())
    assert payout.amount_ore == sum(line.gross_ore - line.fee_ore for line in payout.movements) - 100


def moved_today(world: World) -> Sequence[Movement]:
    lines = list(world.provider.movements(on=danish_day(datetime.now(UTC))))
    assert not [line for line in lines if isinstance(line, Illegible)]
    return [line for line in lines if isinstance(line, Movement)]


def test_what_moved_on_a_day_is_told_whether_it_was_paid_out_or_not(world: World) -> None:
    sent_back, reference = paid(world, "one")
    kept, other = paid(world, "two")
    refund(world, reference, 10_000)
    world.refund_by_hand(other, amount_ore=1_000)
    ours = {sent_back.payment_id: reference, kept.payment_id: other}
    names = {name: one for one in (reference, other) for name in names_of(world, one)}
    expected = sorted([
        (MovementKind.CAPTURE, reference, ASKED_ORE), (MovementKind.CAPTURE, other, ASKED_ORE),
        (MovementKind.REFUND, reference, -10_000), (MovementKind.REFUND, other, -1_000),
    ])  # fmt: skip
    for is_paid_out in (False, True):
        if is_paid_out:
            world.pay_out()
        lines = [line for line in moved_today(world) if line.kind is not MovementKind.FEE]
        assert sorted((line.kind, names[line.payment_reference or ""], line.gross_ore) for line in lines) == expected
        told = {line.payment_id: names[line.payment_reference or ""] for line in lines if line.payment_id}
        assert told == ours, "every capture names our payment by our own id"
        assert len({line.reference for line in lines}) == len(lines)
    yesterday = danish_day(datetime.now(UTC)) - timedelta(days=1)
    assert list(world.provider.movements(on=yesterday)) == []


def test_what_a_bank_takes_moves_on_its_day(world: World) -> None:
    if not world.has_disputes:
        pytest.skip("the provider tells of no disputes")
    _asked, reference = paid(world)
    world.dispute(reference, standing=DisputeStanding.OPEN)
    (line,) = [line for line in moved_today(world) if line.kind is MovementKind.DISPUTE]
    assert (line.gross_ore, line.payment_reference in names_of(world, reference)) == (-ASKED_ORE, True)


def test_a_list_of_movements_that_cannot_be_reached_is_no_empty_list(world: World) -> None:
    paid(world)
    with pytest.raises((ProviderUnavailable, OutcomeUnknown)):
        list(world.unreachable().movements(on=danish_day(datetime.now(UTC))))
