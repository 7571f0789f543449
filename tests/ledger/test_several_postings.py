"""Money that stands on several postings of one payment: each gives back its part, and nothing stays on the way."""

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.ledger import by_hand
from app.ledger.models import LedgerReversal
from app.ledger.port import Rejected
from app.outbox.port import GiveUp
from app.payments.models import Payment, Refund
from tests.demo import Town, daycare
from tests.ledger.books import Books

pytestmark = pytest.mark.database
BANK_ORE = 21200


@pytest.fixture
def books(town: Town) -> Books:
    return Books(town)


def half_rejected(books: Books) -> Payment:
    """A payment of 1.500 kr. of which the ledger has 1.288 kr., and has rejected what a bank took and gave back."""
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    books.answer()
    books.bank(payment, takes_ore=BANK_ORE)
    books.answer()
    books.bank(payment, gives_back=True)
    books.answer(rejects=True)
    assert books.balances() == (-BANK_ORE, -150000 + BANK_ORE, 0)
    return payment


def reversals(books: Books) -> list[tuple[str, int]]:
    with transaction(books.town.sessions) as session:
        rows = session.scalars(select(LedgerReversal).order_by(LedgerReversal.answered_at, LedgerReversal.id))
        return [(one.state, one.amount_ore) for one in rows]


def ledger_has_ore(books: Books) -> int:
    booked = sum(one.amount_ore for one in books.ledger.booked.values())
    return booked - sum(one.amount_ore for one in books.ledger.taken_back.values())


def open_tasks(books: Books) -> list[tuple[str, object]]:
    return [(one.kind, one.facts.get("amount_ore")) for one in books.town.tasks()]


def test_a_whole_refund_takes_from_the_ledger_what_it_has_and_the_rest_from_us(books: Books) -> None:
    payment = half_rejected(books)
    claim = books.town.claim("d1")
    refund_id = books.asks_back(payment, claim.id, 150000)
    books.answer_all()
    assert sorted(reversals(books)) == [("accepted", BANK_ORE), ("accepted", 150000 - BANK_ORE), ("unposted", BANK_ORE)]
    assert (books.balances(), ledger_has_ore(books)) == ((0, 0, -150000), 0)
    assert (books.town.claim("d1").covered_ore, books.town.claim("d1").reflected_ore) == (0, 0)
    with transaction(books.town.sessions) as session:
        refund = session.get_one(Refund, refund_id)
        assert (refund.state, refund.recalls_left, [one["recall"] for one in refund.shares]) == (
            "sending",
            0,
            ["given"],
        )
    assert open_tasks(books) == []


def test_what_was_rejected_goes_back_before_the_ledger_is_asked(books: Books) -> None:
    payment = half_rejected(books)
    books.asks_back(payment, books.town.claim("d1").id, 1200)
    books.answer_all()
    assert (books.balances(), ledger_has_ore(books)) == (
        (1200 - BANK_ORE, -150000 + BANK_ORE, -1200),
        150000 - BANK_ORE,
    )
    assert open_tasks(books) == [("posting_rejected", BANK_ORE - 1200)], "so much is still to be settled"


def test_no_money_stays_on_its_way_when_the_ledger_keeps_what_went_elsewhere(books: Books) -> None:
    """What went without us was kept by the ledger, and then all the rest was sent back: both are settled in the end."""
    payment = half_rejected(books)
    (accepted,) = books.ledger.booked
    books.ledger.refusals = {accepted: Rejected("NO", "no", None)}
    books.sends_back_elsewhere(payment, 35200)
    books.answer_all()
    assert books.balances() == (0, -150000 + BANK_ORE, 0)
    assert books.town.balance("gone") == 35200 - BANK_ORE, "the ledger is to give that back by hand"
    books.ledger.refusals = {}
    books.asks_back(payment, books.town.claim("d1").id, 150000 - 35200)
    books.answer_all()
    assert books.balances() == (0, -(35200 - BANK_ORE), -(150000 - 35200))
    assert ledger_has_ore(books) == books.town.balance("gone") == 35200 - BANK_ORE
    assert [kind for kind, _ in open_tasks(books) if kind == "posting_rejected"] == []


def test_what_a_person_booked_is_left_to_a_person_and_the_rest_is_given_back(books: Books) -> None:
    payment = half_rejected(books)
    (rejected,) = [row.id for row in books.town.messages("ledger.post") if row.id not in books.ledger.booked]
    books.books(rejected)
    books.asks_back(payment, books.town.claim("d1").id, 150000)
    books.answer_all()
    assert books.balances() == (0, -BANK_ORE, -(150000 - BANK_ORE))
    assert ("refund_stopped", 150000) in open_tasks(books)
    with pytest.raises(by_hand.UnknownPosting):
        books.books(rejected)


def test_what_the_ledger_is_to_be_asked_for_is_not_posted_anew_meanwhile(books: Books) -> None:
    """A refund made elsewhere fails: the money is here again, and the ledger has still to answer for it."""
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    rejected = books.answer(rejects=True)
    books.sends_back_elsewhere(payment, 50000)
    (made,) = books.town.provider.payments[payment.provider_reference or ""].refunds
    books.town.provider.refund_fails(made.reference)
    books.bank(payment)
    for act in (books.again, books.books):
        with pytest.raises(by_hand.GoingBack):
            act(rejected)
    books.answer_all()
    assert books.again(rejected) == 100000
    books.answer_all()
    assert (books.balances(), ledger_has_ore(books), books.town.balance("gone")) == ((0, -100000, -50000), 100000, 0)


def test_more_than_the_ledger_ever_had_is_work_for_people(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    books.answer(rejects=True)
    books.asks_back(payment, claim, 100000)
    books.answer()
    with books.town.sessions.begin() as session:
        # Tables that contradict one another: half of the rejected money was taken back already.
        (one,) = session.scalars(select(LedgerReversal))
        one.amount_ore, one.shares = 120000, [{"claim_id": str(claim), "amount_ore": 120000}]
    books.asks_back(payment, claim, 50000)
    with pytest.raises(GiveUp):
        books.answer_all()
