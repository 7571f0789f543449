"""A worker process that posts to a ledger kept in a file, and may kill itself once the ledger has answered."""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.foundation.db import engine_for, sessions_on
from app.ledger import push
from app.ledger.port import Accepted, Posting, Rejected, Reversal
from app.outbox.delivery import Worker, run_worker
from app.outbox.port import Finish, Kind, Message
from tests.demo import NOW, vault

STEPS = ("answered", "finished")


class FileLedger:
    """Books a posting id once: a line each. Any number of processes may write to it, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def post(self, posting: Posting) -> Accepted | Rejected:
        known = self._path.read_text(encoding="ascii").split() if self._path.exists() else []
        if str(posting.posting_id) not in known:
            with self._path.open("a", encoding="ascii") as book:
                book.write(f"{posting.posting_id}\n")
        return Accepted(NOW)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        raise AssertionError(f"nothing is taken back here: {reversal.reversal_id}")


def main(database_url: str, path: str, step: str) -> None:
    """Work until told to stop, or until the step of death."""
    sessions = sessions_on(engine_for(database_url))
    moment = NOW + timedelta(minutes=5)

    def handle(ledger: FileLedger, message: Message) -> Finish:
        finish = push.deliver(sessions, ledger=ledger, unseal=vault().unseal, message=message, clock=lambda: moment)
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
            handlers={"ledger.post": Kind(handle)},
            periodic=(),
            clock=lambda: moment,
            on_dead=lambda _session, _message, _reason: None,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
