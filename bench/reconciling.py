"""Reconciliation of a day of a million payments: how long it takes, and how much memory the process holds at most.

The day is put straight into the tables by COPY; provider and ledger are lists in memory, a line at a time. The
reconciling process is one of its own (`bench.reconciler`), so that only its memory is measured.
"""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta

import psycopg

from app import embedded
from app.config import ROOT
from app.embedded import EmbeddedServer
from app.foundation import schema
from bench.figures import Figure, say
from bench.house import CODE
from bench.ids import payment_id, posting_id
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
    began = datetime.combine(DAY, time(8), UTC)
    connection.execute("SET session_replication_role = replica")
    for table, columns, make in (
        ("payment", _PAYMENT, _payment), ("ledger_posting", _POSTING, _posting), ("journal_entry", _ENTRY, _entries),
        ("journal_line", _LINE, _lines),
    ):  # fmt: skip
        say(f"filling {table}")
        with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for number in range(NUMBER):
                for row in make(number, began + timedelta(milliseconds=number * 30)):
                    copy.write_row(row)
    connection.execute("ANALYZE")


_PAYMENT = (
    "id, token, municipality_code, payer_id, review_id, method, provider, state, amount_ore, captured_ore, "
    "overpaid_ore, refunded_ore, disputed_ore, provider_call, provider_key, provider_reference, created_at, state_at, "
    "captured_at, checked_at, checks"
)
_POSTING = "id, payment_id, municipality_code, account, amount_ore, state, answered_at, shares"
_ENTRY = "id, key, kind, municipality_code, payment_id, at"
_LINE = "entry_id, line_no, municipality_code, account, amount_ore"


def _payment(number: int, at: datetime) -> list[tuple[object, ...]]:
    one = payment_id(number)
    return [(
        one, f"t{number}", CODE, one, one, "card", "stripe", "paid", ORE, ORE, 0, 0, 0, "{}", f"k{number}",
        f"cs_{number}", at, at, at, at, 0,
    )]  # fmt: skip


def _posting(number: int, at: datetime) -> list[tuple[object, ...]]:
    accepted = at + timedelta(seconds=1)
    return [(posting_id(number), payment_id(number), CODE, COLLECTING, ORE, "accepted", accepted, "[]")]


def _entries(number: int, at: datetime) -> list[tuple[object, ...]]:
    one, posting = payment_id(number), posting_id(number)
    captured = (one, f"capture/{one}", "capture", CODE, one, at)
    accepted = (posting, f"accepted/{posting}", "accepted", CODE, one, at + timedelta(seconds=1))
    return [accepted] if number == DROPPED else [captured, accepted]


def _lines(number: int, _at: datetime) -> list[tuple[object, ...]]:
    one, posting = payment_id(number), posting_id(number)
    here = [
        (one, 1, CODE, f"provider/stripe/{CODE}", ORE), (one, 2, CODE, f"transit/{CODE}", -ORE),
        (posting, 1, CODE, f"transit/{CODE}", ORE), (posting, 2, CODE, f"ledger/{CODE}", -ORE),
    ]  # fmt: skip
    return [*(here[2:] if number == DROPPED else here)]
