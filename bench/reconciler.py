"""`python -m bench.reconciler URL`: one process that reconciles the seeded day; prints seconds, MiB and differences."""

import gc
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID

from app.foundation.db import engine_for, sessions_on
from app.ledger.port import AccountView, BookedPayment, Ledger
from app.ledger.reconciliation.asking import Merchant, Sides
from app.ledger.reconciliation.day import reconcile
from app.payments.movements import Illegible, Movement, MovementKind
from app.payments.port import NoSuchPayment, PaymentProvider
from bench.house import CODE
from bench.ids import payment_id, posting_id
from bench.reconciling import DAY, LOST, NUMBER, ORE, WRONG
from bench.seed import COLLECTING

NIGHT = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=4)


class Statement:
    """A provider that lists a million captures, a line at a time, and knows nothing more."""

    name = "stripe"

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        """The day's captures, one of them of another amount."""
        for number in range(NUMBER if on == DAY else 0):
            ore = ORE - 1 if number == WRONG else ORE
            yield Movement(f"txn_{number}", MovementKind.CAPTURE, f"ch_{number}", ore, 180, payment_id(number))

    def fetch(self, reference: str) -> None:
        """Nothing can be mended here.

        :raises NoSuchPayment: always
        """
        raise NoSuchPayment(reference)


class Bookings(Sequence[BookedPayment]):
    """An account's payments without their list: a real answer of a million would come as a file."""

    def __len__(self) -> int:
        return NUMBER

    def __getitem__(self, number: int) -> BookedPayment:  # type: ignore[override]
        if number >= NUMBER:
            raise IndexError(number)
        shown: UUID = posting_id(number)
        return BookedPayment(shown, NIGHT, DAY, ORE, 0)

    def __iter__(self) -> Iterator[BookedPayment]:
        return (self[number] for number in range(NUMBER) if number != LOST)


class Books:
    """A ledger that has every posting but one."""

    def account(self, account: str, *, since: date | None = None, until: date | None = None) -> AccountView | None:
        """The one account with all of the day's payments."""
        assert account == COLLECTING
        payments = Bookings() if since == until == DAY else ()
        return AccountView(account, (), cast("tuple[BookedPayment, ...]", payments))


def main(url: str) -> None:
    """Reconcile, and tell."""
    engine = engine_for(url)
    sides = Sides(
        merchants=(Merchant(cast("PaymentProvider", Statement())),), ledger=cast("Ledger", Books()), library=None,
        collecting=(COLLECTING,),
    )  # fmt: skip
    gc.freeze()  # as the worker does
    began = time.perf_counter()
    (outcome,) = reconcile(sessions_on(engine), sides=sides, municipality_code=CODE, days=[DAY], clock=lambda: NIGHT)
    seconds = time.perf_counter() - began
    memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    engine.dispose()
    print(f"{seconds:.1f} {memory_mib:.0f} {outcome.differences}")


if __name__ == "__main__":
    main(*sys.argv[1:])
