"""What follows a settlement, with a ledger and a library in memory: every promise is kept, so that books can agree."""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.ledger import push
from app.ledger.port import Accepted, Posting, Reversal
from app.outbox.delivery import Worker
from app.outbox.models import DUE, OutboxMessage
from app.outbox.port import Finish, Kind, Message
from app.payments.models import Payment
from app.payments.postings import POST_TO_LEDGER
from app.sources import writeback
from app.sources.port import Telling, Told
from bench import books
from bench.books import Books, Outside

_PATIENCE_SECONDS = 600
"""Of no account for any figure: a machine with much else to do takes minutes."""


@dataclass
class Outsiders:
    """A ledger and a library that take everything, once."""

    sessions: Sessions
    postings: dict[UUID, Posting] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def post(self, posting: Posting) -> Accepted:
        """Book a payment, once."""
        self.postings.setdefault(posting.posting_id, posting)
        return Accepted(utc_now())

    def reverse(self, reversal: Reversal) -> Accepted:
        """Nothing is taken back in a bench."""
        raise NotImplementedError(f"{reversal.reversal_id}")

    def tell_paid(self, *, patron_id: int, order_id: str, origin_refs: tuple[str, ...]) -> dict[str, Telling]:
        """Close fees, once."""
        assert patron_id
        for ref in origin_refs:
            self.orders.setdefault(ref, order_id)
        return {ref: Telling(Told.REGISTERED, "paymentRegistered", ref) for ref in origin_refs}

    def shows_paid(self, *, patron_id: int, origin_refs: tuple[str, ...]) -> dict[str, bool]:
        """What has been closed."""
        assert patron_id
        return {ref: ref in self.orders for ref in origin_refs}


def keep_promises(sessions: Sessions, database_url: str) -> Outsiders:
    """Run a worker until nothing is due."""
    outsiders, stop = Outsiders(sessions), threading.Event()
    worker = Worker(
        sessions=sessions,
        database_url=database_url,
        wires=outsiders,
        handlers={
            POST_TO_LEDGER: Kind(_post),
            writeback.TELL: Kind(_tell),
            writeback.OBSERVE: Kind(_observe),
        },
        periodic=(),
        clock=utc_now,
        on_dead=lambda _session, _message, _reason: None,
    )
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _due(sessions) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        stop.set()
        running.join()
    return outsiders


def check(sessions: Sessions, outsiders: Outsiders, *, where: str) -> Books:
    """Compare the settlements' books. Captured is what the settling processes were told to take."""
    with sessions() as session:
        told = {str(reference): amount_ore for reference, amount_ore in session.execute(
            select(Payment.provider_reference, Payment.amount_ore)
        ).all()}  # fmt: skip
    accounts: dict[str, int] = {}
    for one in outsiders.postings.values():
        accounts[one.account] = accounts.get(one.account, 0) + one.amount_ore
    outside = Outside(told, sum(told.values()), frozenset(outsiders.postings), accounts, outsiders.orders)
    return books.check(sessions, where=where, outside=outside)


def _due(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.state == DUE)) or 0


def _post(outsiders: Outsiders, message: Message) -> Finish:
    return push.deliver(
        outsiders.sessions, ledger=outsiders, unseal=lambda _sealed: "-", message=message, clock=utc_now
    )


def _tell(outsiders: Outsiders, message: Message) -> Finish:
    return writeback.tell(outsiders.sessions, source=outsiders, message=message, clock=utc_now)


def _observe(outsiders: Outsiders, message: Message) -> Finish:
    return writeback.observe(outsiders.sessions, source=outsiders, message=message, clock=utc_now)
