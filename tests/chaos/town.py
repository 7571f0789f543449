"""The house with everything that may be killed in a process of its own, on a durable PostgreSQL."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psycopg

from app import supervisor
from app.embedded import DATABASE, EmbeddedServer
from app.outbox.queries import workers_alive
from bench.house import House, free_port, prepare
from tests.chaos.crew import Crew

MORTALS = ("portal", "worker", "ledger")
"""What is killed. The other stand-ins live through it, in one process: somebody must know what was really paid."""
BACK_SECONDS = 180.0
"""Far longer than anybody needs to come back, also on a machine with ten times its work."""


@dataclass(frozen=True, kw_only=True)
class Town(House):
    """A house whose members can be killed."""

    crew: Crew
    http: httpx.Client
    """One for all that the driver says over HTTP to the stand-ins: making one costs more than most calls."""
    ledger: str
    """Where the ledger's stand-in is; to the house it is `ledger_url`."""

    def end_workers_lives(self) -> None:
        """What PostgreSQL does when a host no longer answers: the connections by which its workers live are ended."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bdk worker'"
            )

    def wait_until_back(self, name: str) -> None:
        """One of the mortals answers again, or takes messages again.

        :raises CannotStart: it does not, or somebody ended who was not killed
        """
        is_back = self._worker_lives if name == "worker" else partial(self._answers, name)
        deadline = time.monotonic() + BACK_SECONDS
        while not is_back():
            if ended := self.crew.dead():
                raise supervisor.CannotStart(f"{ended} ended by itself; its own words are in {self.crew.logs}")
            if time.monotonic() > deadline:
                raise supervisor.CannotStart(f"{name} did not come back within {BACK_SECONDS:.0f} s")
            time.sleep(0.1)

    def _worker_lives(self) -> bool:
        with self.wires.sessions() as session:
            return bool(workers_alive(session))

    def _answers(self, name: str) -> bool:
        url = {"portal": f"{self.portal_url}/healthz", "ledger": f"{self.ledger}/control/faults"}[name]
        try:
            return self.http.get(url, timeout=5).is_success
        except httpx.TransportError:
            return False


@contextmanager
def built(running: EmbeddedServer, folder: Path) -> Iterator[Town]:
    """Everything running on an empty database; all of it is stopped in the end."""
    ledger_port = free_port()
    ledger_url = f"http://127.0.0.1:{ledger_port}"
    own = {"BDK_LEDGER_BASE_URL": f"{ledger_url}/ledger", "BDK_LOG_LEVEL": "WARNING"}
    environment, wires = prepare(running, folder, own)
    outside_url = f"http://127.0.0.1:{environment['BDK_STANDINS_PORT']}"
    portal_url = f"http://127.0.0.1:{environment['BDK_PORT']}"
    crew, http = Crew(folder / "logs"), httpx.Client(timeout=60, verify=False)  # noqa: S501 - plain HTTP on this machine
    journal = ["--journal", str(folder / "ledger" / "journal"), "--library", outside_url]
    try:
        files = sorted(supervisor.DEMO_MUNICIPALITIES.glob("*.yaml"))
        supervisor.load_municipalities(environment["BDK_DATABASE_URL"], files)
        crew.start("outside", [sys.executable, "-m", "standins"], environment)
        crew.start(
            "ledger", [sys.executable, "-m", "standins", "--only", "ledger", *journal],
            environment | {"BDK_STANDINS_PORT": str(ledger_port)},
        )  # fmt: skip
        crew.start("worker", supervisor.worker_command(), environment)
        crew.start("portal", supervisor.portal_command(int(environment["BDK_PORT"])), environment)
        admin_url = running.url(database=DATABASE)
        town = Town(
            crew,
            environment,
            wires,
            admin_url,
            portal_url,
            outside_url,
            ledger_url,
            crew=crew,
            http=http,
            ledger=ledger_url,
        )
        supervisor.wait_for(f"{outside_url}/", crew)
        for name in MORTALS:
            town.wait_until_back(name)
        yield town
    finally:
        crew.stop()
        http.close()
        wires.sessions.kw["bind"].dispose()
