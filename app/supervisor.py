"""Starts what runs together and stops all of it: `python -m app.supervisor demo|run|test COMMAND...`."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from app import embedded
from app.config import ROOT, Settings
from app.foundation import keys, schema
from app.foundation.clock import utc_now
from app.foundation.db import engine_for, sessions_on, transaction
from app.municipalities import register

START_SECONDS = 60
STOP_SECONDS = 8
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEMO_MUNICIPALITIES = ROOT / "standins" / "municipalities"


class CannotStart(Exception):
    """Why nothing was started, in one line that says what to do."""


class Family:
    """Child processes that live and die together with this one."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Start a child in a process group of its own, so that Ctrl-C reaches it only through us."""
        # Two arenas: many threads that each keep freed memory of their own would cost 20 MiB and win nothing.
        environment = {"MALLOC_ARENA_MAX": "2", **environment}
        self._children[name] = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)

    def pid(self, name: str) -> int:
        """The process of a child."""
        return self._children[name].pid

    def dead(self) -> str | None:
        """The name of a child that has ended, if one has."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Ask everyone to end, the youngest first, and end those who do not."""
        for child in reversed(self._children.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


def _port_must_be_free(port: int, setting: str) -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(0.3)
                taken = probe.connect_ex((host, port)) == 0
        except OSError:
            continue  # this machine does not speak that family
        if taken:
            raise CannotStart(f"port {port} is taken by another program: stop it, or choose another with {setting}=...")


def wait_for(url: str, family: Family) -> None:
    """Wait until an address of our own answers.

    :raises CannotStart: a child has ended, or there was no answer for a minute
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if name := family.dead():
            raise CannotStart(f"{name} ended at start; its own words stand above")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - an address of our own on this machine
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CannotStart(f"{url} did not answer within {START_SECONDS} seconds")


@contextlib.contextmanager
def _database(settings: Settings, environment: dict[str, str]) -> Iterator[None]:
    """The database named in the settings, or the embedded one; migrated, its address in the environment."""
    if settings.database_url:
        owner_url = settings.migration_database_url or settings.database_url
        schema.upgrade(owner_url, app_role=make_url(settings.database_url).username or "")
        yield
        return
    with embedded.running(settings.var / "postgres") as server:
        embedded.make_database(server.url(), name=embedded.DATABASE, owner=embedded.OWNER)
        environment["BDK_DATABASE_URL"] = server.url(role=embedded.APP, database=embedded.DATABASE)
        environment["BDK_MIGRATION_DATABASE_URL"] = server.url(role=embedded.OWNER, database=embedded.DATABASE)
        schema.upgrade(environment["BDK_MIGRATION_DATABASE_URL"], app_role=embedded.APP)
        yield


def portal_command(port: int, application: str = "app:create_app") -> list[str]:
    """How the portal is served; the benchmark serves what it compares with in the very same way."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "8", "--no-ws", "--log-level", "error", "--factory", application,
    ]  # fmt: skip


def worker_command() -> list[str]:
    """How a worker is started."""
    return [sys.executable, "-m", "flask", "--app", "app", "worker"]


def consumer_command() -> list[str]:
    """How messages are taken from Beskedfordeler's queue."""
    return [sys.executable, "-m", "flask", "--app", "app", "beskedfordeler"]


def load_municipalities(database_url: str, files: Sequence[Path]) -> None:
    """Put municipalities in force, as `municipality load` does, without a process for each.

    :raises CannotStart: a file is wrong
    """
    engine = engine_for(database_url)
    try:
        for file in files:
            with transaction(sessions_on(engine)) as session:
                register.load(session, facts=register.read(file.read_text(encoding="utf-8")), now=utc_now())
    except register.BadMunicipalityFile as error:
        raise CannotStart(f"a municipality's file was not loaded:\n{error}") from error
    finally:
        engine.dispose()


def _until_told(family: Family) -> int:
    """Wait for Ctrl-C, SIGTERM or the end of a child."""
    told = False

    def tell(_number: int, _frame: object) -> None:
        nonlocal told
        told = True

    for number in ENDS:
        signal.signal(number, tell)
    while not told:
        if name := family.dead():
            print(f"{name} has ended; stopping the rest", file=sys.stderr)
            return 1
        time.sleep(0.3)
    return 0


