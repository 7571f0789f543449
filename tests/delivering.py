"""The worker's own engine and handlers in this process: a real database, and the world outside in memory."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.config import Settings
from app.ledger.port import Accepted, Posting, Registration, Rejected, Reversal
from app.municipalities import register as municipalities
from app.municipalities.register import Municipalities
from app.outbox.delivery import Worker
from app.outbox.models import OutboxMessage
from app.wiring import Wires
from app.worker import make_worker
from tests.demo import KIRSTEN, NOW, Onlooker, Town
from tests.fakes.ledger import FakeLedger
from tests.fakes.sources import FakeCatalogue, FakeSource, FakeToldSource

FASTER = 20
"""The portal's clock runs this much faster than ours, so that retries need not be waited for."""


PATIENCE_SECONDS = 40.0
"""Far longer than anything takes: it says that something hangs, also on a machine busy with other things."""


@dataclass
class WatchedLedger(FakeLedger):
    """A ledger that looks whether a transaction is open, and keeps what it was sent."""

    onlooker: Onlooker | None = None
    sent: list[Posting] = field(default_factory=list)
    recalled: list[Reversal] = field(default_factory=list)
    introduced: list[Registration] = field(default_factory=list)

    def register(self, registration: Registration) -> Accepted | Rejected:
        if self.onlooker:
            self.onlooker.look()
        self.introduced.append(registration)
        return super().register(registration)

    def post(self, posting: Posting) -> Accepted | Rejected:
        if self.onlooker:
            self.onlooker.look()
        self.sent.append(posting)
        return super().post(posting)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        if self.onlooker:
            self.onlooker.look()
        self.recalled.append(reversal)
        return super().reverse(reversal)


@dataclass
class Portal:
    """A town whose promises are kept."""

    town: Town
    database_url: str
    ledger: WatchedLedger = field(default_factory=WatchedLedger)
    library: FakeToldSource = field(default_factory=FakeToldSource)
    _born: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        with self.town.sessions.begin() as session:
            municipalities.load(session, facts=self.town.facts, now=NOW)

    def clock(self) -> datetime:
        """A little after everything that the tests do at NOW."""
        return NOW + timedelta(minutes=2) + (time.monotonic() - self._born) * timedelta(seconds=FASTER)

    def passes(self, time_passed: timedelta) -> None:
        """The portal's clock goes forward by so much at once."""
        self._born -= time_passed / timedelta(seconds=FASTER)

    def wires(self) -> Wires:
        return Wires(
            settings=Settings(env="test", database_url=self.database_url),
            sessions=self.town.sessions,
            clock=self.clock,
            vault=self.town.vault,
            municipalities=Municipalities(self.town.sessions),
            catalogue=FakeCatalogue(),
            provider_of=lambda _facts, _method: self.town.provider,
            provider_named=lambda _facts, _name: self.town.provider,
            sources_of=lambda _facts: [self.library, FakeSource()],
            library_of=lambda _facts: self.library,
            ledger_of=lambda _facts: self.ledger,
        )

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker delivers meanwhile; its periodic tasks sleep."""
        stop = threading.Event()
        worker: Worker[Wires] = make_worker(self.wires(), database_url=self.database_url, periodic=())
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=10)
            assert not thread.is_alive()

    def deliver_until(self, is_true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Work until something has become true; fail when it does not in time."""
        with self.working():
            self.wait_until(is_true, seconds=seconds)

    def wait_until(self, is_true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not is_true():
            assert time.monotonic() < deadline, [
                (message.kind, message.state, message.last_error) for message in self.town.messages()
            ]
            time.sleep(0.02)

    def deliver_all(self) -> None:
        """Work until no promise is left that can be kept."""
        self.deliver_until(lambda: all(message.state != "due" for message in self.town.messages()))

    def message(self, kind: str) -> OutboxMessage:
        (one,) = self.town.messages(kind)
        return one


def portal_of(town: Town, database_url: str) -> Portal:
    """A portal whose library knows Kirsten, and whose wires watch for open transactions."""
    portal = Portal(town, database_url, WatchedLedger(onlooker=Onlooker(database_url)))
    portal.library.claims[KIRSTEN] = ()
    return portal
