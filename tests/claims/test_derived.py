"""What a claim is called in the ledger is the same every time, and no two are called alike."""

from uuid import UUID, uuid4

from app.claims.derived import account_of, ledger_claim_id_of


def test_a_claim_is_always_called_the_same_and_no_two_are_called_alike() -> None:
    fixed = UUID("0190a000-0000-4000-8000-000000000001")
    assert account_of(fixed) == "f78688ba-6b70-5018-8fcf-587e44fd76a1"
    assert ledger_claim_id_of(fixed) == "47ba8e97-ed88-58a7-878c-640a04cd687f"
    claims = [uuid4() for _ in range(100)]
    made = {account_of(claim) for claim in claims} | {ledger_claim_id_of(claim) for claim in claims}
    assert len(made) == 200
