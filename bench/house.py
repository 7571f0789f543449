"""The whole house for a benchmark: a durable PostgreSQL of its own, the stand-ins, a worker and the portal."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from app import embedded, supervisor
from app.config import ROOT, Settings
from app.foundation import keys, schema
from app.wiring import Wires, wire
from bench.books import Outside

CODE = "0991"
"""Fjordby, where the stand-ins make up citizens."""


@dataclass(frozen=True)
class House:
    """Everything that runs, and how to reach it."""

    family: supervisor.Family
    environment: dict[str, str]
    wires: Wires
    admin_url: str
    portal_url: str
    standins_url: str
    ledger_url: str | None = None
    """Where the ledger's stand-in has a process of its own."""

    def outside(self) -> Outside:
        """What provider, ledger and library say they have."""
        stripe, ledger, fbs = (self.control(name) for name in ("stripe", "ledger", "fbs"))
        return Outside(
            captured=self._captured(),
            captured_ore=stripe["captured_ore"],
            postings=frozenset(UUID(one) for one in ledger["uuids"]),
            accounts=ledger["accounts"],
            orders={fee: one["order_id"] for fee, one in fbs["fees"].items() if one["order_id"]},
            by_ledger=frozenset(fee for fee, one in fbs["fees"].items() if one["paid_on"] and not one["order_id"]),
        )

    def _captured(self) -> dict[str, int]:
        """Every paid session, as Stripe's own list has it."""
        found: dict[str, int] = {}
        key = self.wires.settings.stripe_secret_key
        assert key is not None
        login, last = {"Authorization": f"Bearer {key.get_secret_value()}"}, ""
        with httpx.Client(base_url=f"{self.standins_url}/stripe/v1", headers=login, timeout=60) as client:
            while True:
                asked = {"limit": "100"} | ({"starting_after": last} if last else {})
                page = client.get("/checkout/sessions", params=asked).raise_for_status().json()
                found |= {one["id"]: one["amount_total"] for one in page["data"] if one["payment_status"] == "paid"}
                if not page["has_more"]:
                    return found
                last = page["data"][-1]["id"]

    def control(self, standin: str) -> dict[str, Any]:
        """What a stand-in says of itself."""
        url = self.ledger_url if self.ledger_url and standin == "ledger" else self.standins_url
        answer = httpx.get(f"{url}/control/{standin}/state", timeout=60).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def serve(self, name: str, application: str, extra: dict[str, str]) -> str:
        """Serve another application exactly as the portal is served; returns its address."""
        port = free_port()
        self.family.start(name, supervisor.portal_command(port, application), {**self.environment, **extra})
        address = f"http://127.0.0.1:{port}"
        supervisor.wait_for(f"{address}/healthz", self.family)
        return address


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path) -> Iterator[embedded.EmbeddedServer]:
    """An empty PostgreSQL as production has it: every commit is on the disk before it is answered."""
    shutil.rmtree(folder, ignore_errors=True)
    with embedded.running(folder, durable=True) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def built(running: embedded.EmbeddedServer, folder: Path) -> Iterator[House]:
    """The house on an empty database; everything that was started is stopped in the end."""
    environment, wires = prepare(running, folder)
    family = supervisor.Family()
    standins_url = f"http://127.0.0.1:{environment['BDK_STANDINS_PORT']}"
    portal_url = f"http://127.0.0.1:{environment['BDK_PORT']}"
    try:
        family.start("stand-ins", [sys.executable, "-m", "standins"], environment)
        supervisor.load_municipalities(
            environment["BDK_DATABASE_URL"], sorted(supervisor.DEMO_MUNICIPALITIES.glob("*.yaml"))
        )
        family.start("worker", supervisor.worker_command(), environment)
        family.start("portal", supervisor.portal_command(int(environment["BDK_PORT"])), environment)
        supervisor.wait_for(f"{standins_url}/", family)
        supervisor.wait_for(f"{portal_url}/healthz", family)
        admin_url = running.url(database=embedded.DATABASE)
        yield House(family, environment, wires, admin_url, portal_url, standins_url)
    finally:
        family.stop()


def prepare(
    running: embedded.EmbeddedServer, folder: Path, own: Mapping[str, str] | None = None
) -> tuple[dict[str, str], Wires]:
    """An empty, migrated database; the environment of whatever is to run on it, `own` settings first; and our wires."""
    embedded.make_database(running.url(), name=embedded.DATABASE, owner=embedded.OWNER)
    database_url = running.url(role=embedded.APP, database=embedded.DATABASE)
    environment = environment_of(folder, database_url, own or {})
    owner_url = running.url(role=embedded.OWNER, database=embedded.DATABASE)
    schema.upgrade(owner_url, app_role=embedded.APP)
    os.environ.update(environment)  # the wires of this process are those of its children
    return environment, wire(Settings())


def environment_of(folder: Path, database_url: str, own: Mapping[str, str]) -> dict[str, str]:
    """That of a demonstration, whatever the shell says: a benchmark must measure the same thing everywhere."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BDK_")}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "BDK_PORT": str(free_port()),
        "BDK_STANDINS_PORT": str(free_port()),
        "BDK_DATABASE_URL": database_url,
        "BDK_LOG_LEVEL": "ERROR",
        **own,
    }
    keys.make_demo_environment(environment, var=folder)
    return environment
