"""What the provider says of disputes is brought into ours: money that a bank takes, and gives back or keeps."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.payments.history import note
from app.payments.models import Dispute, Payment, Refund
from app.payments.port import DisputeStanding, DisputeTruth
from app.payments.returns import return_tasks, returning
from app.payments.returns.refund_truth import come_back, take_away

_ORDER = {DisputeStanding.INQUIRY: 0, DisputeStanding.OPEN: 1, DisputeStanding.WON: 2, DisputeStanding.LOST: 2}
"""A dispute only goes on: an answer that is older than what is known is no news."""
_MONEY_IS_GONE = frozenset({DisputeStanding.OPEN, DisputeStanding.LOST})


def bring(session: Session, payment: Payment, told: Sequence[DisputeTruth], *, now: datetime) -> None:
    """Bring the disputes of a locked payment to what its provider says. Saying it again changes nothing."""
    for one in told:
        rows = select(Dispute).where(Dispute.payment_id == payment.id, Dispute.provider_reference == one.reference)
        dispute = session.scalar(rows.execution_options(populate_existing=True))
        if dispute is None:
            dispute = _new(payment, one, now)
            session.add(dispute)
        elif _ORDER[one.standing] <= _ORDER[DisputeStanding(dispute.standing)]:
            continue
        _follow(session, payment, dispute, one, now=now)


def _new(payment: Payment, told: DisputeTruth, now: datetime) -> Dispute:
    return Dispute(
        id=new_row_id(),
        payment_id=payment.id,
        municipality_code=payment.municipality_code,
        provider_reference=told.reference,
        amount_ore=told.amount_ore,
        reason=told.reason,
        opened_at=now,
    )


def _follow(session: Session, payment: Payment, dispute: Dispute, told: DisputeTruth, *, now: datetime) -> None:
    dispute.standing, dispute.standing_at, dispute.reason = told.standing.value, now, told.reason
    session.flush()
    note(session, payment, f"dispute_{told.standing}", now, {"amount_ore": dispute.amount_ore, "reason": told.reason})
    if told.standing in _MONEY_IS_GONE and dispute.refund_id is None:
        taken = take_away(
            session, payment, origin="dispute", amount_ore=dispute.amount_ore,
            reason="Borgerens bank har trukket pengene", reference=None, now=now,
        )  # fmt: skip
        dispute.refund_id = taken.id
    elif told.standing is DisputeStanding.WON and dispute.refund_id is not None:
        taken = session.get_one(Refund, dispute.refund_id)
        taken.failure_code = "won"
        come_back(session, payment, taken, now=now)
    returning.restate(session, payment, now=now)
    return_tasks.disputed(session, payment, dispute, now=now)
