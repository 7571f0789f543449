"""What the ledger tells of beside its lists, and accounts that it closes; the rest is in ledger/test_coverage*.py."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.claims import elsewhere
from app.claims.sighting import Settled, Told
from tests.claims.owing import IN_LEDGER, NOON, Register

pytestmark = pytest.mark.database
A_MINUTE = timedelta(minutes=1)
ACCOUNT = IN_LEDGER.debtor_account or ""


def told(kept: Register, *movements: Told) -> None:
    kept.now += A_MINUTE
    with kept.sessions.begin() as session:
        elsewhere.take_in(
            session, claim_id=kept.claim().id, told=movements, news={one.id for one in movements}, listed_at=NOON,
            now=kept.now,
        )  # fmt: skip


def closes(kept: Register, *, at: timedelta, is_closed: bool = True) -> None:
    with kept.sessions.begin() as session:
        elsewhere.set_account(
            session, municipality_code="0991", account=ACCOUNT, is_closed=is_closed, said_at=NOON + at, now=kept.now
        )


def closed(kept: Register) -> frozenset[str]:
    with kept.sessions() as session:
        return elsewhere.closed_accounts(session, municipality_code="0991", accounts=[ACCOUNT, "another"])


def test_more_than_is_owed_takes_no_balance_below_zero(kept: Register) -> None:
    kept.sees(kept.person(), "ledger", IN_LEDGER)
    told(kept, Told(uuid4(), NOON + A_MINUTE, -9_000_000, how=Settled.PAID))
    assert (kept.claim().outstanding_ore, kept.claim().closed_reason) == (0, "paid_elsewhere")


def test_a_claim_paid_here_stays_so_whatever_is_told_later(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "ledger", IN_LEDGER)
    kept.pays()
    kept.sees(who, "ledger")
    assert kept.claim().closed_reason == "paid"
    told(kept, Told(uuid4(), kept.now, -100, how=Settled.WRITTEN_OFF))
    assert kept.claim().closed_reason == "paid"
    assert kept.events()[-1] == "written_off"


def test_an_event_stands_at_the_ledgers_own_moment_but_never_ahead_of_ours(kept: Register) -> None:
    kept.sees(kept.person(), "ledger", IN_LEDGER)
    told(kept, Told(uuid4(), NOON + timedelta(days=9), -100, how=Settled.PAID))
    assert kept.events() == ["seen", "paid_elsewhere"]


def test_an_account_is_closed_and_opened_by_the_newest_word(kept: Register) -> None:
    kept.sees(kept.person(), "ledger", IN_LEDGER)
    closes(kept, at=2 * A_MINUTE)
    closes(kept, at=A_MINUTE, is_closed=False)
    assert closed(kept) == {ACCOUNT}
    closes(kept, at=2 * A_MINUTE)
    assert kept.events() == ["seen", "account_closed"]
    closes(kept, at=3 * A_MINUTE, is_closed=False)
    assert closed(kept) == frozenset()
    assert kept.events() == ["seen", "account_closed", "account_reopened"]
