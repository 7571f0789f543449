"""Ten thousand open payments in one sweep: its memory, its own speed, its pace at each merchant, and its order."""

import json
import subprocess
import sys
from datetime import timedelta

from sqlalchemy import text

from app import embedded
from app.config import ROOT
from app.embedded import EmbeddedServer
from app.foundation import schema
from app.foundation.clock import utc_now
from app.foundation.db import Sessions, engine_for, sessions_on
from app.payments.sweep import SECONDS_BETWEEN_CALLS, SIDE_BY_SIDE
from bench import seed
from bench.figures import Figure

FEW, MANY, MERCHANTS = 1_000, 10_000, 10
GROWTH_TARGET_MIB = 20.0
_DATABASE = "bdk_sweep"


def measure(server: EmbeddedServer) -> tuple[list[Figure], dict[str, object]]:
    """Sweep a thousand, then ten thousand, each with a process of its own, in a time that passes only by waiting.

    :raises RuntimeError: one was not asked about, or out of order
    """
    embedded.make_database(server.url(), name=_DATABASE, owner=embedded.OWNER)
    schema.upgrade(server.url(role=embedded.OWNER, database=_DATABASE), app_role=embedded.APP)
    url = server.url(role=embedded.APP, database=_DATABASE)
    engine = engine_for(url)
    sessions = sessions_on(engine)
    swept = []
    for numbers in (range(FEW), range(FEW, MANY)):
        seed.fill(sessions, numbers=numbers, provider="stripe")
        _spread(sessions)
        swept.append(_sweep(url, len(numbers) + numbers.start))
    engine.dispose()
    few, many = swept
    growth, asked_per_second = many["peak_mib"] - few["peak_mib"], MANY / many["seconds"]
    figures = [
        Figure("sweep_memory_growth", growth, "MiB", GROWTH_TARGET_MIB, at_most=True),
        Figure("sweep_asked", asked_per_second, "payments/s", SIDE_BY_SIDE / SECONDS_BETWEEN_CALLS),
        Figure("sweep_calls_a_second", many["most_in_a_second"], "calls", 1 / SECONDS_BETWEEN_CALLS, at_most=True),
    ]
    return figures, {"sweep_1000": few, "sweep_10000": many}


def _spread(sessions: Sessions) -> None:
    """Give the payments to several merchants, with as many moments of being asked last, in the order of their ids."""
    with sessions.begin() as session:
        session.execute(
            text("""
                WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS number FROM payment)
                UPDATE payment SET municipality_code = 'm' || number % :merchants, checks = 0,
                                   checked_at = :first + number * interval '1 second'
                FROM numbered WHERE numbered.id = payment.id
            """),
            {"merchants": MERCHANTS, "first": utc_now() - timedelta(days=1)},
        )


def _sweep(url: str, number: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.sweeper", url]
    said = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout
    told: dict[str, float] = json.loads(said)
    if told["asked"] != number or not told["is_in_order"]:
        raise RuntimeError(f"of {number} open payments, {told['asked']:.0f} were asked about, or out of order")
    return told
