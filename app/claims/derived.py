"""What a claim is called in the ledger once it is registered from here: derived, so always the same. Pure."""

from uuid import UUID, uuid5


def account_of(claim_id: UUID) -> str:
    """The debtor account that is opened for the claim alone."""
    return str(uuid5(claim_id, "debitorkonto"))


def ledger_claim_id_of(claim_id: UUID) -> str:
    """The claim's own id there."""
    return str(uuid5(claim_id, "fordring"))
