"""Afterwards: payments whose money goes back, or that a bank disputes, are asked about until that has ended."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, union, update

from app.foundation.db import Sessions
from app.payments import settlement
from app.payments.follow import follow
from app.payments.models import Dispute, Payment, Refund
from app.payments.port import DisputeStanding, PaymentProvider, ProviderError
from app.payments.states import RefundState
from app.payments.sweep import SECONDS_BETWEEN_CALLS

ASK_AGAIN_AFTER = timedelta(hours=20)
MOST_A_RUN = 1000
_OPEN = (DisputeStanding.INQUIRY.value, DisputeStanding.OPEN.value)


def look(
    sessions: Sessions, *, provider_of: Callable[[str, str], PaymentProvider], now: datetime,
    pause: Callable[[float], None] = time.sleep,
) -> int:  # fmt: skip
    """Follow what notices and lists would have told, had they not been lost; returns how many answered.

    Speaks over a wire: takes the session factory. `provider_of` gives the provider of (municipality code, stored
    name). One that does not answer stops no other.
    """
    answered = 0
    for payment_id, code, name, reference in _due(sessions, now):
        with sessions.begin() as session:  # first, so that one that never answers is not asked before all others
            session.execute(update(Payment).where(Payment.id == payment_id).values(checked_at=now))
        try:
            follow(sessions, provider=provider_of(code, name), reference=reference, now=now)
            answered += 1
        except (ProviderError, settlement.UnknownPayment):
            continue
        finally:
            pause(SECONDS_BETWEEN_CALLS)
    return answered


def _due(sessions: Sessions, now: datetime) -> list[tuple[UUID, str, str, str]]:
    about = union(
        select(Refund.payment_id).where(Refund.state == RefundState.PENDING.value),
        select(Dispute.payment_id).where(Dispute.standing.in_(_OPEN)),
    )
    chosen = (
        select(Payment.id, Payment.municipality_code, Payment.provider, Payment.provider_reference)
        .where(
            Payment.id.in_(about),
            Payment.checked_at <= now - ASK_AGAIN_AFTER,
            Payment.provider_reference.is_not(None),
        )
        .order_by(Payment.checked_at, Payment.id)
        .limit(MOST_A_RUN)
    )
    with sessions.begin() as session:
        return [(row[0], row[1], row[2], row[3] or "") for row in session.execute(chosen)]
