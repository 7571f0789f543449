"""Where the money for a claim is aimed, by who holds it and what the municipality's file says."""

from uuid import UUID

import pytest

from app.claims.derived import account_of, ledger_claim_id_of
from app.claims.models import Claim
from app.municipalities.facts import Facts
from app.payments import target
from tests.demo import ACCOUNT, COLLECTING, FACTS, registering_facts

ID = UUID(int=5)


def claim(holder: str, origin: str = "fbs", claim_type: str = "library-fee", account: str | None = None) -> Claim:
    return Claim(id=ID, holder=holder, origin_system=origin, claim_type=claim_type, debtor_account=account)


@pytest.mark.parametrize(
    ("claimed", "facts", "account", "way"),
    [
        (claim("source"), FACTS, COLLECTING, "tell"),
        (claim("source"), registering_facts(), account_of(ID), "observe"),
        (claim("source", claim_type="library-other"), registering_facts(), COLLECTING, "tell"),
        (claim("ledger", account=ACCOUNT), registering_facts(), ACCOUNT, "observe"),
        (claim("ledger", "ky", "daycare", ACCOUNT), FACTS, ACCOUNT, "none"),
    ],
)
def test_account_and_way(claimed: Claim, facts: Facts, account: str, way: str) -> None:
    assert (target.account(claimed, facts), target.way(claimed, facts)) == (account, way)


def test_what_the_ledger_calls_a_claim_is_known_before_it_is_registered() -> None:
    known = claim("ledger", account=ACCOUNT)
    known.ledger_claim_id = "L-1"
    assert target.ledger_claim_id(known, registering_facts()) == "L-1"
    assert target.ledger_claim_id(claim("source"), registering_facts()) == ledger_claim_id_of(ID)
    assert target.ledger_claim_id(claim("source"), FACTS) is None
