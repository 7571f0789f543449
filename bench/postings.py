"""Postings a second through the real worker, one process and two, to a ledger that answers in 20 ms."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import httpx
from sqlalchemy import func, select, text

from app import embedded, supervisor
from app.config import ROOT, Settings
from app.embedded import EmbeddedServer
from app.foundation import schema
from app.foundation.crypto import CprVault
from app.foundation.db import Sessions, engine_for, sessions_on
from app.journal.queries import balances
from app.ledger.models import LedgerPosting
from app.outbox.queries import workers_alive
from app.payments.postings import POST_TO_LEDGER
from bench import house, seed, settlements
from bench.books import Books
from bench.figures import Figure, say

TARGETS = {1: 150.0, 2: 250.0}
"""By the number of worker processes."""
PAYMENTS = 500
"""Of two bills to two debtor accounts: twice as many postings."""
_CPR = "7503724996"
_PATIENCE_SECONDS = 600


def measure(server: EmbeddedServer, folder: Path) -> Iterator[tuple[list[Figure], dict[str, object], Books]]:
    """Payments are settled, and their postings held back until the workers live; then all are due at once."""
    for processes, target in TARGETS.items():
        rate, books = _measure(server, folder, processes)
        yield [Figure(f"ledger_postings_{processes}", rate, "postings/s", target)], {}, books


def _measure(server: EmbeddedServer, folder: Path, processes: int) -> tuple[float, Books]:
    database = f"bdk_postings_{processes}"
    embedded.make_database(server.url(), name=database, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=database), app_role=embedded.APP)
    url = server.url(role=embedded.APP, database=database)
    supervisor.load_municipalities(url, sorted(supervisor.DEMO_MUNICIPALITIES.glob("*.yaml")))
    sessions = sessions_on(engine_for(url))
    say(f"settling {PAYMENTS} payments whose postings {processes} worker process(es) will make")
    seed.fill(sessions, numbers=range(PAYMENTS), provider="stripe")
    settlements.settle(url, "stripe", number=PAYMENTS)
    with _ledger() as ledger_url:
        environment = house.environment_of(folder, url, {"BDK_LEDGER_BASE_URL": ledger_url})
        for name in ("BDK_TOKEN_ISSUE_URL", "BDK_TOKEN_ACCESS_URL"):
            environment.pop(name)
        _hold_back(sessions)
        family = supervisor.Family()
        try:
            for number in range(processes):
                family.start(f"worker {number}", supervisor.worker_command(), environment)
            _wait(sessions, lambda: _alive(sessions) == processes)
            rate = _deliver(sessions)
        finally:
            family.stop()
        said = httpx.get(f"{ledger_url}/state", timeout=60).json()
    books = _compare(sessions, said, processes)
    sessions.kw["bind"].dispose()
    return rate, books


@contextmanager
def _ledger() -> Iterator[str]:
    port = house.free_port()
    command = [sys.executable, "-m", "bench.swift_ledger", str(port)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as ledger:
        try:
            assert ledger.stdout is not None
            if ledger.stdout.readline() != "ready\n":
                raise RuntimeError("the ledger did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            ledger.kill()


def _hold_back(sessions: Sessions) -> None:
    """Nothing is due until the workers live; and the payer has a number that can be unsealed."""
    settings = Settings()
    keys = [[key.get_secret_value() for key in kept] for kept in (settings.cpr_key, settings.cpr_digest_key)]
    with sessions.begin() as session:
        session.execute(text("UPDATE person SET cpr_sealed = :sealed"), {"sealed": CprVault(*keys).seal(_CPR)})
        session.execute(text("UPDATE outbox_message SET due_at = due_at + interval '1 day'"))


def _deliver(sessions: Sessions) -> float:
    """Postings a second, from the commit that makes all of them due until the last is accepted."""
    with sessions.begin() as session:
        due = text("UPDATE outbox_message SET due_at = due_at - interval '1 day' WHERE kind = :kind")
        session.execute(due, {"kind": POST_TO_LEDGER})
    began = time.perf_counter()
    _wait(sessions, lambda: _accepted(sessions) == 2 * PAYMENTS)
    return 2 * PAYMENTS / (time.perf_counter() - began)


def _wait(sessions: Sessions, is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {_accepted(sessions)} postings in {_PATIENCE_SECONDS} s")
        time.sleep(0.1)


def _alive(sessions: Sessions) -> int:
    with sessions() as session:
        return len(workers_alive(session))


def _accepted(sessions: Sessions) -> int:
    accepted = select(func.count()).where(LedgerPosting.state == "accepted")
    with sessions() as session:
        return session.scalar(accepted) or 0


def _compare(sessions: Sessions, said: dict[str, object], processes: int) -> Books:
    """Each posting once: ours and the ledger's are the same, to the øre, and nothing is in transit."""
    books = Books(f"the postings of {processes} worker process(es)", payments=PAYMENTS)
    with sessions() as session:
        ours = {str(row[0]): row[1] for row in session.execute(select(LedgerPosting.id, LedgerPosting.amount_ore))}
        transit_ore = sum(ore for account, ore in balances(session).items() if account.startswith("transit/"))
    booked = said["booked"]
    assert isinstance(booked, dict)
    books.captured_ore = sum(ours.values())
    books.must_agree("postings here and there", ours, {one: int(Decimal(kr) * 100) for one, kr in booked.items()})
    books.must_agree("postings that came twice", said["repeats"], 0)
    books.must_agree("øre in transit", transit_ore, 0)
    books.must_agree("postings", len(ours), 2 * PAYMENTS)
    return books
