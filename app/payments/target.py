"""Where the money for a claim is aimed: the account in the ledger, and how the claim's source comes to know."""

from app.claims import derived
from app.claims.models import Claim
from app.municipalities.facts import Facts

LIBRARY = "fbs"


class NoAccount(Exception):
    """The municipality's file names no collecting account for a claim type held by its source."""


def account(claim: Claim, facts: Facts) -> str:
    """The debtor account that a payment of the claim is posted to.

    :raises NoAccount: the municipality's file names none
    """
    if claim.holder == "ledger" and claim.debtor_account:
        return claim.debtor_account
    if _is_registered_first(claim, facts):
        return derived.account_of(claim.id)
    collecting = facts.claim_type(claim.claim_type).collecting_account
    if collecting is None:
        raise NoAccount(claim.claim_type)
    return str(collecting)


def ledger_claim_id(claim: Claim, facts: Facts) -> str | None:
    """What the ledger calls the claim, or will call it once it is registered; None for one that it never hears of."""
    return derived.ledger_claim_id_of(claim.id) if _is_registered_first(claim, facts) else claim.ledger_claim_id


def way(claim: Claim, facts: Facts) -> str:
    """`tell`: we tell the source; `observe`: the ledger does, and we look; `none`: no source is to know."""
    if claim.origin_system != LIBRARY:
        return "none"
    return "tell" if claim.holder == "source" and not _is_registered_first(claim, facts) else "observe"


def _is_registered_first(claim: Claim, facts: Facts) -> bool:
    is_held = claim.holder == "source" and claim.origin_system == LIBRARY
    return is_held and facts.claim_type(claim.claim_type).registered_before_posting
