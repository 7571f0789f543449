"""Accounts that the ledger closes: what is on them cannot be paid here, until they are opened again."""

from datetime import timedelta

import pytest

from app.claims.queries import Beside, Bill, bills_of
from app.claims.status import Key
from app.foundation.clock import danish_day
from app.ledger import accounts
from app.ledger.coming_back import AccountClosed, AccountReopened
from app.payments import checkout
from tests.demo import ACCOUNT, NOW, OTHER_ACCOUNT, Town, daycare

pytestmark = pytest.mark.database
A_MINUTE = timedelta(minutes=1)


def bills(town: Town) -> list[Bill]:
    with town.sessions() as session:
        return bills_of(session, person_id=town.person(), facts=town.facts, beside=Beside(), today=danish_day(NOW))


def close(town: Town, *, at: timedelta, account: str = ACCOUNT) -> None:
    with town.sessions.begin() as session:
        message = AccountClosed(account, NOW + at)
        accounts.closed(session, message=message, municipality_code=town.facts.code, now=NOW + at)


def test_what_is_on_a_closed_account_is_not_payable_here(town: Town) -> None:
    (claim,) = town.shows(town.person(), daycare())
    review_id = town.review(town.person(), claim)
    close(town, at=A_MINUTE)
    (bill,) = bills(town)
    assert (bill.status.key, bill.status.selectable) == (Key.ACCOUNT_CLOSED, False)
    with pytest.raises(checkout.ClaimsChanged):
        town.start(town.person(), review_id)


def test_a_claim_seen_after_its_account_was_closed_is_not_payable_either(town: Town) -> None:
    close(town, at=A_MINUTE)
    town.shows(town.person(), daycare("d1"), daycare("d2", account=OTHER_ACCOUNT))
    assert {bill.origin_ref: bill.status.selectable for bill in bills(town)} == {"d1": False, "d2": True}


def test_an_account_opened_again_can_be_paid_to_and_an_old_message_changes_nothing(town: Town) -> None:
    town.shows(town.person(), daycare())
    close(town, at=A_MINUTE)
    with town.sessions.begin() as session:
        message = AccountReopened(ACCOUNT, NOW + 2 * A_MINUTE)
        accounts.reopened(session, message=message, municipality_code=town.facts.code, now=NOW + 2 * A_MINUTE)
    close(town, at=A_MINUTE)
    assert [bill.status.selectable for bill in bills(town)] == [True]
