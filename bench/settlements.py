"""Settlements a second, with all that they write, beside tpc-b transactions on the same durable PostgreSQL."""

import subprocess
import sys
import time
from collections.abc import Iterator

from app import embedded
from app.config import ROOT
from app.embedded import EmbeddedServer
from app.foundation import schema
from app.foundation.db import engine_for, sessions_on
from bench import aftermath, pgbench, seed
from bench.books import Books
from bench.figures import Figure, say

TARGETS = {"stripe": ("settlements_to_pgbench", 0.15), "mobilepay": ("mobilepay_settlements_to_pgbench", 0.075)}
"""By provider. MobilePay reserves before it takes: two truths, and so half as many a second."""
NUMBER = 1500
PROCESSES = 2
PGBENCH_SECONDS = 6


def measure(server: EmbeddedServer) -> Iterator[tuple[list[Figure], dict[str, object], Books]]:
    """For each provider, turn by turn: tpc-b, settlements, tpc-b. Then promises are kept, and books are compared."""
    say("pgbench's tables")
    pgbench.prepare(server)
    for provider in TARGETS:
        yield _measure(server, provider)


def _measure(server: EmbeddedServer, provider: str) -> tuple[list[Figure], dict[str, object], Books]:
    database = f"bdk_settlements_{provider}"
    embedded.make_database(server.url(), name=database, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=database), app_role=embedded.APP)
    url = server.url(role=embedded.APP, database=database)
    engine = engine_for(url)
    sessions = sessions_on(engine)
    say(f"making {NUMBER} payments at {provider} to settle")
    seed.fill(sessions, numbers=range(NUMBER), provider=provider)
    yardstick = [pgbench.transactions_per_second(server, seconds=PGBENCH_SECONDS)]
    say(f"pgbench: {yardstick[0]:.0f} transactions/s")
    settled = settle(url, provider)
    say(f"{settled:.0f} settlements/s at {provider}")
    yardstick.append(pgbench.transactions_per_second(server, seconds=PGBENCH_SECONDS))
    say(f"pgbench: {yardstick[1]:.0f} transactions/s; now every promise of the settlements is kept")
    outside = aftermath.keep_promises(sessions, url)
    books = aftermath.check(sessions, outside, where=f"the settlements at {provider}")
    engine.dispose()
    ratio = settled / (sum(yardstick) / len(yardstick))
    notes: dict[str, object] = {
        f"{provider}_settlements_per_second": settled,
        f"{provider}_pgbench_transactions_per_second": yardstick,
    }
    name, target = TARGETS[provider]
    return [Figure(name, ratio, "ratio", target)], notes, books


def settle(url: str, provider: str, *, number: int = NUMBER) -> float:
    """Settlements a second, from the word `go` until the last process has committed its last."""
    command = [sys.executable, "-m", "bench.settler", url, provider]
    settlers = [
        subprocess.Popen(
            [*command, str(part), str(PROCESSES)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for part in range(PROCESSES)
    ]
    try:
        for one in settlers:
            assert one.stdout is not None
            if one.stdout.readline() != "ready\n":
                raise RuntimeError("a settling process did not start")
        began = time.perf_counter()
        for one in settlers:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        done = sum(int(one.stdout.readline() or 0) for one in settlers if one.stdout)
        seconds = time.perf_counter() - began
    finally:
        for one in settlers:
            one.kill()
            one.wait()
    if done != number:
        raise RuntimeError(f"{done} of {number} payments were settled")
    return done / seconds
