"""One process that settles its part of the payments, on four connections.

`python -m bench.settler URL PROVIDER PART PARTS`. Money by card is taken at once: one truth. MobilePay reserves it: one
truth; then it is taken at a merchant in memory, whose answer is another (`payments/follow.py`).
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app import tables  # noqa: F401 - the metadata must be whole: foreign keys cross rooms
from app.foundation.clock import utc_now
from app.foundation.db import Sessions, engine_for, sessions_on
from app.payments import follow, settlement
from app.payments.models import Payment
from app.payments.port import ProviderState, Standing
from bench.till import Till

CONNECTIONS = 4


@dataclass(frozen=True)
class _Due:
    payment_id: UUID
    reference: str
    amount_ore: int


def main(database_url: str, provider: str, part: int, parts: int) -> None:
    """Say `ready`, wait for a line, settle, and say how many."""
    sessions = sessions_on(engine_for(database_url, pool_size=CONNECTIONS))
    with sessions() as session:
        rows = session.execute(
            select(Payment.id, Payment.provider_reference, Payment.amount_ore)
            .where(Payment.state == "awaiting")
            .order_by(Payment.id)
        ).all()
    due = [_Due(row[0], row[1] or "", row[2]) for row in rows][part::parts]
    with ThreadPoolExecutor(CONNECTIONS) as settlers:
        list(settlers.map(lambda _: _connect(sessions), range(CONNECTIONS)))
        print("ready", flush=True)
        sys.stdin.readline()
        shares = [due[number::CONNECTIONS] for number in range(CONNECTIONS)]
        print(sum(settlers.map(lambda share: _settle(sessions, provider, share), shares)), flush=True)


def _connect(sessions: Sessions) -> None:
    with sessions() as session:
        session.execute(select(1))


def _settle(sessions: Sessions, provider: str, share: list[_Due]) -> int:
    settle = _reserved if provider == "mobilepay" else _taken
    for one in share:
        settle(sessions, provider, one)
    return len(share)


def _taken(sessions: Sessions, provider: str, one: _Due) -> None:
    with sessions.begin() as session:
        settlement.apply(session, provider=provider, truth=_truth(one, Standing.PAID), now=utc_now())


def _reserved(sessions: Sessions, provider: str, one: _Due) -> None:
    follow.bring(sessions, provider=Till(provider), truth=_truth(one, Standing.AUTHORISED), now=utc_now())


def _truth(one: _Due, standing: Standing) -> ProviderState:
    return ProviderState(
        one.reference, one.payment_id, standing, one.amount_ore, "dkk", f"ch_{one.reference}", "Visa •••• 4242"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
