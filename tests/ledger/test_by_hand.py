"""Post anew what the ledger rejected, or book it by hand: the money ends in one place, and is taken back from there."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.foundation.db import transaction
from app.ledger import by_hand, push, reverse
from app.ledger.models import LedgerPosting
from app.ledger.port import Rejected
from app.outbox.models import DONE, OutboxMessage
from app.outbox.port import Message
from app.payments.models import Payment
from app.payments.returns import refunds
from app.sources.models import WriteBack
from tests.demo import NOW, Town, daycare, fine
from tests.fakes.ledger import FakeLedger

pytestmark = pytest.mark.database
LATER = NOW + timedelta(hours=1)


class Books:
    """Kirsten's payment, and the ledger's answers to it one by one."""

    def __init__(self, town: Town) -> None:
        self.town, self.ledger = town, FakeLedger()
        self.person = town.person()

    def pays(self, *claims: UUID) -> Payment:
        return self.town.paid(self.person, *claims)

    def answer(self, *, rejects: bool = False) -> UUID:
        """The ledger answers the newest message that waits; returns its id."""
        row = [one for one in self.town.messages() if one.state == "due" and one.kind.startswith("ledger.")][-1]
        account = row.payload["account"]
        self.ledger.rejections = {account: Rejected("NO", "no", None)} if rejects else {}
        message = Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW
        )
        sessions = self.town.sessions
        if row.kind == "ledger.post":
            unseal = self.town.vault.unseal
            finish = push.deliver(sessions, ledger=self.ledger, unseal=unseal, message=message, clock=lambda: LATER)
        else:
            finish = reverse.deliver(sessions, ledger=self.ledger, message=message, clock=lambda: LATER)
        with sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DONE))
            finish(session)
        return row.id

    def asks_back(self, payment: Payment, claim: UUID, amount_ore: int, *, alone: bool = True) -> UUID:
        with transaction(self.town.sessions) as session:
            refund_id = uuid4()
            refunds.ask(
                session, refund_id=refund_id, payment_id=payment.id, municipality_code=self.town.facts.code,
                shares={claim: amount_ore}, reason="for meget", by="carsten", now=LATER,
                alone_up_to_ore=10**9 if alone else 0,
            )  # fmt: skip
        return refund_id

    def again(self, posting_id: UUID) -> int:
        with transaction(self.town.sessions) as session:
            code = self.town.facts.code
            return by_hand.post_again(session, posting_id=posting_id, municipality_code=code, by="carsten", now=LATER)

    def books(self, posting_id: UUID, *, code: str | None = None) -> int:
        with transaction(self.town.sessions) as session:
            return by_hand.booked(
                session, posting_id=posting_id, municipality_code=code or self.town.facts.code, by="carsten",
                why="bilag 17", now=LATER,
            )  # fmt: skip

    def balances(self) -> tuple[int, int, int]:
        return self.town.balance("transit"), self.town.balance("ledger"), self.town.balance("overpaid")

    def states(self) -> list[str]:
        with transaction(self.town.sessions) as session:
            return sorted(session.scalars(select(LedgerPosting.state)))


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
