"""Ten minutes without the ledger: everything drains by itself, in order, without hammering it."""

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.claims.models import Claim
from app.claims.sighting import FoundClaim
from app.ledger.port import Accepted, LedgerUnavailable, Posting, Rejected
from app.outbox.models import DUE
from app.outbox.roads import LONGEST_REST
from app.payments import postings
from app.payments.allocation import Share
from app.payments.models import Payment
from app.payments.postings import POST_TO_LEDGER
from app.worker import make_worker
from tests.delivering import Portal
from tests.demo import CODE, COLLECTING, NOW, Town, daycare, fine
from tests.fakes.ledger import FakeLedger
from tests.ledger.paid import Line, paid
from tests.outbox.passing import Passing

pytestmark = [pytest.mark.database, pytest.mark.long]
PAYMENTS, SILENCE = 200, timedelta(minutes=10)
BEGUN = NOW + timedelta(hours=1)
AWAKE = BEGUN + SILENCE
EVERY = SILENCE / PAYMENTS
ACCOUNTS = tuple(str(UUID(int=0xA1 << 96 | number)) for number in range(5))
MOST_CALLS_IN_SILENCE = 50
MOST_AT_ONCE = 20
FASTER = 4
"""The worker looks around every two seconds of the ten minutes, at most; more often would show the same."""


@dataclass
class SleepingLedger(FakeLedger):
    """Silent until it wakes; knows when it was called, and how many at once."""

    clock: Passing | None = None
    called_at: list[datetime] = field(default_factory=list)
    in_order: list[Posting] = field(default_factory=list)
    most_at_once: int = 0
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, posting: Posting) -> Accepted | Rejected:
        assert self.clock is not None
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            self.called_at.append(self.clock())
        try:
            if self.clock() < AWAKE:
                raise LedgerUnavailable("no connection: ConnectError")
            time.sleep(0.005)
            with self._lock:
                self.in_order.append(posting)
                return super().post(posting)
        finally:
            with self._lock:
                self._inside -= 1


def owed(number: int) -> FoundClaim:
    """Every second bill has a debtor account that it shares with others, every second the collecting account."""
    if number % 2:
        return fine(f"f{number}", 1000 + number)
    return daycare(f"d{number}", 1000 + number, account=ACCOUNTS[number // 2 % len(ACCOUNTS)])


def capture(town: Town, person: UUID, claim: Claim, now: datetime) -> None:
    """Money for one claim is taken, and promised to the ledger."""
    share = Share(claim.id, claim.outstanding_ore, claim.debtor_account or COLLECTING, _way(claim))
    line = Line(claim.id, share.amount_ore, share.account, share.way)
    with town.sessions.begin() as session:
        number = paid(session, payer_id=person, municipality_code=CODE, lines=[line], now=now)
        postings.promise(session, payment=session.get_one(Payment, number), wanted=[share], now=now)


def _way(claim: Claim) -> str:
    return "none" if claim.debtor_account else "tell"


def test_after_ten_minutes_of_silence_everything_is_delivered_in_order(town: Town, portal: Portal) -> None:
    person, ledger = town.person(), SleepingLedger()
    found = [owed(number) for number in range(PAYMENTS)]
    town.shows(person, *found[0::2])
    town.shows(person, *found[1::2])
    owing = [town.claim(one.origin_ref) for one in found]
    done_at: list[datetime] = []

    def meanwhile(now: datetime) -> None:
        while owing and now >= BEGUN + EVERY * (PAYMENTS - len(owing)):
            capture(town, person, owing.pop(0), now)
        if now >= AWAKE and all(message.state != DUE for message in town.messages(POST_TO_LEDGER)):
            done_at.append(now)
        if done_at or now > AWAKE + 10 * LONGEST_REST:
            clock.set()

    clock = ledger.clock = Passing(BEGUN, meanwhile, faster=FASTER)
    wires = replace(portal.wires(), clock=clock, ledger_of=lambda _facts: ledger)
    make_worker(wires, database_url=portal.database_url, periodic=()).run(clock)

    messages = town.messages(POST_TO_LEDGER)
    assert {message.state for message in messages} == {"done"}
    assert len(ledger.booked) == len(ledger.in_order) == len(messages) == PAYMENTS
    in_silence = [at for at in ledger.called_at if at < AWAKE]
    assert 0 < len(in_silence) <= MOST_CALLS_IN_SILENCE
    assert sum(message.attempts for message in messages) == PAYMENTS + len(in_silence)
    assert done_at[0] - AWAKE <= LONGEST_REST + timedelta(seconds=5)
    assert 1 < ledger.most_at_once <= MOST_AT_ONCE
    for account in ACCOUNTS:
        its = [posting.paid_at for posting in ledger.in_order if posting.account == account]
        assert len(its) == PAYMENTS / 2 / len(ACCOUNTS)
        assert its == sorted(its)
    assert len({one.posting_id for one in ledger.in_order if one.account == COLLECTING}) == PAYMENTS / 2
    assert town.balance("ledger") == -sum(one.outstanding_ore for one in found)
