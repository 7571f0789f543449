"""`python -m bench`: measure everything on this machine, print a line a figure, and keep them in var/bench.json.

The exit status is 1 when the books do not agree, or something broke; a figure that is short of its target is said to be
so, and nothing more.
"""

import sys

from app import embedded
from app.embedded import EmbeddedServer
from app.foundation import schema
from bench import (
    figures,
    house,
    memory,
    outbox,
    overview,
    pgbench,
    postings,
    reconciling,
    road,
    settlements,
    sweeping,
)
from bench.books import Books, check
from bench.figures import Figure, say

MEMORY_TARGET_MIB = 150.0


class Measured:
    """What has been found so far; every figure is printed as soon as it is known."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self.notes: dict[str, object] = {}
        self.books: list[Books] = []

    def take(self, found: list[Figure], notes: dict[str, object], books: Books | None = None) -> None:
        """Keep figures, and print them; the books first, for without them a figure counts nothing."""
        if books is not None:
            self.books.append(books)
            print(books.line, flush=True)
        for one in found:
            print(one.line, flush=True)
        self.figures += found
        self.notes |= notes


def main() -> int:
    """Measure. Whatever was started is stopped in the end."""
    folder, measured = embedded.default_folder() / "bench", Measured()
    pgbench.program()  # say at once if it is missing
    say("starting a durable PostgreSQL of its own")
    with house.server(folder / "postgres") as server:
        for settled in settlements.measure(server):
            measured.take(*settled)
        say("settlements measured; ten thousand open payments in one sweep")
        measured.take(*sweeping.measure(server))
        say("a day of a million payments reconciled")
        measured.take(*reconciling.measure(server))
        say("how fast an outbox is drained")
        measured.take(_drain(server), {})
        say("postings to a ledger that answers in 20 ms")
        for posted in postings.measure(server, folder):
            measured.take(*posted)
        say("building the house: stand-ins, worker, portal")
        with house.built(server, folder) as built:
            say("overview pages")
            measured.take(*overview.measure(built))
            found, notes = road.measure(built)
            measured.take(found, notes, check(built.wires.sessions, where="the road", outside=built.outside()))
            measured.take(*_memory(built))
            built.wires.sessions.kw["bind"].dispose()
    lines = [one.line for one in measured.books]
    figures.write(folder.parent / "bench.json", measured.figures, notes=measured.notes, books=lines)
    say(f"kept in {folder.parent / 'bench.json'}")
    return 1 if any(one.faults for one in measured.books) else 0


def _drain(server: EmbeddedServer) -> list[Figure]:
    name = "bdk_outbox"
    embedded.make_database(server.url(), name=name, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=name), app_role=embedded.APP)
    return [Figure(*one) for one in outbox.measure(server.url(role=embedded.APP, database=name))]


def _memory(built: house.House) -> tuple[list[Figure], dict[str, object]]:
    """The processes as they are after all of the above; what a process shares with its children counts once."""
    found: list[Figure] = []
    notes: dict[str, object] = {}
    for name, child in (("web", "portal"), ("worker", "worker")):
        pid = built.family.pid(child)
        found.append(Figure(f"memory_{name}", memory.pss_mib(pid), "MiB", MEMORY_TARGET_MIB, at_most=True))
        notes[f"memory_{name}_rss_mib"] = memory.rss_mib(pid)
    return found, notes


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (pgbench.NotFound, embedded.AlreadyOwned) as missing:
        sys.exit(f"cannot measure: {missing}")
