"""Settlements a second, with all that they write, beside tpc-b transactions on the same durable PostgreSQL."""

import subprocess
import sys
import time

from app import embedded
from app.config import ROOT
from app.embedded import EmbeddedServer
from app.foundation import schema
from app.foundation.db import engine_for, sessions_on
from bench import aftermath, pgbench, seed
from bench.books import Books
from bench.figures import Figure, say

TARGET = 0.15
NUMBER = 2400
PROCESSES = 2
PGBENCH_SECONDS = 6
_DATABASE = "bdk_settlements"


def measure(server: EmbeddedServer) -> tuple[list[Figure], dict[str, object], Books]:
    """Turn by turn: tpc-b, settlements, tpc-b. Afterwards every promise is kept, and the books are compared."""
    embedded.make_database(server.url(), name=_DATABASE, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=_DATABASE), app_role=embedded.APP)
    url = server.url(role=embedded.APP, database=_DATABASE)
    engine = engine_for(url)
    sessions = sessions_on(engine)
    say(f"making {NUMBER} payments to settle, and pgbench's tables")
    seed.fill(sessions, number=NUMBER)
    pgbench.prepare(server)
    yardstick = [pgbench.transactions_per_second(server, seconds=PGBENCH_SECONDS)]
    say(f"pgbench: {yardstick[0]:.0f} transactions/s")
    settled = _settle(url)
    say(f"{settled:.0f} settlements/s")
    yardstick.append(pgbench.transactions_per_second(server, seconds=PGBENCH_SECONDS))
    say(f"pgbench: {yardstick[1]:.0f} transactions/s; now every promise of the settlements is kept")
    outside = aftermath.keep_promises(sessions, url)
    books = aftermath.check(sessions, outside)
    engine.dispose()
    ratio = settled / (sum(yardstick) / len(yardstick))
    notes: dict[str, object] = {"settlements_per_second": settled, "pgbench_transactions_per_second": yardstick}
    return [Figure("settlements_to_pgbench", ratio, "ratio", TARGET)], notes, books


def _settle(url: str) -> float:
    """Settlements a second, from the word `go` until the last process has committed its last."""
    command = [sys.executable, "-m", "bench.settler", url]
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
    if done != NUMBER:
        raise RuntimeError(f"{done} of {NUMBER} payments were settled")
    return done / seconds
