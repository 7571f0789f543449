"""What the postings of a payment to one debtor account still hold, and which of them give back how much of a refund."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.models import LedgerPosting, LedgerReversal
from app.payments.postings import amounts_of

Amounts = Mapping[UUID, int]
"""By claim, in øre."""
_TAKEN = {"accepted": "accepted", "rejected": "unposted"}
"""The state that a reversal has where it took money from a posting of this state."""


@dataclass(frozen=True)
class Held:
    """How much of its claims' money a posting still holds: in the ledger, or with us where the ledger rejected it."""

    posting: LedgerPosting
    amounts: Amounts


def held(session: Session, *, payment_id: UUID, account: str) -> list[Held]:
    """A payment's answered postings to an account, the newest first. One that was posted anew holds nothing."""
    postings = session.scalars(
        select(LedgerPosting)
        .where(
            LedgerPosting.payment_id == payment_id, LedgerPosting.account == account, LedgerPosting.state != "replaced"
        )
        .order_by(LedgerPosting.answered_at.desc(), LedgerPosting.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    reversals = session.scalars(select(LedgerReversal).where(LedgerReversal.payment_id == payment_id)).all()
    return [_held(posting, [one for one in reversals if one.posting_id == posting.id]) for posting in postings]


def _held(posting: LedgerPosting, reversals: Sequence[LedgerReversal]) -> Held:
    amounts = Counter(amounts_of(posting.shares))
    for reversal in reversals:
        if reversal.state == _TAKEN.get(posting.state):
            amounts.subtract(amounts_of(reversal.shares))
    return Held(posting, amounts)


def held_by(session: Session, posting: LedgerPosting) -> Amounts:
    """What one answered posting still holds."""
    holding = held(session, payment_id=posting.payment_id, account=posting.account)
    return next(one.amounts for one in holding if one.posting.id == posting.id)


class NeverThere(Exception):
    """More is wanted than there ever was, and the ledger has nothing that it could be asked for."""


@dataclass(frozen=True)
class Piece:
    """How much of what a refund wants is one posting's to give."""

    posting: LedgerPosting
    amounts: Amounts


def pieces(wanted: Amounts, holding: Sequence[Held]) -> list[Piece]:
    """From which postings (the newest first) money is taken back, claim by claim.

    First what the ledger rejected, for it never left us; then what it has, from one posting where one has enough, else
    from the newest; last what a person booked there. What none of them holds is asked for all the same, of the newest
    that is there: that too little is left is the ledger's to say.

    :raises NeverThere: nothing is there
    """
    there = [one for state in ("accepted", "by_hand") for one in holding if one.posting.state == state]
    found, rest = [], dict(wanted)
    for state in ("rejected", "accepted", "by_hand"):
        of_state = [one for one in holding if one.posting.state == state]
        # Stable: those with enough keep their order, and so do the others.
        for one in sorted(of_state, key=lambda one: not _has(one, rest)):
            given = _above_zero({claim_id: min(ore, one.amounts.get(claim_id, 0)) for claim_id, ore in rest.items()})
            found.append(Piece(one.posting, given))
            rest = _less(rest, given)
    if rest and not there:
        raise NeverThere
    asked = [_more(piece, rest) if rest and piece.posting is there[0].posting else piece for piece in found]
    return [piece for piece in asked if piece.amounts]


def _has(one: Held, wanted: Amounts) -> bool:
    return all(one.amounts.get(claim_id, 0) >= ore for claim_id, ore in wanted.items())


def _less(amounts: Amounts, given: Amounts) -> dict[UUID, int]:
    return _above_zero({claim_id: ore - given.get(claim_id, 0) for claim_id, ore in amounts.items()})


def _more(piece: Piece, amounts: Amounts) -> Piece:
    return Piece(piece.posting, dict(Counter(piece.amounts) + Counter(amounts)))


def _above_zero(amounts: Amounts) -> dict[UUID, int]:
    return {claim_id: ore for claim_id, ore in amounts.items() if ore > 0}
