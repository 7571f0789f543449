"""A worker process that speaks to a ledger kept in a file, and may kill itself once the ledger has answered."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.db import engine_for, sessions_on
from app.ledger import push, register, reverse
from app.ledger.port import Accepted, Posting, Registration, Rejected, Reversal
from app.outbox.delivery import Worker, run_worker
from app.outbox.port import Finish, Kind, Message
from app.payments.postings import POST_TO_LEDGER, REGISTER_IN_LEDGER, REVERSE_IN_LEDGER
from tests.demo import NOW, registering_facts, vault
from tests.fakes.ledger import FakeLedger

STEPS = ("answered", "finished")


class FileLedger(FakeLedger):
    """Books the id of what it is sent once: a line each. Any processes may write, one at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def register(self, registration: Registration) -> Accepted | Rejected:
        return self._book(UUID(registration.ledger_claim_id))

    def post(self, posting: Posting) -> Accepted | Rejected:
        return self._book(posting.posting_id)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        return self._book(reversal.reversal_id)

    def _book(self, key: UUID) -> Accepted:
        known = self._path.read_text(encoding="ascii").split() if self._path.exists() else []
        if str(key) not in known:
            with self._path.open("a", encoding="ascii") as book:
                book.write(f"{key}\n")
        return Accepted(NOW)


def main(database_url: str, path: str, step: str) -> None:
    """Work until told to stop, or until the step of death."""
    sessions = sessions_on(engine_for(database_url))
    moment = NOW + timedelta(minutes=5)

    def deliver(ledger: FileLedger, message: Message) -> Finish:
        if message.kind == REGISTER_IN_LEDGER:
            return register.deliver(
                sessions,
                ledger=ledger,
                unseal=vault().unseal,
                facts=registering_facts(),
                message=message,
                clock=lambda: moment,
            )
        if message.kind == REVERSE_IN_LEDGER:
            return reverse.deliver(sessions, ledger=ledger, message=message, clock=lambda: moment)
        return push.deliver(sessions, ledger=ledger, unseal=vault().unseal, message=message, clock=lambda: moment)

    def handle(ledger: FileLedger, message: Message) -> Finish:
        finish = deliver(ledger, message)
        if step == "answered":
            os.kill(os.getpid(), signal.SIGKILL)

        def finish_and_die(session: Session) -> None:
            finish(session)
            session.flush()
            if step == "finished":
                os.kill(os.getpid(), signal.SIGKILL)

        return finish_and_die

    run_worker(
        Worker(
            sessions=sessions,
            database_url=database_url,
            wires=FileLedger(Path(path)),
            handlers={kind: Kind(handle) for kind in (REGISTER_IN_LEDGER, POST_TO_LEDGER, REVERSE_IN_LEDGER)},
            periodic=(),
            clock=lambda: moment,
            on_dead=lambda _session, _message, _reason: None,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
