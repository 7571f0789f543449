"""Coverage: money used elsewhere and debts let off reach the claim once, in whatever order they come."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.claims.queries import Beside, bills_of
from app.claims.sighting import Holder
from app.claims.status import Key
from app.foundation.clock import danish_day
from app.ledger.coming_back import Kind
from app.payments.models import PaymentLine
from tests.delivering import Portal
from tests.demo import KIRSTEN, NOW, Town, daycare, fine
from tests.ledger.telling import Telling, movement

pytestmark = pytest.mark.database
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def telling(town: Town) -> Telling:
    made = Telling(town)
    made.lists(made.owed(10_000), asked_at=NOW)
    return made


def key_of(telling: Telling) -> Key:
    with telling.town.sessions() as session:
        (bill,) = bills_of(
            session, person_id=telling.person, facts=telling.town.facts, beside=Beside(), today=danish_day(NOW),
            closed_since=NOW - timedelta(days=1),
        )  # fmt: skip
    return bill.status.key


def test_a_payment_in_the_bank_closes_the_claim_with_its_reason(telling: Telling) -> None:
    telling.tells(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE))
    assert (telling.claim().closed_reason, telling.claim().outstanding_ore) == ("paid_elsewhere", 0)
    assert telling.events() == ["seen", "paid_elsewhere", "closed"]
    assert key_of(telling) is Key.PAID_ELSEWHERE


def test_a_coverage_without_a_payment_is_an_offset(telling: Telling) -> None:
    offset = replace(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE), payment_id=None)
    telling.tells(offset)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 2_000, of=telling.found, at=NOW + 2 * A_MINUTE, reduces=offset.id))
    telling.tells(replace(offset, id=uuid4(), amount_ore=2_000, registered_at=NOW + 3 * A_MINUTE))
    assert telling.events() == ["seen", "offset", "closed", "offset_reduced", "reopened", "offset", "closed"]
    assert key_of(telling) is Key.OFFSET


def test_a_part_paid_in_the_bank_lowers_what_is_owed(telling: Telling) -> None:
    telling.tells(movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE))
    assert (telling.claim().closed_at, telling.claim().outstanding_ore) == (None, 6_000)
    assert key_of(telling) is Key.PART_PAID


def test_a_write_off_of_all_closes_and_of_a_part_reduces(telling: Telling) -> None:
    part = movement(Kind.WRITE_OFF, 4_000, of=telling.found, at=NOW + A_MINUTE, reason="Eftergivet")
    telling.tells(part)
    assert (telling.claim().outstanding_ore, telling.claim().let_off_why) == (6_000, "Eftergivet")
    assert key_of(telling) is Key.REDUCED
    telling.tells(movement(Kind.WRITE_OFF, 6_000, of=telling.found, at=NOW + 2 * A_MINUTE))
    assert telling.claim().closed_reason == "written_off"
    assert key_of(telling) is Key.WRITTEN_OFF


def test_the_same_movement_again_changes_nothing(telling: Telling) -> None:
    one = movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE)
    telling.tells(one)
    telling.tells(one, one)
    assert telling.claim().outstanding_ore == 6_000
    assert telling.events() == ["seen", "paid_elsewhere"]


def test_what_is_taken_back_opens_the_claim_again(telling: Telling) -> None:
    paid = movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE)
    telling.tells(paid)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 3_000, of=telling.found, at=NOW + 2 * A_MINUTE, reduces=paid.id))
    assert (telling.claim().closed_at, telling.claim().outstanding_ore) == (None, 3_000)
    assert telling.events()[-2:] == ["paid_elsewhere_reduced", "reopened"]


def test_a_reduction_that_comes_first_waits_for_what_it_takes_from(telling: Telling) -> None:
    paid = movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 3_000, of=telling.found, at=NOW + 2 * A_MINUTE, reduces=paid.id))
    assert (telling.states(), telling.claim().outstanding_ore) == (["waiting"], 10_000)
    telling.tells(paid)
    assert (telling.states(), telling.claim().outstanding_ore) == (["applied", "applied"], 3_000)


def test_a_coverage_waits_for_a_claim_that_nobody_has_seen(town: Town) -> None:
    telling = Telling(town)
    telling.tells(movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE))
    telling.lists(telling.owed(10_000), asked_at=NOW)
    assert telling.claim().outstanding_ore == 10_000
    assert telling.looks_again() == 1
    assert telling.claim().outstanding_ore == 6_000
    assert telling.looks_again() == 0


def test_an_answer_from_before_does_not_undo_and_one_from_after_includes_it(telling: Telling) -> None:
    telling.tells(movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + 2 * A_MINUTE))
    telling.lists(telling.owed(10_000), asked_at=NOW + A_MINUTE)
    assert telling.claim().outstanding_ore == 6_000
    telling.lists(telling.owed(6_000), asked_at=NOW + 3 * A_MINUTE)
    assert (telling.claim().outstanding_ore, telling.claim().unlisted) == (6_000, [])


def test_a_movement_that_an_answer_included_already_is_not_counted_twice(telling: Telling) -> None:
    telling.lists(telling.owed(6_000), asked_at=NOW + 3 * A_MINUTE)
    telling.tells(movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE))
    assert telling.claim().outstanding_ore == 6_000
    assert telling.events()[-1] == "paid_elsewhere"


def test_the_reason_may_come_after_the_list_that_lacks_the_claim(telling: Telling) -> None:
    telling.lists(asked_at=NOW + 3 * A_MINUTE)
    assert telling.claim().closed_reason == "no_longer_listed"
    telling.tells(movement(Kind.WRITE_OFF, 10_000, of=telling.found, at=NOW + A_MINUTE))
    assert telling.claim().closed_reason == "written_off"


def test_what_was_taken_back_after_the_list_opens_a_claim_that_the_list_closed(telling: Telling) -> None:
    paid = movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE)
    telling.lists(asked_at=NOW + 2 * A_MINUTE)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 3_000, of=telling.found, at=NOW + 3 * A_MINUTE, reduces=paid.id))
    telling.tells(paid)
    assert (telling.claim().closed_at, telling.claim().outstanding_ore) == (None, 3_000)


def test_a_reminder_fee_is_a_claim_of_its_own(town: Town) -> None:
    fee = replace(daycare("r1", 10_000), ledger_claim_id=f"Rykkergebyr:{uuid4()}")
    telling = Telling(town, found=fee)
    telling.lists(telling.owed(10_000), asked_at=NOW)
    telling.tells(movement(Kind.WRITE_OFF, 10_000, of=fee, at=NOW + A_MINUTE))
    assert telling.claim().closed_reason == "written_off"


def test_a_coverage_of_our_own_posting_confirms_it_and_moves_no_amount(town: Town, portal: Portal) -> None:
    telling = Telling(town, found=daycare())
    payment = town.paid(telling.person, *town.shows(telling.person, telling.found))
    portal.deliver_all()
    before = telling.claim()
    telling.tells(
        movement(Kind.COVERAGE, 150_000, of=telling.found, payment_id=portal.message("ledger.post").id, at=NOW)
    )
    after = telling.claim()
    assert telling.states() == ["own"]
    assert (after.outstanding_ore, after.covered_ore) == (before.outstanding_ore, before.covered_ore)
    assert not town.tasks()
    assert payment.captured_ore == 150_000


def test_money_captured_for_a_claim_that_the_bank_has_covered_goes_back(telling: Telling) -> None:
    town = telling.town
    payment = town.opened(telling.person, telling.claim().id)
    telling.tells(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE))
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    assert town.payment(payment.token).overpaid_ore == 10_000
    assert (town.balance("overpaid"), town.balance("transit")) == (-10_000, 0)
    assert [task.kind for task in town.tasks()] == ["refund"]
    assert not town.messages("ledger.post")


def test_money_on_its_way_to_the_ledger_that_is_not_needed_any_more_is_work_for_people(telling: Telling) -> None:
    town = telling.town
    payment = town.paid(telling.person, telling.claim().id)
    paid = movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE)
    telling.tells(paid)
    (task,) = town.tasks()
    assert (task.kind, task.subject_id, task.facts["amount_ore"]) == ("paid_twice", payment.id, 10_000)
    assert (telling.claim().outstanding_ore, town.balance("transit")) == (0, -10_000)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 10_000, of=telling.found, at=NOW + 2 * A_MINUTE, reduces=paid.id))
    assert not town.tasks()
    assert (telling.claim().closed_at, telling.claim().outstanding_ore, telling.claim().covered_ore) == (
        None, 10_000, 10_000,
    )  # fmt: skip


def library_claim(town: Town, portal: Portal, *, holder: Holder) -> Telling:
    """A library fee that the library shows, and the ledger holds."""
    shown = fine("f1", 10_000, holder=holder)
    portal.library.claims[KIRSTEN] = (shown,)
    found = replace(daycare("f1", 10_000), origin_system="fbs", claim_type="library-fee")
    telling = Telling(town, found=found, now=NOW + A_MINUTE)  # the portal's clock goes on from here
    town.shows(telling.person, shown, source="fbs")
    telling.lists(telling.owed(10_000), asked_at=NOW)
    return telling


def test_the_library_is_watched_until_it_shows_what_the_ledger_tells_it(town: Town, portal: Portal) -> None:
    telling = library_claim(town, portal, holder=Holder.LEDGER)
    telling.tells(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE))
    message = portal.message("source.observe")
    with portal.working():
        portal.wait_until(lambda: portal.message("source.observe").attempts > 1)
        portal.library.paid_elsewhere("f1")
        portal.wait_until(lambda: portal.message("source.observe").state == "done")
    assert message.subject_id == telling.claim().id
    assert telling.claim().closed_reason == "paid_elsewhere"
    assert not town.messages("source.tell")


def test_the_librarys_copy_does_not_open_what_the_ledger_says_is_paid(town: Town, portal: Portal) -> None:
    telling = library_claim(town, portal, holder=Holder.LEDGER)
    telling.tells(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE))
    town.shows(telling.person, *portal.library.claims[KIRSTEN], source="fbs", asked_at=telling.now + A_MINUTE)
    assert telling.claim().closed_reason == "paid_elsewhere"


def test_a_claim_that_was_registered_from_here_is_told_by_the_ledger_too(town: Town, portal: Portal) -> None:
    """The library still takes payments of it, but the ledger has it: telling it twice would only confuse."""
    telling = library_claim(town, portal, holder=Holder.SOURCE)
    telling.tells(movement(Kind.COVERAGE, 10_000, of=telling.found, at=NOW + A_MINUTE))
    assert [message.kind for message in town.messages()] == ["source.observe"]


def test_a_line_of_ours_keeps_its_money_when_the_ledger_lowers_the_claim(telling: Telling) -> None:
    """No balance goes below zero, and the payment's own line stays as it was."""
    payment = telling.town.paid(telling.person, telling.claim().id)
    telling.tells(movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE))
    with telling.town.sessions() as session:
        line = session.get_one(PaymentLine, (payment.id, 1))
    assert (line.amount_ore, line.overpaid, telling.claim().outstanding_ore) == (10_000, False, 6_000)
    (task,) = telling.town.tasks()
    assert (task.kind, task.facts["amount_ore"]) == ("paid_twice", 4_000)
