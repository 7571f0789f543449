"""The door of messages that wait in a queue: each is stored, and only then acknowledged."""

import signal
import threading
from functools import partial

from app.ledger import arrivals
from app.ledger.port import Messages
from app.wiring import Wires


def run(wires: Wires, *, messages: Messages) -> None:
    """Take messages until SIGTERM or Ctrl-C."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    messages.run(partial(take, wires), stopped=stopped)


def take(wires: Wires, raw: bytes) -> None:
    """Store one message. When this returns, it may be acknowledged."""
    arrivals.take_delivered(
        wires.sessions,
        raw=raw,
        municipalities=wires.municipalities,
        queue_of=wires.settings.beskedfordeler_cvr or "",
        vault=wires.vault,
        now=wires.clock(),
    )
