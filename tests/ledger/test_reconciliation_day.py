"""A day is reconciled: what agrees is clean, each injected fault is found and named, and again gives the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.foundation.clock import danish_day
from app.ledger.port import LedgerUnavailable
from app.ledger.reconciliation.alone import AlreadyRunning
from app.ledger.reconciliation.asking import Merchant, Silence
from app.ledger.reconciliation.day import days_to_look_at, reconcile
from app.payments.movements import Illegible, Movement, MovementKind
from app.tasks.register import close_task
from tests.demo import COLLECTING, KIRSTEN, NOW, Onlooker, daycare, fine
from tests.fakes.payment_provider import FakeProvider
from tests.ledger.night import DAY, Night

pytestmark = pytest.mark.database


def posting_of(night: Night, number: int = 0) -> UUID:
    return list(night.portal.ledger.booked)[number]


def change(night: Night, number: int, **values: object) -> None:
    """The provider's statement says otherwise."""
    day, line = night.town.provider.moved[number]
    assert isinstance(line, Movement)
    night.town.provider.moved[number] = (day, replace(line, **values))  # type: ignore[arg-type]


def test_a_day_on_which_everything_agrees_is_clean(night: Night) -> None:
    night.paid()
    night.fine_paid()
    outcome = night.reconciled()
    assert (outcome.differences, outcome.mended, outcome.parked, outcome.silent) == (0, 0, 0, ())
    row = night.row()
    assert row.is_clean
    assert (row.provider_ore, row.journal_ore, row.accepted_ore, row.ledger_ore) == (157500,) * 4
    assert (row.provider_count, row.journal_count, row.accepted_count, row.ledger_count) == (2,) * 4
    assert (row.told_ore, row.known_ore, row.fee_ore) == (7500, 7500, 360)
    assert night.differences() == []


def test_a_dropped_webhook_is_found_mended_and_told(night: Night) -> None:
    person = night.town.person()
    payment = night.town.opened(person, *night.town.shows(person, daycare()))
    night.town.provider.pay(payment.provider_reference or "")
    assert night.reconciled().mended == 1
    assert night.town.payment(payment.token).state == "paid"
    (task,) = night.closed()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.not_in_journal", payment.id, 150000)
    assert "Portalen har selv spurgt" in (task.closed_reason or "")
    row = night.row()
    assert (row.provider_ore, row.journal_ore, row.differences) == (150000, 150000, 0)
    night.deliver_by_night()
    night.now += timedelta(days=1)
    next_day = DAY + timedelta(days=1)
    night.reconciled(next_day)
    late = night.row(next_day)
    assert (late.provider_ore, late.journal_ore, late.differences) == (0, 0, 0), "it stands on the day it moved"
    assert len(night.closed()) == 1


def test_a_lost_webhook_that_nobody_can_mend_is_named_until_it_heals(night: Night) -> None:
    person = night.town.person()
    payment = night.town.opened(person, *night.town.shows(person, daycare()))
    reference = payment.provider_reference or ""
    night.town.provider.pay(reference)
    gone = night.town.provider.payments.pop(reference)
    assert night.reconciled().differences == 1
    (task,) = night.differences()
    assert (task.kind, task.facts["provider_ore"], task.facts["journal_ore"]) == (
        "difference.not_in_journal", 150000, 0,
    )  # fmt: skip
    night.reconciled()
    assert [one.id for one in night.differences()] == [task.id], "asked once"
    night.town.provider.payments[reference] = gone
    night.reconciled()
    assert night.differences() == []
    (healed,) = night.closed()
    assert (healed.id, healed.closed_reason) == (
        task.id, "Portalen har selv spurgt og bragt det i orden: siderne stemmer nu",
    )  # fmt: skip


def test_money_that_the_provider_does_not_know_is_named(night: Night) -> None:
    payment = night.paid()
    night.town.provider.moved.clear()
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == (
        "difference.not_at_provider", payment.id, -150000,
    )  # fmt: skip


def test_a_wrong_amount_at_the_provider_is_named(night: Night) -> None:
    payment = night.paid()
    change(night, 0, gross_ore=149900)
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.provider_amount", payment.id, -100)
    row = night.row()
    assert (row.provider_ore - row.journal_ore, row.differences) == (-100, 1)


def test_money_of_nobody_is_its_homes_to_explain(night: Night) -> None:
    stranger = Movement("txn_1", MovementKind.CAPTURE, "ch_stranger", 5000, 0, uuid4())
    night.town.provider.moved.append((DAY, stranger))
    night.reconciled()
    assert night.kinds() == ["unknown_at_provider"]
    night.changes["merchants"] = (Merchant(night.town.provider, is_home=False),)
    night.reconciled()
    assert night.kinds() == []


