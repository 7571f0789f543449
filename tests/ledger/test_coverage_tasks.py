"""What no machine may decide about the ledger's movements is work for people, closed when it has come right."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.ledger.coming_back import Kind
from app.payments.postings import REVERSE_IN_LEDGER
from app.tasks.models import Task
from tests.delivering import Portal
from tests.demo import ACCOUNT, COLLECTING, KIRSTEN, NOW, OTHER_ACCOUNT, Town, daycare, fine
from tests.ledger.telling import Telling, movement

pytestmark = pytest.mark.database
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def posted(town: Town, portal: Portal) -> tuple[Telling, UUID]:
    """A claim of 1,500.00 paid here, and the posting that the ledger has accepted."""
    telling = Telling(town, found=daycare())
    town.paid(telling.person, *town.shows(telling.person, telling.found))
    portal.deliver_all()
    return telling, portal.message("ledger.post").id


def kinds(tasks: Sequence[Task]) -> list[str]:
    return [task.kind for task in tasks]


def test_another_amount_than_was_posted_is_asked_about_until_it_fits(posted: tuple[Telling, UUID]) -> None:
    telling, posting = posted
    telling.tells(movement(Kind.COVERAGE, 100_000, of=telling.found, payment_id=posting))
    (task,) = telling.town.tasks()
    assert (task.kind, task.facts["covered_ore"]) == ("coverage_differs", 100_000)
    telling.tells(movement(Kind.COVERAGE, 50_000, of=telling.found, payment_id=posting))
    assert not telling.town.tasks()


def test_another_account_than_was_posted_to_is_asked_about(posted: tuple[Telling, UUID]) -> None:
    telling, posting = posted
    elsewhere = daycare("d1", account=OTHER_ACCOUNT)
    telling.tells(movement(Kind.COVERAGE, 150_000, of=elsewhere, payment_id=posting))
    (task,) = telling.town.tasks()
    assert task.kind == "coverage_differs"
    assert "anden konto" in task.reason


def test_our_money_used_on_another_claim_lowers_that_one_and_is_asked_about(posted: tuple[Telling, UUID]) -> None:
    telling, posting = posted
    other = daycare("d2", 150_000)
    telling.lists(telling.found, other, asked_at=NOW)
    telling.tells(movement(Kind.COVERAGE, 150_000, of=other, payment_id=posting, at=NOW + A_MINUTE))
    assert telling.town.claim("d2").closed_reason == "paid_elsewhere"
    assert kinds(telling.town.tasks()) == ["coverage_differs"]


def test_money_of_ours_taken_back_unasked_is_work_and_stays_in_the_ledger(posted: tuple[Telling, UUID]) -> None:
    telling, posting = posted
    used = movement(Kind.COVERAGE, 150_000, of=telling.found, payment_id=posting)
    telling.tells(used)
    before = telling.town.balance("ledger")
    telling.tells(movement(Kind.COVERAGE_REDUCED, 150_000, of=telling.found, reduces=used.id, payment_id=uuid4()))
    (task,) = telling.town.tasks()
    assert (task.kind, task.facts["amount_ore"]) == ("coverage_taken_back", 150_000)
    assert telling.town.balance("ledger") == before == -150_000


def test_money_that_we_asked_back_is_nobodys_work(posted: tuple[Telling, UUID]) -> None:
    telling, posting = posted
    town = telling.town
    used = movement(Kind.COVERAGE, 150_000, of=telling.found, payment_id=posting)
    back = movement(Kind.COVERAGE_REDUCED, 150_000, of=telling.found, reduces=used.id, payment_id=uuid4())
    telling.tells(used, back)
    assert kinds(town.tasks()) == ["coverage_taken_back"]
    town.provider.refund_by_hand(town.payments()[0].provider_reference or "", amount_ore=150_000)
    town.settle(town.payments()[0])
    assert town.messages(REVERSE_IN_LEDGER)
    telling.looks_again()
    assert "coverage_taken_back" not in kinds(town.tasks())


def test_a_collecting_account_covers_what_the_ledger_calls_otherwise(town: Town, portal: Portal) -> None:
    telling = Telling(town, found=fine())
    portal.library.claims[KIRSTEN] = (fine(),)
    town.paid(telling.person, *town.shows(telling.person, fine()))
    portal.deliver_all()
    there = daycare("unknown-here", account=COLLECTING)
    telling.tells(movement(Kind.COVERAGE, 7_500, of=there, payment_id=portal.message("ledger.post").id))
    assert telling.states() == ["own"]
    assert not town.tasks()


def test_what_waits_longer_than_a_day_and_concerns_us_is_asked_about_until_it_is_placed(town: Town) -> None:
    telling = Telling(town)
    telling.lists(telling.owed(10_000), asked_at=NOW)
    paid = movement(Kind.COVERAGE, 4_000, of=telling.found, at=NOW + A_MINUTE)
    telling.tells(movement(Kind.COVERAGE_REDUCED, 1_000, of=telling.found, at=NOW + 2 * A_MINUTE, reduces=paid.id))
    telling.looks_again(later=timedelta(hours=1))
    assert not town.tasks()
    telling.looks_again(later=timedelta(days=1))
    telling.looks_again()
    assert kinds(town.tasks()) == ["coverage_waits"]
    telling.tells(paid)
    telling.looks_again()
    assert not town.tasks()
    assert telling.claim().outstanding_ore == 7_000


def test_what_is_about_people_who_were_never_here_waits_in_silence(town: Town) -> None:
    telling = Telling(town)
    telling.tells(movement(Kind.COVERAGE, 4_000, of=daycare("x", account=ACCOUNT)))
    telling.looks_again(later=timedelta(days=2))
    assert telling.states() == ["waiting"]
    assert not town.tasks()


def test_a_posting_whose_accept_we_have_not_heard_is_known_as_ours(town: Town) -> None:
    telling = Telling(town, found=daycare())
    town.paid(telling.person, *town.shows(telling.person, telling.found))
    (message,) = town.messages("ledger.post")
    telling.tells(movement(Kind.COVERAGE, 150_000, of=telling.found, payment_id=message.id))
    assert telling.states() == ["own"]
    assert not town.tasks()
