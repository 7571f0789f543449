"""What a ledger must tell when it is asked, proven on the fake and on the wire with its stand-in."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from app.ledger.port import BookedPayment, LedgerUnavailable, Posting, Rejected
from standins import people
from tests.contracts.ledgers import COLLECTING, Bench, accepted, collecting, posting, reversal

DAY = date(2026, 3, 4)
PAID_AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def booked(of: Posting, *, reduced_ore: int = 0) -> BookedPayment:
    return BookedPayment(of.posting_id, of.paid_at, of.value_on, of.amount_ore, reduced_ore)


@pytest.mark.parametrize("who", [people.SOFIE, people.LARS])
def test_everybody_liable_sees_the_account(bench: Bench, who: people.Person) -> None:
    owed = bench.daycare()
    (found,) = bench.ledger.accounts_of(who.cpr)
    assert (found.account, found.outstanding_ore, found.is_under_collection) == (owed.account, owed.amount_ore, False)
    assert found.oldest_due_on is not None


def test_an_account_with_nothing_left_is_told_too(bench: Bench) -> None:
    accepted(bench.ledger.post(posting(bench.daycare())))
    (found,) = bench.ledger.accounts_of(people.SOFIE.cpr)
    assert (found.outstanding_ore, found.oldest_due_on) == (0, None)


def test_nobody_elses_accounts_are_told(bench: Bench) -> None:
    assert bench.ledger.accounts_of(people.INGRID.cpr) == ()


def test_an_account_is_told_with_its_claims_and_payments(bench: Bench) -> None:
    owed = bench.daycare()
    first, second = posting(owed, amount_ore=10_000), posting(owed, amount_ore=500)
    for sent in (first, second):
        accepted(bench.ledger.post(sent))
    accepted(bench.ledger.reverse(reversal(first, amount_ore=1_000)))
    accepted(bench.ledger.reverse(reversal(second)))
    view = bench.ledger.account(owed.account)
    assert view is not None
    assert view.account == owed.account
    (claim,) = view.claims
    assert (claim.ledger_claim_id, claim.outstanding_ore) == (owed.claim_id, owed.amount_ore - 9_000)
    assert (claim.is_at_agency, bool(claim.text_lines)) == (False, True)
    assert sorted(view.payments, key=lambda one: one.amount_ore) == [
        booked(second, reduced_ore=500),
        booked(first, reduced_ore=1_000),
    ]


def test_a_rejected_payment_is_not_on_the_account(bench: Bench) -> None:
    rejecting = bench.rejecting()
    assert isinstance(bench.ledger.post(posting(rejecting)), Rejected)
    view = bench.ledger.account(rejecting.account)
    assert view is None or view.payments == ()


def test_a_collecting_account_has_payments_and_no_claims(bench: Bench) -> None:
    sent = collecting(6_000)
    accepted(bench.ledger.post(sent))
    view = bench.ledger.account(COLLECTING)
    assert view is not None
    assert (view.claims, view.payments) == ((), (booked(sent),))


@pytest.mark.parametrize(
    ("since", "until", "is_there"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (DAY, None, True),
        (None, DAY, True),
        (DAY + timedelta(days=1), None, False),
        (None, DAY - timedelta(days=1), False),
    ],
)
def test_a_period_chooses_payments_by_the_danish_day_and_includes_both(
    bench: Bench, since: date | None, until: date | None, is_there: bool
) -> None:
    sent = collecting(6_000)
    accepted(bench.ledger.post(sent))
    view = bench.ledger.account(COLLECTING, since=since, until=until)
    assert view is not None
    assert view.payments == ((booked(sent),) if is_there else ())


def test_an_account_that_is_not_there_is_not_told(bench: Bench) -> None:
    assert bench.ledger.account(str(uuid4())) is None


def test_a_ping_is_answered_and_a_ledger_that_is_down_says_so(bench: Bench) -> None:
    assert bench.ledger.ping().tzinfo is not None
    bench.fault("down")
    with pytest.raises(LedgerUnavailable):
        bench.ledger.ping()
    assert bench.ledger.ping().tzinfo is not None
