"""How far the money for single claims has come: received, posted to the ledger, known to the source.

A payment may be for bills of several areas. Whoever may see only some of them asks here, claim by claim: what became of
the rest of the payment does not show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from app.ledger.models import LedgerPosting
from app.ledger.queries import IN_LEDGER
from app.payments.models import Payment, PaymentLine
from app.payments.states import State
from app.sources import queries as sources

_KEPT = (State.PAID.value, State.PART_REFUNDED.value)


@dataclass(frozen=True)
class Journey:
    """The way of the money for one claim; None where it has not been yet."""

    received_at: datetime
    receipt_number: str | None
    posted_at: datetime | None
    known_at: datetime | None
    """When the source was seen to know of it."""
    concerns_source: bool
    is_rejected: bool
    """The ledger said no: people look at it."""
    is_refused: bool
    """The source said no: people look at it."""


def journeys_of(session: Session, *, claim_ids: Iterable[UUID]) -> dict[UUID, Journey]:
    """By claim, for those that were paid here; of several payments the newest. Money that goes back is left out."""
    rows = session.execute(
        select(
            PaymentLine.claim_id,
            PaymentLine.payment_id,
            PaymentLine.way,
            Payment.captured_at,
            Payment.receipt_number,
            LedgerPosting.state,
            LedgerPosting.answered_at,
        )
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .outerjoin(
            LedgerPosting,
            and_(LedgerPosting.payment_id == PaymentLine.payment_id, LedgerPosting.account == PaymentLine.account),
        )
        .where(
            PaymentLine.claim_id.in_(set(claim_ids)),
            ~PaymentLine.overpaid,
            PaymentLine.returned_ore < PaymentLine.amount_ore,
            Payment.state.in_(_KEPT),
            Payment.captured_at.is_not(None),
        )
        .order_by(Payment.captured_at, LedgerPosting.answered_at)
    ).all()
    told = sources.told_of(session, payment_ids=[row.payment_id for row in rows])
    return {row.claim_id: _journey(row, told[row.payment_id]) for row in rows}


def _journey(row: Row[*tuple[object, ...]], told: list[sources.Told]) -> Journey:
    own = [one for one in told if one.claim_id == row.claim_id]
    return Journey(
        received_at=row.captured_at,
        receipt_number=row.receipt_number,
        posted_at=row.answered_at if row.state in IN_LEDGER else None,
        known_at=next((one.known_at for one in own), None),
        concerns_source=row.way != "none",
        is_rejected=row.state == "rejected",
        is_refused=any(one.state == "refused" for one in own),
    )
