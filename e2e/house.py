"""The whole house as it really runs, started for the journeys through the supervisor: where it is, what it knows."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from app.embedded import DATABASE, OWNER, EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0
STOP_SECONDS = 30.0
SECRETS = ("eyJ", "whsec_", "sk_test")
SETTLE_SECONDS = 15.0


@dataclass
class House:
    """Portal, worker, database and the world outside, with one log file for all of them."""

    portal: str
    outside: str
    var: Path
    log: Path
    cookies: set[str] = field(default_factory=set)
    """The value of every cookie that a browser of this run has held."""
    _made: int = 0
    _present: int = 0

    def ask(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        """What the control interface of the world outside answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.outside + path, data=data, method=method)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            text = answer.read()
        return json.loads(text) if text else None

    def state(self, standin: str) -> Any:
        return self.ask(f"/control/{standin}/state")

    def people(self) -> dict[str, dict[str, str]]:
        return {person["name"]: person for person in self.ask("/control/people")}

    def new_citizen(self) -> dict[str, str]:
        """A citizen nobody has met in this run: a late fee at the library of 60,00 and a daycare bill of 250,00 kr."""
        rows: list[dict[str, str]] = self.ask(
            "/control/citizens", method="POST", body={"count": self._made - self._present + 1}
        )
        self._made += 1
        self._present = self._made
        return rows[-1]

    def begin_anew(self) -> None:
        """Everyone owes what the demo world says, with fresh ids, and the portal asks again at the next visit."""
        self.wait_until(
            lambda: self.value("SELECT count(*) = 0 FROM outbox_message WHERE state = 'due' AND attempts < 3")
        )
        self.ask("/control/reset", method="POST")
        self._present = 0
        self._as_owner(
            # What nobody owes any more is long past: each journey's pages show its own bills, not those of all before.
            "UPDATE claim SET closed_at = now() - interval '40 days',"
            " closed_reason = coalesce(closed_reason, 'no_longer_listed'), covered_ore = 0, reflected_at = NULL"
        )
        self.let_pictures_age()

    def let_pictures_age(self) -> None:
        """Ten minutes pass for what the portal knows from its sources, so that the next page asks them."""
        self._as_owner(
            "UPDATE source_hearing SET asked_at = asked_at - interval '10 min',"
            " answered_at = answered_at - interval '10 min', failed_at = failed_at - interval '10 min'"
        )

    def value(self, query: str) -> Any:
        """The one value a query gives, read as the owner of the tables."""
        with psycopg.connect(self._database_url()) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

    def wait_until(self, holds: Callable[[], Any], *, seconds: float = SETTLE_SECONDS) -> None:
        """Wait for something outside the browser; it fails the test when it does not come."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.1)

    @contextlib.contextmanager
    def fault(self, standin: str, kind: str) -> Iterator[None]:
        self.ask(f"/control/{standin}/faults", method="POST", body={"kind": kind})
        try:
            yield
        finally:
            self.ask(f"/control/{standin}/faults", method="DELETE")

    def indiscretions(self) -> list[str]:
        """What stands in the log, so far, of people and of keys: nothing may."""
        log = self.log.read_text(errors="replace")
        assert "outbox_worker_lives" in log, "this log tells nothing"
        numbers = [person["cpr"] for person in self.people().values() if person["cpr"]]
        assert numbers
        found = [number for number in numbers if number in log or f"{number[:6]}-{number[6:]}" in log]
        found += [secret for secret in SECRETS if secret in log]
        return found + [cookie for cookie in self.cookies if len(cookie) > 12 and cookie in log]

    def _as_owner(self, statement: LiteralString) -> None:
        with psycopg.connect(self._database_url(), autocommit=True) as connection:
            connection.execute(statement)

    def _database_url(self) -> str:
        pid_file = self.var / "postgres" / "data" / "postmaster.pid"
        socket_folder = pid_file.read_text().splitlines()[4]
        return EmbeddedServer(socket_folder).url(role=OWNER, database=DATABASE)

    def left_behind(self) -> list[str]:
        """Processes that still belong to this house: they bear its folder in their environment or command."""
        found, mark = [], str(self.var).encode()
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal() or int(process.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if mark in command or mark in (process / "environ").read_bytes():
                    found.append(f"{process.name} {command.replace(bytes(1), b' ').decode(errors='replace')}")
        return found


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _await_ready(house: House, supervisor: subprocess.Popen[bytes]) -> None:
    port = house.portal.rpartition(":")[2]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if supervisor.poll() is not None:
            break
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer,
        ):
            if json.load(answer)["workers"].startswith("ok"):
                return
        time.sleep(0.1)
    raise AssertionError(f"the house did not start; its log ends:\n{house.log.read_text()[-3000:]}")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[House]:
    """Start everything with data of its own in `folder`; at the end stop it, and see that nothing is left running."""
    portal_port, outside_port, smtp_port = _free_ports(3)
    house = House(
        f"http://localhost:{portal_port}", f"http://localhost:{outside_port}", folder / "var", folder / "house.log"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BDK_")} | {
        "BDK_VAR": str(house.var),
        "BDK_PORT": str(portal_port),
        "BDK_STANDINS_PORT": str(outside_port),
        "BDK_STANDINS_SMTP_PORT": str(smtp_port),
        # Each browser names an address of its own, as behind a balancer: so every citizen is a visitor of their own
        # to the limits on logins.
        "BDK_TRUSTED_PROXIES": "1",
    }
    command = [sys.executable, "-m", "app.supervisor", "demo"]
    with house.log.open("wb") as log:
        supervisor = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _await_ready(house, supervisor)
        yield house
    finally:
        supervisor.send_signal(signal.SIGINT)
        try:
            supervisor.wait(STOP_SECONDS)
        finally:
            supervisor.kill()
            supervisor.wait()
    assert supervisor.returncode == 0, f"the house ended with {supervisor.returncode}"
    assert house.left_behind() == []
