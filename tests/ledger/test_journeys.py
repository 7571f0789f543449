"""The way of the money is told claim by claim: what became of the rest of a payment does not colour it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from app.claims.models import Claim
from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions, transaction
from app.identity.register import find_or_create_person
from app.ledger.journeys import Journey, journeys_of
from app.payments.models import PaymentLine
from tests.ledger.paid import Line, paid, posting, written_back

pytestmark = pytest.mark.database
NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
CODE = "0991"


class Two:
    """A payer with two claims."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.fee, self.daycare = uuid4(), uuid4()
        with transaction(sessions) as session:
            vault = CprVault([new_key()], [new_key()])
            self.payer = find_or_create_person(session, vault=vault, cpr="6101019999", name=None, now=NOW).id
            session.add_all(
                Claim(
                    id=claim_id, municipality_code=CODE, origin_system="fbs", origin_ref=str(claim_id), holder="source",
                    claim_type="library-fee", principal_ore=100, outstanding_ore=100, instalments=[], evidence={},
                    first_seen_at=NOW,
                )
                for claim_id in (self.fee, self.daycare)
            )  # fmt: skip

    def pay(self, *, state: str = "paid", overpaid: bool = False, at: datetime = NOW) -> UUID:
        lines = [Line(self.fee, 100, "one", "tell", overpaid), Line(self.daycare, 100, "two", "none")]
        with transaction(self.sessions) as session:
            return paid(session, payer_id=self.payer, municipality_code=CODE, lines=lines, now=at, state=state)

    def journeys(self) -> dict[UUID, Journey]:
        with transaction(self.sessions) as session:
            return journeys_of(session, claim_ids=[self.fee, self.daycare])


@pytest.fixture
def two(sessions: Sessions) -> Two:
    return Two(sessions)


def test_a_claim_not_paid_here_has_no_journey(two: Two) -> None:
    assert two.journeys() == {}


def test_each_claim_has_its_own_accounts_answer(two: Two) -> None:
    payment_id = two.pay()
    with transaction(two.sessions) as session:
        posting(session, payment_id, "one", "accepted", municipality_code=CODE, now=NOW)
        posting(session, payment_id, "two", "rejected", municipality_code=CODE, now=NOW)
        written_back(session, payment_id, two.fee, "known", municipality_code=CODE, now=NOW)
    fee, daycare = two.journeys()[two.fee], two.journeys()[two.daycare]
    assert (fee.posted_at, fee.is_rejected, fee.known_at, fee.concerns_source) == (NOW, False, NOW, True)
    assert (daycare.posted_at, daycare.is_rejected, daycare.known_at, daycare.concerns_source) == (
        None,
        True,
        None,
        False,
    )


def test_of_several_payments_the_newest_counts(two: Two) -> None:
    old = two.pay(at=NOW - timedelta(days=1))
    with transaction(two.sessions) as session:
        posting(session, old, "one", "accepted", municipality_code=CODE, now=NOW)
    two.pay()
    assert (two.journeys()[two.fee].received_at, two.journeys()[two.fee].posted_at) == (NOW, None)


@pytest.mark.parametrize("state", ["refunded", "disputed"])
def test_money_that_went_back_has_no_journey(two: Two, state: str) -> None:
    two.pay(state=state)
    assert two.journeys() == {}


def test_an_overpaid_share_has_no_journey(two: Two) -> None:
    two.pay(overpaid=True)
    assert two.journeys().keys() == {two.daycare}


@pytest.mark.parametrize(("returned_ore", "is_told"), [(100, False), (99, True)])
def test_a_share_that_went_back_whole_has_no_journey(two: Two, returned_ore: int, *, is_told: bool) -> None:
    payment_id = two.pay(state="part_refunded")
    with transaction(two.sessions) as session:
        chosen = (PaymentLine.payment_id == payment_id) & (PaymentLine.claim_id == two.fee)
        session.execute(update(PaymentLine).where(chosen).values(returned_ore=returned_ore))
    assert (two.fee in two.journeys()) == is_told
    assert two.daycare in two.journeys()