def run(*, demo: bool) -> int:
    """Run portal and worker, and for a demonstration the stand-ins, until told to stop."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if demo:
        keys.make_demo_environment(environment, var=embedded.default_folder())
        os.environ.update(environment)  # this process reads the same settings as its children
    settings = Settings()
    _port_must_be_free(settings.port, "BDK_PORT")
    if demo:
        _port_must_be_free(settings.standins_port, "BDK_STANDINS_PORT")
        _port_must_be_free(settings.standins_smtp_port, "BDK_STANDINS_SMTP_PORT")
    family = Family()
    try:
        with _database(settings, environment):
            # All at once: nobody calls anybody before a person does, and most of a start is reading code.
            if demo:
                family.start("stand-ins", [sys.executable, "-m", "standins"], environment)
            family.start("worker", worker_command(), environment)
            if settings.beskedfordeler_amqp_url and settings.beskedfordeler_queue:
                family.start("beskedfordeler", consumer_command(), environment)
            family.start("portal", portal_command(settings.port), environment)
            if demo or _is_empty_trial(settings, environment):
                load_municipalities(environment["BDK_DATABASE_URL"], sorted(DEMO_MUNICIPALITIES.glob("*.yaml")))
            if demo:
                wait_for(f"http://127.0.0.1:{settings.standins_port}/", family)
            wait_for(f"http://127.0.0.1:{settings.port}/healthz", family)
            print(_welcome(settings, environment["BDK_DATABASE_URL"], demo=demo), flush=True)
            code = _until_told(family)
            family.stop()
            return code
    finally:
        family.stop()


def _is_empty_trial(settings: Settings, environment: dict[str, str]) -> bool:
    """The embedded database of a trial holds no municipality yet: it then gets those of the demonstration."""
    if settings.database_url or settings.env == "production":
        return False
    with psycopg.connect(environment["BDK_DATABASE_URL"]) as connection:
        return connection.execute("SELECT 1 FROM municipality LIMIT 1").fetchone() is None


def _welcome(settings: Settings, database_url: str, *, demo: bool) -> str:
    lines = ["", f"  Betal din kommune   {settings.public_url}"]
    if not settings.database_url:
        lines.append(f"  Database            {database_url}   (for `flask --app app ...`: BDK_DATABASE_URL)")
    if demo:
        lines += [
            f"  The world outside   http://localhost:{settings.standins_port}   (MitID, payments, library, ledger)",
            f"  Mail arrives at     http://localhost:{settings.standins_port}/mail/",
            "  Log in as           Kirsten Lund, Ahmed Yilmaz, Ingrid Holm, Bent Madsen, Palle Mange, ...",
            f"  Staff               {settings.public_url}/personale",
            "                      (library: Lone Dahl, Nanna Birk in Skovlund; collections: Carsten Bro, Dorte Falk)",
            "  Pay with            4242 4242 4242 4242, any date to come, any CVC; or MobilePay",
        ]
    return "\n".join([*lines, "  Stop with           Ctrl-C", ""])


def test(command: Sequence[str]) -> int:
    """Run a command beside a PostgreSQL server for tests, whose superuser's address it finds in the environment."""
    if os.environ.get("BDK_TEST_DATABASE_URL"):
        return subprocess.run(command, check=False).returncode
    with embedded.running(embedded.default_folder() / "test-postgres", durable=False) as server:
        environment = {**os.environ, "BDK_TEST_DATABASE_URL": server.url()}
        return subprocess.run(command, env=environment, check=False).returncode


def _interrupt(_number: int, _frame: object) -> None:
    """Whatever is being started is given up and stopped in order; a second Ctrl-C does not disturb that."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """Read the command line; every failure that a person can mend is one clear line."""
    for number in ENDS:
        signal.signal(number, _interrupt)
    try:
        match arguments:
            case ["demo"]:
                return run(demo=True)
            case ["run"]:
                return run(demo=False)
            case ["test", *command] if command:
                return test(command)
            case _:
                print("usage: python -m app.supervisor demo | run | test COMMAND...", file=sys.stderr)
    except (CannotStart, embedded.AlreadyOwned) as error:
        print(f"cannot start: {error}", file=sys.stderr)
    except ValidationError as error:
        for fault in error.errors():
            where = "BDK_" + "_".join(str(part) for part in fault["loc"]).upper() + ": " if fault["loc"] else ""
            print(f"cannot start: {where}{fault['msg']}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
