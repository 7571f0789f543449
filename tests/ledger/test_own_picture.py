"""Both sides are asked outside transactions, and a silent ledger leaves ours standing."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest

from app.foundation.db import Sessions
from app.ledger import own_picture
from app.ledger.own_picture import Picture
from app.ledger.port import Accepted, AccountSummary, LedgerClaim, LedgerUnavailable, Posting
from app.ledger.side_by_side import Difference
from app.outbox.models import OutboxMessage
from app.payments.models import Payment
from tests.conftest import Database
from tests.demo import ACCOUNT, COLLECTING, KIRSTEN, NOW, Onlooker, Town, daycare, fine
from tests.fakes.ledger import FakeLedger, Kept
from tests.ledger.paid import posting

pytestmark = pytest.mark.database


@dataclass
class LookedAt(FakeLedger):
    """A ledger that sees whether a transaction is open while it is asked."""

    onlooker: Onlooker | None = None

    def accounts_of(self, cpr: str) -> tuple[AccountSummary, ...]:
        if self.onlooker:
            self.onlooker.look()
        return super().accounts_of(cpr)


class Sides:
    """Kirsten owes for daycare, which the ledger holds, and a fee that the library holds."""

    def __init__(self, sessions: Sessions, database: Database) -> None:
        self.town = Town(sessions)
        self.kirsten = self.town.person()
        self.fee, self.daycare = (
            *self.town.shows(self.kirsten, fine()),
            *self.town.shows(self.kirsten, daycare()),
        )
        self.ledger = LookedAt(onlooker=Onlooker(database.app_url))
        self.there(150000)

    def there(self, outstanding_ore: int) -> None:
        claim = LedgerClaim(
            "L-d1", "ky", "d1", "sortiment", 150000, outstanding_ore, date(2026, 3, 20), is_at_agency=False,
            text_lines=(),
        )  # fmt: skip
        self.ledger.kept = [Kept(ACCOUNT, (KIRSTEN,), claim)]

    def of_person(self) -> Picture:
        return own_picture.of_person(
            self.town.sessions, ledger=self.ledger, person_id=self.kirsten, cpr=KIRSTEN,
            municipality_code=self.town.facts.code, clock=lambda: NOW,
        )  # fmt: skip

    def of_payment(self, payment: Payment) -> Picture:
        return own_picture.of_payment(
            self.town.sessions, ledger=self.ledger, payment_id=payment.id, collecting={COLLECTING}, clock=lambda: NOW
        )

    def pays(self, claim: UUID) -> Payment:
        return self.town.paid(self.kirsten, claim)

    def book(self, payment: Payment, account: str, amount_ore: int) -> None:
        """The ledger books it and says so, under the UUID that was promised."""
        (message,) = [one for one in self.messages(payment) if one.payload["account"] == account]
        sent = Posting(message.id, account, KIRSTEN, amount_ore, NOW, NOW.date(), (), ())
        assert isinstance(self.ledger.post(sent), Accepted)
        with self.town.sessions.begin() as session:
            row = session.get_one(OutboxMessage, message.id)
            row.state, row.done_at = "done", NOW
            posting(session, payment.id, account, "accepted", municipality_code=self.town.facts.code, now=NOW,
                    posting_id=message.id, amount_ore=amount_ore)  # fmt: skip

    def messages(self, payment: Payment) -> list[OutboxMessage]:
        return [one for one in self.town.messages("ledger.post") if one.subject_id == payment.id]


@pytest.fixture
def sides(sessions: Sessions, database: Database) -> Sides:
    return Sides(sessions, database)


def test_both_sides_agree_and_no_transaction_is_open_meanwhile(sides: Sides) -> None:
    picture = sides.of_person()
    assert sides.ledger.onlooker
    assert sides.ledger.onlooker.looks == 1
    assert {row.ours.id: row.differences for row in picture.claims if row.ours} == {sides.fee: (), sides.daycare: ()}
    assert (picture.is_heard, [one.account for one in picture.accounts]) == (True, [ACCOUNT])


def test_another_amount_is_marked(sides: Sides) -> None:
    sides.there(99)
    marked = {row.ours.id: row.differences for row in sides.of_person().claims if row.ours}
    assert marked == {sides.fee: (), sides.daycare: (Difference.AMOUNT,)}


def test_a_payment_is_followed_from_its_promise_to_the_books(sides: Sides) -> None:
    payment = sides.pays(sides.daycare)
    (waiting,) = sides.of_payment(payment).accounts
    assert [(row.theirs, row.differences) for row in waiting.payments] == [(None, (Difference.ON_ITS_WAY,))]
    sides.book(payment, ACCOUNT, 150000)
    (booked,) = sides.of_payment(payment).accounts
    assert [(row.ours is not None, row.differences) for row in booked.payments] == [(True, ())]
    (account,) = sides.of_person().accounts
    assert len(account.payments) == 1


def test_of_a_collecting_account_only_this_payments_own_are_told(sides: Sides) -> None:
    payment = sides.pays(sides.fee)
    sides.book(payment, COLLECTING, 7500)
    other = Posting(UUID(int=99), COLLECTING, KIRSTEN, 100, NOW, NOW.date(), (), ())
    sides.ledger.post(other)
    (account,) = sides.of_payment(payment).accounts
    assert [row.differences for row in account.payments] == [()]


def test_what_the_ledger_lost_is_marked(sides: Sides) -> None:
    payment = sides.pays(sides.daycare)
    sides.book(payment, ACCOUNT, 150000)
    sides.ledger.booked.clear()
    (account,) = sides.of_payment(payment).accounts
    assert [row.differences for row in account.payments] == [(Difference.ONLY_HERE,)]


def test_a_silent_ledger_leaves_ours_and_calls_nothing_a_difference(sides: Sides) -> None:
    payment = sides.pays(sides.daycare)
    sides.ledger.before = [LedgerUnavailable("down"), LedgerUnavailable("down")]
    person, paid = sides.of_person(), sides.of_payment(payment)
    assert (person.is_heard, paid.is_heard, person.asked_at) == (False, False, NOW)
    assert {row.ours.id for row in person.claims if row.ours} == {sides.fee, sides.daycare}
    rows = [row for account in (*person.accounts, *paid.accounts) for row in account.payments]
    assert rows
    assert not any(row.differences for row in rows)
    assert not any(row.differences for row in person.claims)


def test_somebody_nobody_knows_is_empty(sides: Sides) -> None:
    stranger = sides.town.person("6706814995")
    picture = own_picture.of_person(
        sides.town.sessions, ledger=FakeLedger(), person_id=stranger, cpr="6706814995",
        municipality_code=sides.town.facts.code, clock=lambda: NOW + timedelta(minutes=1),
    )  # fmt: skip
    assert (picture.is_empty, picture.is_heard) == (True, True)
