"""The sweep: asks providers about what is unfinished, so that a lost webhook delays nothing by more than a minute."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.foundation.db import Sessions
from app.payments import checkout, notices
from app.payments.models import Payment, ProviderCursor
from app.payments.port import PaymentProvider, ProviderError
from app.payments.states import OPEN

OVERLAP = timedelta(minutes=5)
"""Lists are read a little further back than they were read before: an event may be listed late."""
FIRST_LOOK_BACK = timedelta(hours=24)
MOST_A_RUN = 120
SECONDS_BETWEEN_CALLS = 0.25
"""At most four calls a second to a merchant's provider."""
WAITS = (timedelta(minutes=1), timedelta(minutes=10))
LONGEST_WAIT = timedelta(hours=1)


@dataclass
class Swept:
    """What a sweep did."""

    hints: int = 0
    asked: int = 0
    failed: int = 0


def recent(sessions: Sessions, *, provider: PaymentProvider, municipality_code: str, now: datetime) -> Swept:
    """Read the provider's list of recent events and settle the news (speaks over a wire: takes the session factory).

    :raises ProviderError: the list could not be read; it is read from the same place next time
    """
    done = Swept()
    with sessions.begin() as session:
        cursor = session.get(ProviderCursor, (municipality_code, provider.name))
    since = cursor.read_until - OVERLAP if cursor else now - FIRST_LOOK_BACK
    for hint in provider.recent(since=since):
        done.hints += notices.handle(sessions, provider=provider, hint=hint, now=now)
    with sessions.begin() as session:
        read = insert(ProviderCursor).values(
            municipality_code=municipality_code, provider=provider.name, read_until=now
        )
        session.execute(
            read.on_conflict_do_update(index_elements=["municipality_code", "provider"], set_={"read_until": now})
        )
    return done


def unfinished(
    sessions: Sessions, *, provider_of: Callable[[str, str], PaymentProvider], now: datetime,
    pause: Callable[[float], None] = time.sleep, most: int = MOST_A_RUN,
) -> Swept:  # fmt: skip
    """Ask singly about payments that no event has settled, the longest unasked first, at a bounded pace.

    Speaks over a wire: takes the session factory. `provider_of` gives the provider of (municipality code, stored
    name).
    """
    done = Swept()
    for payment_id, code, name, checks in _due(sessions, now, most):
        with sessions.begin() as session:
            session.execute(update(Payment).where(Payment.id == payment_id).values(checked_at=now, checks=checks + 1))
        try:
            checkout.look(sessions, provider=provider_of(code, name), payment_id=payment_id, now=now)
            done.asked += 1
        except ProviderError:
            done.failed += 1
        pause(SECONDS_BETWEEN_CALLS)
    return done


def _due(sessions: Sessions, now: datetime, most: int) -> list[tuple[UUID, str, str, int]]:
    """Open payments that were last asked about long enough ago: 1 minute, 10 minutes, then hourly."""
    steps = [(Payment.checks == count) & (Payment.checked_at <= now - wait) for count, wait in enumerate(WAITS)]
    later = (Payment.checks >= len(WAITS)) & (Payment.checked_at <= now - LONGEST_WAIT)
    rows = (
        select(Payment.id, Payment.municipality_code, Payment.provider, Payment.checks)
        .where(Payment.state.in_([state.value for state in OPEN]), or_(later, *steps))
        .order_by(Payment.checked_at)
        .limit(most)
    )
    with sessions.begin() as session:
        return [(row[0], row[1], row[2], row[3]) for row in session.execute(rows)]