def test_what_names_the_charge_of_a_known_line_is_about_the_same_payment(night: Night) -> None:
    payment = night.paid()
    change(night, 0, payment_reference="ch_untold")
    night.town.provider.moved.append((DAY, Movement("re_1", MovementKind.REFUND, "ch_untold", -5000)))
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.not_in_journal", payment.id, -5000)


def test_a_name_that_looks_like_copys_own_signs_is_kept(night: Night) -> None:
    name = "a\tb\\.c\\N\rd\ne"
    night.town.provider.moved.append((DAY, Movement(name, MovementKind.CAPTURE, name, 5000)))
    night.reconciled()
    (task,) = night.differences()
    assert task.facts["reference"] == name


def test_a_lost_posting_is_named_and_heals(night: Night) -> None:
    payment = night.paid()
    lost = night.portal.ledger.booked.pop(posting_of(night))
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.not_in_ledger", payment.id, -150000)
    assert night.row().ledger_ore == 0
    night.portal.ledger.booked[lost.posting_id] = lost
    night.reconciled()
    assert (night.kinds(), night.row().ledger_ore) == ([], 150000)
    assert [one.closed_reason for one in night.closed()] == ["Siderne stemmer nu"]


def test_a_wrong_amount_in_the_ledger_is_named(night: Night) -> None:
    night.paid()
    posting = posting_of(night)
    night.portal.ledger.booked[posting] = replace(night.portal.ledger.booked[posting], amount_ore=150001)
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.facts["amount_ore"]) == ("difference.ledger_amount", 1)


def test_what_others_pay_to_a_debtor_account_is_theirs_and_on_the_collecting_account_a_riddle(night: Night) -> None:
    night.paid()
    other = replace(night.portal.ledger.booked[posting_of(night)], posting_id=UUID(int=9), amount_ore=7777)
    night.portal.ledger.booked[other.posting_id] = other
    night.reconciled()
    assert (night.kinds(), night.row().ledger_ore) == ([], 150000)
    night.portal.ledger.booked[other.posting_id] = replace(other, account=COLLECTING)
    night.reconciled()
    assert night.kinds() == ["unknown_in_ledger"]


def test_a_posting_whose_answer_was_lost_is_in_the_ledger_and_not_accepted(night: Night) -> None:
    person = night.town.person()
    night.town.paid(person, *night.town.shows(person, daycare()))
    (message,) = night.town.messages("ledger.post")
    night.portal.ledger.now = NOW + timedelta(minutes=2)
    night.portal.ledger.after.append(LedgerUnavailable("no answer"))
    night.portal.deliver_until(lambda: night.portal.message("ledger.post").attempts == 1)
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.facts["posting"]) == ("difference.not_accepted_here", str(message.id))
    night.portal.deliver_all()
    night.reconciled()
    assert night.kinds() == []


def test_money_left_in_transit_is_named(night: Night) -> None:
    person = night.town.person()
    payment = night.town.paid(person, *night.town.shows(person, daycare()))
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.transit_left", payment.id, -150000)
    night.deliver()
    night.reconciled()
    assert night.kinds() == []


def test_a_library_that_does_not_show_the_payment_is_asked_again_and_named(night: Night) -> None:
    payment = night.fine_paid()
    with night.town.sessions.begin() as session:
        session.execute(text("UPDATE write_back SET state = 'told', known_at = NULL"))
    night.portal.library.claims = {KIRSTEN: (fine("f1"),)}
    night.reconciled()
    assert night.kinds() == [], "it has three days"
    night.now += timedelta(days=4)
    night.reconciled()
    (task,) = night.differences()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("difference.not_at_source", payment.id, -7500)
    night.portal.library.claims = {}
    night.reconciled()
    assert (night.kinds(), night.row().known_ore) == ([], 7500)


def test_money_back_is_reconciled_too(night: Night) -> None:
    payment = night.paid()
    night.town.provider.refund_by_hand(payment.provider_reference or "", amount_ore=50000)
    assert night.reconciled().mended == 1
    (task,) = night.closed()
    assert (task.facts["flow"], task.facts["amount_ore"]) == ("back", -50000)
    night.deliver_by_night()
    night.reconciled()
    row = night.row()
    assert (row.provider_ore, row.journal_ore, row.differences) == (100000, 100000, 0)


def test_midnight_parts_no_payment(night: Night) -> None:
    night.paid()
    provider = night.town.provider
    provider.moved = [(day - timedelta(days=1), line) for day, line in provider.moved]
    night.reconciled()
    assert (night.kinds(), night.row().journal_ore) == ([], 0), "the day before was read too"
    night.reconciled(DAY - timedelta(days=1))
    before = night.row(DAY - timedelta(days=1))
    assert (before.provider_ore, before.journal_ore, before.differences) == (150000, 150000, 0)


