"""Puts what the ledger tells in the words of SF1590 into those of the port."""

from app.ledger.port import AccountSummary, AccountView, BookedPayment, LedgerClaim
from app.sf1590.inquiry import Account, Found, Held
from app.sf1590.payable import Extra, PayableClaim


def summary_of(found: Found) -> AccountSummary:
    """One account in short."""
    return AccountSummary(found.account, found.left_ore, found.at_agency, found.oldest_due_on)


def view_of(account: Account) -> AccountView:
    """One account; interest and fees follow the claim that they belong to."""
    claims = [
        one for claim in account.claims for one in (_claim(claim), *(_extra(claim, extra) for extra in claim.extras))
    ]
    return AccountView(account.account, tuple(claims), tuple(_payment(held) for held in account.payments))


def _claim(claim: PayableClaim) -> LedgerClaim:
    return LedgerClaim(
        ledger_claim_id=claim.claim_id,
        origin_system=claim.creator_system,
        origin_ref=claim.origin_ref or "",
        claim_type=claim.type_id,
        principal_ore=claim.principal_ore,
        outstanding_ore=claim.outstanding_ore,
        due_on=claim.last_timely_on or claim.due_on,
        is_at_agency=_is_at_agency(claim),
        text_lines=claim.text_lines,
    )


def _extra(claim: PayableClaim, extra: Extra) -> LedgerClaim:
    return LedgerClaim(
        ledger_claim_id=f"{extra.of}:{extra.extra_id}",
        origin_system=claim.creator_system,
        origin_ref="",
        claim_type=claim.type_id,
        principal_ore=extra.amount_ore,
        outstanding_ore=extra.outstanding_ore,
        due_on=claim.last_timely_on or claim.due_on,
        is_at_agency=_is_at_agency(claim),
        text_lines=claim.text_lines,
    )


def _is_at_agency(claim: PayableClaim) -> bool:
    return claim.at_agency or claim.agency_on is not None


def _payment(held: Held) -> BookedPayment:
    reduced_ore = sum(one.amount_ore for one in held.reductions)
    return BookedPayment(held.payment_id, held.registered_at, held.value_on, held.amount_ore, reduced_ore)
