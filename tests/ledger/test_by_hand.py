"""Post anew what the ledger rejected, or book it by hand: the money ends in one place, and is taken back from there."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.foundation.db import transaction
from app.ledger import by_hand
from app.sources.models import WriteBack
from tests.demo import Town, daycare, fine
from tests.ledger.books import Books

pytestmark = pytest.mark.database


@pytest.fixture
def books(town: Town) -> Books:
    return Books(town)


def test_what_was_rejected_is_posted_anew_under_another_uuid(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    books.pays(claim)
    first = books.answer(rejects=True)
    assert books.again(first) == 150000
    second = books.answer()
    assert first != second
    assert books.balances() == (0, -150000, 0)
    assert books.states() == ["accepted", "replaced"]
    assert books.town.tasks() == []
    with pytest.raises(by_hand.UnknownPosting):
        books.again(first)


def test_the_source_is_told_once_the_money_is_there(books: Books) -> None:
    (claim,) = books.town.shows(books.person, fine())
    books.pays(claim)
    books.again(books.answer(rejects=True))
    assert books.town.messages("source.tell") == []
    books.answer()
    assert len(books.town.messages("source.tell")) == 1


def test_the_rest_is_posted_when_a_part_has_gone_back(books: Books) -> None:
    """The ledger says that less is owed: the difference goes back, and then the rest is posted."""
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    first = books.answer(rejects=True)
    books.asks_back(payment, claim, 100000)
    with pytest.raises(by_hand.GoingBack):
        books.again(first)
    books.answer()
    assert books.balances() == (-50000, 0, -100000)
    assert books.again(first) == 50000
    books.answer()
    assert books.balances() == (0, -50000, -100000)


def test_nothing_is_posted_of_what_has_gone_back(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    first = books.answer(rejects=True)
    books.asks_back(payment, claim, 150000)
    books.answer()
    for act in (books.again, books.books):
        with pytest.raises(by_hand.NothingLeft):
            act(first)


def test_what_waits_for_a_second_person_is_not_posted_meanwhile(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    first = books.answer(rejects=True)
    books.asks_back(payment, claim, 100000, alone=False)
    for act in (books.again, books.books):
        with pytest.raises(by_hand.GoingBack):
            act(first)


def test_what_a_person_booked_is_in_the_ledger_and_the_source_is_told(books: Books) -> None:
    (claim,) = books.town.shows(books.person, fine())
    books.pays(claim)
    first = books.answer(rejects=True)
    assert books.books(first) == 7500
    assert books.balances() == (0, -7500, 0)
    assert books.states() == ["by_hand"]
    assert books.town.tasks() == []
    with transaction(books.town.sessions) as session:
        assert session.scalars(select(WriteBack.claim_id)).all() == [claim]
    with pytest.raises(by_hand.UnknownPosting):
        books.books(first)


def test_what_a_person_booked_is_taken_back_by_a_person(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    books.books(books.answer(rejects=True))
    books.asks_back(payment, claim, 100000)
    books.answer()
    assert books.balances() == (0, -150000, 0), "the ledger is not asked about an UUID that it does not know"
    assert books.ledger.taken_back == {}
    assert [task.kind for task in books.town.tasks()] == ["refund_stopped"]


def test_a_posting_that_was_given_up_is_booked_though_a_refund_waits_behind_it(books: Books) -> None:
    """It may be there, under its UUID or a person's: to try it again could book it twice."""
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    posting_id = books.gives_up()
    books.asks_back(payment, claim, 100000)
    assert books.books(posting_id) == 150000
    books.answer_all()
    assert books.balances() == (0, -150000, 0), "the ledger is not asked about an UUID that it does not know"
    assert [(task.kind, task.facts["amount_ore"]) for task in books.town.tasks()] == [("refund_stopped", 100000)]


def test_what_has_gone_back_is_not_booked_of_a_posting_that_was_given_up(books: Books) -> None:
    """Another posting of the same line gave it back."""
    (claim,) = books.town.shows(books.person, daycare())
    payment = books.pays(claim)
    books.answer()
    books.bank(payment, takes_ore=50000)
    books.answer()
    books.bank(payment, gives_back=True)
    posting_id = books.gives_up()
    books.asks_back(payment, claim, 120000)
    assert books.books(posting_id) == 50000
    books.answer_all()
    assert books.balances() == (0, -50000, -100000), "a person takes back the rest"


def test_anothers_or_an_accepted_posting_is_not_booked(books: Books) -> None:
    (claim,) = books.town.shows(books.person, daycare())
    books.pays(claim)
    waiting = books.town.messages("ledger.post")[-1].id
    accepted = books.answer()
    for posting_id in (waiting, accepted, uuid4()):
        with pytest.raises(by_hand.UnknownPosting):
            books.books(posting_id)
    with pytest.raises(by_hand.UnknownPosting):
        books.books(accepted, code="0992")
