"""Reconciliation of a day of a million payments: how long it takes, and how much memory the process holds at most.

The day is put straight into the tables; provider and ledger are lists in memory, a line at a time. The
reconciling process is one of its own (`bench.reconciler`), so that only its memory is measured.
"""

import subprocess
import sys
from datetime import UTC, date, datetime, time

import psycopg

from app import embedded
from app.config import ROOT
from app.embedded import EmbeddedServer
from app.foundation import schema
from bench.figures import Figure, say
from bench.house import CODE
from bench.seed import COLLECTING

NUMBER = 1_000_000
DAY = date(2026, 11, 27)
ORE = 25_000
SECONDS_TARGET, MEMORY_TARGET_MIB = 60.0, 300.0
LOST, WRONG, DROPPED = 17, 4_711, 99_999
"""Which of them the ledger does not have, the provider has with another amount, and the journal never heard of."""
NAME = "bdk_reconciling"


def measure(server: EmbeddedServer) -> tuple[list[Figure], dict[str, object]]:
    """Seed a day, reconcile it twice, and take the slower one; raises when the injected faults are not found."""
    embedded.make_database(server.url(), name=NAME, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=NAME), app_role=embedded.APP)
    say(f"a day of {NUMBER} payments")
    with psycopg.connect(server.url(database=NAME), autocommit=True) as connection:
        _seed(connection)
    found = [_run(server.url(role=embedded.APP, database=NAME)) for _again in range(2)]
    seconds, memory_mib = max(one[0] for one in found), max(one[1] for one in found)
    return [
        Figure("reconciliation_seconds", seconds, "s", SECONDS_TARGET, at_most=True),
        Figure("reconciliation_memory", memory_mib, "MiB", MEMORY_TARGET_MIB, at_most=True),
    ], {"reconciliation_runs": found}


def _run(url: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.reconciler", url]
    told = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout
    seconds, memory_mib, differences = told.split()[-3:]
    say(f"reconciled in {seconds} s with {memory_mib} MiB: {differences} differences")
    if differences != "3":
        raise RuntimeError(f"three faults were put in, and {differences} found")
    return float(seconds), float(memory_mib)


def _seed(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Each payment has its capture, one posting and its acceptance. Laws of single rows are asleep, as in a restore."""
    connection.execute("SET session_replication_role = replica")
    for fill in _FILLS:
        connection.execute(fill, _GIVEN)
    connection.execute("ANALYZE")


_GIVEN = {
    "most": NUMBER - 1, "code": CODE, "ore": ORE, "account": COLLECTING, "began": datetime.combine(DAY, time(8), UTC),
    "dropped": DROPPED,
}  # fmt: skip
# As `bench.ids` makes them, and a payment each thirty milliseconds.
_NUMBERS = """
    SELECT number, ('019c0000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS payment,
      ('019d0000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid AS posting,
      %(began)s::timestamptz + number * interval '30 ms' AS at
    FROM generate_series(0, %(most)s) AS number"""
_FILLS = (
    f"""INSERT INTO payment (id, token, municipality_code, payer_id, review_id, method, provider, state, amount_ore,
      captured_ore, overpaid_ore, refunded_ore, disputed_ore, provider_call, provider_key, provider_reference,
      created_at, state_at, captured_at, checked_at, checks)
    SELECT payment, 't' || number, %(code)s, payment, payment, 'card', 'stripe', 'paid', %(ore)s, %(ore)s, 0, 0, 0,
      '{{}}', 'k' || number, 'cs_' || number, at, at, at, at, 0 FROM ({_NUMBERS}) made""",
    f"""INSERT INTO ledger_posting (id, payment_id, municipality_code, account, amount_ore, state, answered_at, shares)
    SELECT posting, payment, %(code)s, %(account)s, %(ore)s, 'accepted', at + interval '1 s', '[]'
    FROM ({_NUMBERS}) made""",
    f"""INSERT INTO journal_entry (id, key, kind, municipality_code, payment_id, at)
    SELECT payment, 'capture/' || payment, 'capture', %(code)s, payment, at FROM ({_NUMBERS}) made
    WHERE number <> %(dropped)s""",
    f"""INSERT INTO journal_entry (id, key, kind, municipality_code, payment_id, at)
    SELECT posting, 'accepted/' || posting, 'accepted', %(code)s, payment, at + interval '1 s'
    FROM ({_NUMBERS}) made""",
    f"""INSERT INTO journal_line (entry_id, line_no, municipality_code, account, amount_ore)
    SELECT payment, side, %(code)s, CASE side WHEN 1 THEN 'provider/stripe/' ELSE 'transit/' END || %(code)s,
      CASE side WHEN 1 THEN 1 ELSE -1 END * %(ore)s FROM ({_NUMBERS}) made, generate_series(1, 2) side
    WHERE number <> %(dropped)s""",
    f"""INSERT INTO journal_line (entry_id, line_no, municipality_code, account, amount_ore)
    SELECT posting, side, %(code)s, CASE side WHEN 1 THEN 'transit/' ELSE 'ledger/' END || %(code)s,
      CASE side WHEN 1 THEN 1 ELSE -1 END * %(ore)s FROM ({_NUMBERS}) made, generate_series(1, 2) side""",
)
