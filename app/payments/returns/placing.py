"""Money that came back is placed again: on its way to the ledger where its claims want it, else with us."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim
from app.payments import postings
from app.payments.allocation import Share
from app.payments.models import Payment, Refund
from app.payments.returns import return_tasks, returning
from app.payments.returns.parts import Part


def place_again(
    session: Session, payment: Payment, refund: Refund, parts: Sequence[Part], *, now: datetime
) -> tuple[int, int]:
    """Pay anew what the ledger had given back for a bank; returns how much is in transit and how much waits with us."""
    lines = {share.claim_id: share for share in postings.posted(session, payment_id=payment.id)}
    claims = register.lock(session, claim_ids=[part.claim_id for part in parts if part.claim_id])
    wanted = [part for part in parts if part.claim_id and _wants(claims[part.claim_id], part, refund)]
    shares = [
        Share(part.claim_id, part.amount_ore, lines[part.claim_id].account, lines[part.claim_id].way)
        for part in wanted
        if part.claim_id
    ]
    covered = {share.claim_id: share.amount_ore for share in shares if claims[share.claim_id].closed_at is None}
    register.cover(session, shares=covered, payment_id=payment.id, now=now)
    postings.promise_again(session, payment=payment, shares=shares, now=now)
    returning.give_up_lines(session, refund, wanted)
    transit_ore = sum(share.amount_ore for share in shares)
    loose_ore = sum(part.amount_ore for part in parts) - transit_ore
    if loose_ore:
        return_tasks.waits_again(session, refund, now=now)
    return transit_ore, loose_ore


def _wants(claim: Claim, part: Part, refund: Refund) -> bool:
    """A claim that was closed before the money went was closed by this very payment: its debt is open in the ledger."""
    if claim.closed_at is not None:
        return claim.closed_reason == "paid" and claim.closed_at <= refund.asked_at
    return claim.covered_ore + part.amount_ore <= claim.outstanding_ore