def test_running_again_any_number_of_times_gives_the_same(night: Night) -> None:
    night.paid("d1")
    night.fine_paid()
    night.portal.ledger.booked.pop(posting_of(night))
    change(night, 1, gross_ore=1)
    night.reconciled()
    first = (night.kinds(), [task.id for task in night.differences()], _numbers(night))
    for _again in range(3):
        night.now += timedelta(hours=1)
        night.reconciled()
        assert (night.kinds(), [task.id for task in night.differences()], _numbers(night)) == first
    assert first[0] == ["not_in_ledger", "provider_amount"]


def _numbers(night: Night) -> list[object]:
    row = night.row()
    return [getattr(row, name) for name in vars(row) if name.endswith(("_ore", "_count", "differences"))]


def test_a_difference_that_somebody_has_explained_is_not_work_again(night: Night) -> None:
    night.paid()
    change(night, 0, gross_ore=149900)
    night.reconciled()
    (task,) = night.differences()
    with night.town.sessions.begin() as session:
        close_task(session, task_id=task.id, reason="Aftalt med udbyderen", by="carsten", now=night.now)
    assert night.reconciled().differences == 0
    change(night, 0, gross_ore=149800)
    assert night.reconciled().differences == 1, "with other facts it is another matter"


def test_a_side_that_is_silent_stops_no_other_and_heals_nothing(night: Night) -> None:
    night.paid()
    lost = posting_of(night)
    night.portal.ledger.booked.pop(lost)
    night.reconciled()
    before = night.row()
    assert night.kinds() == ["not_in_ledger"]
    night.portal.ledger.before = [LedgerUnavailable("down")] * 2
    outcome = night.reconciled()
    assert [one.side for one in outcome.silent] == ["ledger"]
    assert night.kinds() == ["not_in_ledger"]
    assert (night.row().provider_ore, night.row().ledger_ore) == (before.provider_ore, before.ledger_ore)
    assert not night.row().is_clean
    night.town.provider.is_down = True
    assert {one.side for one in night.reconciled().silent} == {"stripe"}
    assert night.row().provider_ore == 150000, "what was read before stands"


def test_a_statement_that_breaks_off_takes_nothing_away(night: Night) -> None:
    night.paid()
    night.reconciled()
    night.town.provider.drop_replies = 1
    assert [one.side for one in night.reconciled().silent] == ["stripe"]
    night.town.provider.drop_replies = 0
    night.changes["missing"] = (Silence("mobilepay", "no keys"),)
    outcome = night.reconciled()
    assert (outcome.differences, outcome.silent) == (0, (Silence("mobilepay", "no keys"),))


def test_a_line_that_cannot_be_read_is_parked_and_the_rest_goes_on(night: Night) -> None:
    night.paid()
    night.town.provider.moved.append((DAY, Illegible("txn_9", "no amount for 750372-4996")))
    for _again in range(2):
        outcome = night.reconciled()
        assert (outcome.differences, outcome.parked) == (0, 1)
        (parked,) = night.parked()
        assert (parked.origin, parked.name, parked.day) == ("stripe", "txn_9", DAY)
    night.town.provider.moved.pop()
    assert night.reconciled().parked == 0


def test_one_at_a_time(night: Night) -> None:
    tried = []

    class Curious(FakeProvider):
        def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
            with pytest.raises(AlreadyRunning):
                night.reconciled()
            tried.append(on)
            return super().movements(on=on)

    night.changes["merchants"] = (Merchant(Curious(now=NOW)),)
    reconcile(
        night.town.sessions, sides=night.sides(), municipality_code=night.town.facts.code, days=[DAY],
        clock=lambda: night.now,
    )  # fmt: skip
    assert tried == [DAY]


def test_the_nights_work_is_yesterday_and_what_is_not_clean(night: Night) -> None:
    today = danish_day(night.now + timedelta(days=1))
    night.paid()
    night.portal.ledger.booked.clear()
    night.reconciled()
    code = night.town.facts.code
    with night.town.sessions() as session:
        assert days_to_look_at(session, municipality_code=code, today=today) == sorted({DAY, today - timedelta(1)})
        much_later = today + timedelta(days=30)
        assert days_to_look_at(session, municipality_code=code, today=much_later) == [much_later - timedelta(days=1)]


def test_no_transaction_is_open_while_the_provider_speaks(night: Night) -> None:
    night.paid()
    onlooker = Onlooker(night.portal.database_url)

    class Watched(FakeProvider):
        def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
            onlooker.look()
            yield from super().movements(on=on)
            onlooker.look()

    night.changes["merchants"] = (Merchant(Watched(now=NOW)),)
    night.reconciled()
    assert onlooker.looks >= 2
