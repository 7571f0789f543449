"""Disputes: what a bank takes is asked back from the ledger, what it gives back is paid anew, and people are told."""

from uuid import UUID

import pytest

from app.payments.models import Payment
from app.payments.port import DisputeStanding
from tests.demo import ACCOUNT, Town, daycare
from tests.payments.returns.backwards import LATER, book, gives_back, keeps, recalls, returned

pytestmark = pytest.mark.database
AMOUNT = 150000


def disputed(town: Town, *, standing: DisputeStanding = DisputeStanding.OPEN) -> tuple[Payment, UUID]:
    """A payment of one claim that a bank has taken back."""
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.paid(person, claim)
    town.provider.dispute(payment.provider_reference or "", standing=standing)
    town.settle(payment, now=LATER)
    return payment, claim


def becomes(town: Town, payment: Payment, standing: DisputeStanding) -> str:
    town.provider.dispute_becomes(payment.provider_reference or "", standing)
    town.settle(payment, now=LATER)
    return town.payment(payment.token).state


def test_an_inquiry_moves_no_money_and_is_somebodys_work(town: Town) -> None:
    payment, _ = disputed(town, standing=DisputeStanding.INQUIRY)
    assert town.payment(payment.token).state == "paid"
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert [task.kind for task in town.tasks()] == ["dispute"]
    assert becomes(town, payment, DisputeStanding.WON) == "paid"
    assert not town.tasks()
    assert not recalls(town)


def test_money_that_a_bank_takes_is_recalled_and_the_debt_stands_again(town: Town) -> None:
    payment, claim = disputed(town)
    held = town.payment(payment.token)
    assert (held.state, held.disputed_ore, held.refunded_ore) == ("disputed", AMOUNT, 0)
    assert book(town) == {"gone": AMOUNT, "transit": -AMOUNT}
    (message,) = recalls(town)
    gives_back(town, message, source="transit")
    assert book(town) == {}
    assert town.claim("d1").covered_ore == 0
    assert returned(town, payment) == {claim: AMOUNT}
    assert [task.facts["standing"] for task in town.tasks()] == ["open"]


def test_the_same_dispute_told_again_changes_nothing(town: Town) -> None:
    payment, _ = disputed(town)
    before = (book(town), len(town.messages()), len(town.tasks()))
    town.settle(payment, now=LATER)
    assert (book(town), len(town.messages()), len(town.tasks())) == before


def test_a_lost_dispute_has_gone_back_and_says_what_to_do(town: Town) -> None:
    payment, _ = disputed(town)
    gives_back(town, recalls(town)[0], source="transit")
    assert becomes(town, payment, DisputeStanding.LOST) == "refunded"
    lost = town.payment(payment.token)
    assert (lost.refunded_ore, lost.disputed_ore) == (AMOUNT, 0)
    assert [task.facts["standing"] for task in town.tasks()] == ["lost"]
    assert becomes(town, payment, DisputeStanding.OPEN) == "refunded", "an older word is no news"


def test_a_won_dispute_pays_the_debt_anew(town: Town) -> None:
    payment, claim = disputed(town)
    gives_back(town, recalls(town)[0], source="transit")
    assert becomes(town, payment, DisputeStanding.WON) == "paid"
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert town.claim("d1").covered_ore == AMOUNT
    assert returned(town, payment) == {}
    first, again = town.messages("ledger.post")
    assert again.payload == {"account": ACCOUNT, "shares": [{"claim_id": str(claim), "amount_ore": AMOUNT}]}
    assert again.lane == first.lane
    assert not town.tasks()


def test_a_dispute_won_before_the_ledger_answered_pays_anew_when_it_does(town: Town) -> None:
    payment, _ = disputed(town)
    assert becomes(town, payment, DisputeStanding.WON) == "paid"
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert len(town.messages("ledger.post")) == 1
    gives_back(town, recalls(town)[0], source="transit")
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert len(town.messages("ledger.post")) == 2
    assert town.claim("d1").covered_ore == AMOUNT


def test_a_dispute_won_while_the_ledger_kept_the_money_leaves_it_there(town: Town) -> None:
    payment, _ = disputed(town)
    keeps(town, recalls(town)[0])
    assert book(town) == {"gone": AMOUNT, "transit": -AMOUNT}
    assert {task.kind for task in town.tasks()} == {"dispute", "refund_stopped"}
    (kept,) = (task for task in town.tasks() if task.kind == "refund_stopped")
    assert "allerede gået tilbage" in kept.next_step
    assert "send ikke pengene igen" in kept.next_step
    becomes(town, payment, DisputeStanding.WON)
    assert book(town) == {"provider/stripe": AMOUNT, "transit": -AMOUNT}
    assert returned(town, payment) == {}
    assert len(town.messages("ledger.post")) == 1


def test_money_that_comes_back_for_a_claim_paid_meanwhile_waits_with_us(town: Town) -> None:
    payment, claim = disputed(town)
    gives_back(town, recalls(town)[0], source="transit")
    town.paid(town.person(), claim, now=LATER)
    becomes(town, payment, DisputeStanding.WON)
    assert book(town) == {"provider/stripe": 2 * AMOUNT, "transit": -AMOUNT, "overpaid": -AMOUNT}
    assert town.claim("d1").covered_ore == AMOUNT
    assert [task.kind for task in town.tasks()] == ["refund"]


def test_more_than_was_left_of_the_payment_is_seen(town: Town) -> None:
    payment, _ = disputed(town)
    town.provider.dispute(payment.provider_reference or "", amount_ore=100)
    town.settle(payment, now=LATER)
    assert book(town)["gone"] == AMOUNT + 100
    assert len(recalls(town)) == 1
