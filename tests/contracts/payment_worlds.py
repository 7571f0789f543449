"""What the payment providers' contract asks of a world: the provider under test, and the hand that moves all else.

Each provider's worlds stand in a file beside this one; the contract's WORLDS names them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from app.payments.port import DisputeStanding, Method, PaymentProvider

Notice = tuple[Mapping[str, str], bytes]


class World(Protocol):
    """One provider and its surroundings, new for every test."""

    provider: PaymentProvider
    method: Method
    detail: str
    """What a paid payment says of its means."""
    reserves: bool
    """The citizen's yes reserves the money, and `capture` takes it; else it is taken at once."""
    lists_events: bool
    """`recent` tells what happened; else it tells nothing, and payments are asked for one by one."""
    refunds_fail: bool
    """A refund that succeeded may fail days later; else the provider tells of no such thing."""
    has_disputes: bool
    """The provider tells of disputes; else they come by letter."""

    notices_age: bool
    """A notice that was signed long ago proves nothing; else only its words do, as it may have been tried for days."""

    def finish(self, reference: str) -> None:
        """The citizen says yes on the provider's page. At least one notice of it comes twice."""
        ...

    def run_out(self, reference: str) -> None:
        """The citizen says nothing until the provider's time is up."""
        ...

    def refund_by_hand(self, reference: str, *, amount_ore: int) -> None:
        """Somebody sends money back on the provider's own pages."""
        ...

    def refund_fails(self, refund_reference: str) -> None: ...
    def dispute(self, reference: str, *, standing: DisputeStanding) -> None: ...
    def dispute_becomes(self, reference: str, *, standing: DisputeStanding) -> None: ...
    def pay_out(self, *, off_by_ore: int = 0) -> None:
        """Everything that moved goes to the bank, as another sum than that of the movements if told so."""
        ...

    def takes_a_minute(self) -> None:
        """Time passes at the provider, so that nobody has called it too often."""
        ...

    def drop_next_reply(self, call: str) -> None:
        """The next call of this method of the port does its work, and its answer is lost."""
        ...

    def delay_next_notice(self) -> None:
        """The next notice comes after those of what happens next."""
        ...

    def opened(self) -> int:
        """How many payments the provider has."""
        ...

    def unreachable(self) -> PaymentProvider:
        """The same provider when nothing answers."""
        ...

    def notices(self, reference: str, *, count: int = 2) -> list[Notice]:
        """The notices about a payment in the order in which they came, when there are so many."""
        ...

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        """The same words, signed at another moment, or by somebody else."""
        ...


@dataclass
class Letterbox:
    """Where the stand-ins send their notices instead of to the portal."""

    url: str
    received: list[Notice] = field(default_factory=list)

    def wait_for(self, count: int, fits: Callable[[bytes], bool]) -> list[Notice]:
        """The notices that fit, when there are so many."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = [notice for notice in list(self.received) if fits(notice[1])]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError("the notices did not come")


@contextmanager
def open_letterbox() -> Iterator[Letterbox]:
    """Take notices on a free port while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        close_connection = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            box.received.append((dict(self.headers), raw))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box = Letterbox(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()
