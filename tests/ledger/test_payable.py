"""FordringTilIndbetaling: the register takes over what the ledger states, and nothing that it does not."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.claims.models import Claim
from app.ledger import payable
from app.ledger.coming_back import ClaimsPayable, Kind
from app.sf1590.payable import Extra, Liability, Liable, PayableClaim
from tests.demo import ACCOUNT, AHMED, KIRSTEN, NOW, Town, daycare
from tests.ledger.telling import Telling, movement

pytestmark = pytest.mark.database
A_MINUTE = timedelta(minutes=1)
STATED = PayableClaim(
    account=ACCOUNT, claim_id="L-d1", type_id="daycare", creator_system="ky", origin_ref="d1", principal_ore=10_000,
    outstanding_ore=7_000, liable=(Liable(Liability.LIABLE, KIRSTEN),), founded_on=date(2026, 2, 1), period_from=None,
    period_to=None, by_betalingsservice=False, due_on=date(2026, 3, 20), last_timely_on=None, at_agency=False,
    agency_on=None, text_lines=("Marts",), instalments=(), deferred_from=None, deferred_to=None, extras=(),
)  # fmt: skip


@pytest.fixture
def telling(town: Town) -> Telling:
    made = Telling(town)
    made.lists(made.owed(10_000), daycare("d2"), asked_at=NOW)
    return made


def states(telling: Telling, *claims: PayableClaim, at: datetime) -> None:
    with telling.town.sessions.begin() as session:
        message = ClaimsPayable(at, claims)
        payable.shown(session, message=message, facts=telling.town.facts, vault=telling.town.vault, now=telling.tick())


def test_what_is_stated_is_taken_over_and_other_claims_stay(telling: Telling) -> None:
    states(telling, STATED, at=NOW + A_MINUTE)
    assert (telling.claim().outstanding_ore, telling.claim().evidence["text_lines"]) == (7_000, ["Marts"])
    assert telling.town.claim("d2").closed_at is None


def test_a_claim_with_nothing_left_is_closed_and_its_fee_becomes_a_claim(telling: Telling) -> None:
    fee = Extra("Rykkergebyr", "r1", 10_000, 10_000, date(2026, 2, 20))
    states(telling, replace(STATED, outstanding_ore=0, extras=(fee,)), at=NOW + A_MINUTE)
    assert telling.claim().closed_reason == "no_longer_listed"
    assert telling.town.claim("r1").ledger_claim_id == "Rykkergebyr:r1"


def test_an_answer_asked_later_knows_better_than_the_message(telling: Telling) -> None:
    telling.lists(telling.owed(5_000), daycare("d2"), asked_at=NOW + 2 * A_MINUTE)
    states(telling, STATED, at=NOW + A_MINUTE)
    assert telling.claim().outstanding_ore == 5_000


def test_an_answer_asked_earlier_does_not_undo_the_message(telling: Telling) -> None:
    states(telling, STATED, at=NOW + 2 * A_MINUTE)
    telling.lists(telling.owed(10_000), asked_at=NOW + A_MINUTE)
    assert telling.claim().outstanding_ore == 7_000
    assert telling.town.claim("d2").closed_at is not None


def test_an_older_message_that_comes_late_changes_nothing(telling: Telling) -> None:
    states(telling, STATED, at=NOW + 2 * A_MINUTE)
    states(telling, replace(STATED, outstanding_ore=9_000), at=NOW + A_MINUTE)
    assert telling.claim().outstanding_ore == 7_000


def test_what_was_told_before_the_statement_is_in_it_and_what_was_after_is_not(telling: Telling) -> None:
    states(telling, STATED, at=NOW + 2 * A_MINUTE)
    telling.tells(movement(Kind.COVERAGE, 3_000, of=telling.found, at=NOW + A_MINUTE))
    assert telling.claim().outstanding_ore == 7_000
    telling.tells(movement(Kind.COVERAGE, 1_000, of=telling.found, at=NOW + 3 * A_MINUTE))
    assert telling.claim().outstanding_ore == 6_000


def test_nobody_becomes_known_by_a_message(telling: Telling) -> None:
    stranger = replace(STATED, origin_ref="d9", claim_id="L-d9", liable=(Liable(Liability.LIABLE, AHMED),))
    states(telling, stranger, at=NOW + A_MINUTE)
    with telling.town.sessions() as session:
        assert not session.scalars(select(Claim).where(Claim.origin_ref == "d9")).all()
