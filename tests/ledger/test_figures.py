"""Lead times, failures and hands: each payment counts once, by Danish days, in its own municipality."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app.claims.models import Claim
from app.foundation.clock import danish_day
from app.foundation.db import Sessions, transaction
from app.identity.register import find_or_create_person
from app.ledger import figures
from app.ledger.figures import ByItself, DayTimes, Failure
from app.outbox import queue
from app.outbox.models import OutboxMessage
from app.tasks import register as tasks
from tests.demo import vault
from tests.ledger.paid import Line, paid, posting, written_back

pytestmark = pytest.mark.database
NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
TODAY = danish_day(NOW)
CODE, OTHER = "0991", "0992"
ACCOUNTS = ("one", "two")


class Book:
    """A payer, and payments for two claims of theirs that took as long as a test says."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.claims = [uuid4(), uuid4()]
        with transaction(sessions) as session:
            self.payer = find_or_create_person(session, vault=vault(), cpr="6101019999", name=None, now=NOW).id
            session.add_all(
                Claim(
                    id=claim_id, municipality_code=CODE, origin_system="fbs", origin_ref=str(claim_id), holder="source",
                    claim_type="library-fee", principal_ore=100, outstanding_ore=100, instalments=[], evidence={},
                    first_seen_at=NOW,
                )
                for claim_id in self.claims
            )  # fmt: skip

    def pay(
        self, *seconds: float, states: Sequence[str] = ("accepted", "accepted"), library: float | None = None,
        at: datetime = NOW, code: str = CODE,
    ) -> UUID:  # fmt: skip
        """A payment; after so many seconds each of its accounts answered, and the library knew."""
        lines = [Line(claim, 100, account, "tell") for claim, account in zip(self.claims, ACCOUNTS, strict=True)]
        with transaction(self.sessions) as session:
            made = paid(session, payer_id=self.payer, municipality_code=code, lines=lines, now=at)
            for account, state, after in zip(ACCOUNTS, states, seconds, strict=False):
                posting(session, made, account, state, municipality_code=code, now=at + timedelta(seconds=after))
            if library is not None:
                known_at = at + timedelta(seconds=library)
                for number, claim in enumerate(self.claims):
                    at_last = known_at - timedelta(seconds=number)
                    written_back(session, made, claim, "known", municipality_code=code, now=at_last)
            return made

    def times(self, *, library: bool = False) -> list[DayTimes]:
        ask = figures.days_to_library if library else figures.days_to_ledger
        with transaction(self.sessions) as session:
            return ask(session, municipality_code=CODE, first=TODAY, last=TODAY)

    def by_itself(self) -> ByItself:
        with transaction(self.sessions) as session:
            return figures.by_itself(session, municipality_code=CODE, first=TODAY, last=TODAY)

    def failures(self) -> list[Failure]:
        with transaction(self.sessions) as session:
            return figures.failures(session, municipality_code=CODE, now=NOW)

    def task(self, kind: str, subject_id: UUID, *, about: UUID | None = None, age: timedelta = timedelta()) -> UUID:
        with transaction(self.sessions) as session:
            return tasks.open_task(
                session, key=f"{kind}/{subject_id}", kind=kind, subject_id=subject_id, municipality_code=CODE,
                subject_kind="outbox_message" if about else "payment", reason="x", next_step="y",
                facts={"kind": "ledger.post", "about": str(about)} if about else {}, now=NOW - age,
            )  # fmt: skip


@pytest.fixture
def book(sessions: Sessions) -> Book:
    return Book(sessions)


def test_a_payment_has_arrived_when_the_last_of_its_accounts_has_it(book: Book) -> None:
    book.pay(2, 8)
    book.pay(4, 1)
    book.pay(100, 100, code=OTHER)
    (day,) = book.times()
    assert (day.on, day.count, day.p50) == (TODAY, 2, 6.0)
    assert day.p95 == pytest.approx(7.8)


def test_a_day_without_payments_is_there_and_empty(book: Book) -> None:
    assert book.times() == [DayTimes(TODAY, 0, None, None)]


def test_what_is_posted_anew_later_does_not_count(book: Book) -> None:
    payment = book.pay(2, 3)
    with transaction(book.sessions) as session:
        posting(session, payment, "one", "accepted", municipality_code=CODE, now=NOW + timedelta(days=40))
    assert [day.p95 for day in book.times()] == [3.0]


def test_the_librarys_time_is_when_it_knew(book: Book) -> None:
    book.pay(2, 3, library=20)
    book.pay(2, 3)
    assert [(day.count, day.p50) for day in book.times(library=True)] == [(1, 20.0)]


def test_a_day_is_a_danish_day(book: Book) -> None:
    book.pay(2, 3, at=datetime(2026, 5, 19, 22, 30, tzinfo=UTC))
    assert [day.count for day in book.times()] == [1]


def test_what_a_person_touched_did_not_go_by_itself(book: Book) -> None:
    book.pay(1, 1)
    rejected, touched, dead = (book.pay(1, 1, states=("accepted", "rejected")), book.pay(1, 1), book.pay(1, 1))
    book.task("posting_rejected", rejected)
    assert book.by_itself() == ByItself(4, 3)
    taken, closed = book.task("refund", touched), book.task("message_dead", uuid4(), about=dead)
    with transaction(book.sessions) as session:
        tasks.take(session, task_id=taken, owner="carsten", now=NOW)
        tasks.close_task(session, task_id=closed, reason="kørt igen", by="dorte", now=NOW)
    found = book.by_itself()
    assert (found, found.percent) == (ByItself(4, 1), 25.0)


def test_a_task_that_the_portal_closed_itself_is_no_hand(book: Book) -> None:
    task = book.task("refund", book.pay(1, 1))
    with transaction(book.sessions) as session:
        tasks.close_task(session, task_id=task, reason="Pengene er sendt tilbage", by=None, now=NOW)
    assert book.by_itself() == ByItself(1, 1)


def test_failures_by_reason_the_oldest_first(book: Book) -> None:
    payment, about = book.pay(1, 1), uuid4()
    book.task("posting_rejected", payment, age=timedelta(hours=1))
    book.task("posting_rejected", uuid4(), age=timedelta(hours=3))
    book.task("message_dead", uuid4(), about=about, age=timedelta(hours=2))
    book.task("difference.missing", uuid4(), age=timedelta(minutes=5))
    book.task("refund", uuid4())
    assert book.failures() == [
        Failure("posting_rejected", 2, NOW - timedelta(hours=3)),
        Failure("dead:ledger.post", 1, NOW - timedelta(hours=2)),
        Failure("difference.missing", 1, NOW - timedelta(minutes=5)),
    ]


def test_a_message_is_a_failure_when_it_was_put_off_and_still_waits(book: Book) -> None:
    with transaction(book.sessions) as session:
        for number, minutes in enumerate((0, 10, 10)):
            made = queue.put(
                session, kind="ledger.post", subject_id=uuid4(), municipality_code=CODE, lane=str(number), payload={},
                now=NOW - timedelta(minutes=minutes),
            )  # fmt: skip
            if number < 2:
                message = session.get_one(OutboxMessage, made)
                message.attempts, message.last_error = 3, "LedgerUnavailable"
    assert book.failures() == [Failure("waiting:ledger.post", 1, NOW - timedelta(minutes=10))]
