"""A worker process for the tests, that may kill itself with SIGKILL at a named step.

Its wire is a file: one line for each message spoken, with the message, its lane and the process. What it changes in
the database is one more message, of kind `effect`, about the message delivered.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.foundation.clock import utc_now
from app.foundation.db import engine_for, sessions_on
from app.outbox import queue
from app.outbox.delivery import Worker, run_worker
from app.outbox.port import Finish, Kind, Message

STEPS = ("taken_not_committed", "taken", "spoken", "finished_not_committed", "committed")


def die_at(here: str, step: str) -> None:
    """The end, when this is the step at which to die."""
    if here == step:
        os.kill(os.getpid(), signal.SIGKILL)


def handle(wire: tuple[Path, str], message: Message) -> Finish:
    """Speak, and change one thing."""
    path, step = wire
    die_at("taken", step)
    if step == "hold":
        time.sleep(60)
    with path.open("a", encoding="ascii") as line:
        line.write(f"{message.id} {message.lane} {os.getpid()}\n")
    die_at("spoken", step)

    def finish(session: Session) -> None:
        effect = queue.Promise("effect", message.id, "0999", str(message.id), {}, due_at=utc_now() + timedelta(days=1))
        queue.put_many(session, promises=[effect], now=utc_now())
        session.flush()
        die_at("finished_not_committed", step)
        session.info["finished"] = True

    return finish


def main(database_url: str, path: str, step: str) -> None:
    """Work until told to stop, or until the step of death."""
    engine = engine_for(database_url)
    sessions = sessions_on(engine)

    @event.listens_for(engine, "after_cursor_execute")
    def _taken(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if "set taken_by" in statement and cursor.rowcount > 0:
            die_at("taken_not_committed", step)

    @event.listens_for(sessions, "after_commit")
    def _committed(session: Session) -> None:
        if session.info.get("finished"):
            die_at("committed", step)

    run_worker(
        Worker(
            sessions=sessions,
            database_url=database_url,
            wires=(Path(path), step),
            handlers={"test": Kind(handle)},
            periodic=(),
            clock=utc_now,
            on_dead=lambda _session, _message, _reason: None,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
