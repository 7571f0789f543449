"""The embedded server: one owner a folder, begun anew when its first start was interrupted."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app import embedded
from app.config import ROOT

HOLD = """
import sys, time
from pathlib import Path
from app.embedded import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


START_AGAIN = """
import sys, psycopg
from pathlib import Path
from app import embedded
with embedded.running(Path(sys.argv[1]), durable=False) as server:
    with psycopg.connect(server.url(role=embedded.OWNER, database="kept")) as connection:
        print(*connection.execute("SELECT current_user").fetchone())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own user can reach, with a short path: a socket stands in it."""
    with tempfile.TemporaryDirectory(prefix="bdk", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made) / "pg"


def test_an_interrupted_first_start_is_begun_anew_and_what_is_stored_stays(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("half a start")
    with embedded.running(folder, durable=False) as server:
        assert (folder / "ready").exists()
        for _again in range(2):
            embedded.make_database(server.url(), name="kept", owner=embedded.OWNER)
            embedded.make_roles(server.url())
        with pytest.raises(embedded.AlreadyOwned, match="stop it first"), embedded.running(folder):
            pass
    # A process starts a server once, as the supervisor does, so the second start is another process'.
    again = subprocess.run(
        [sys.executable, "-c", START_AGAIN, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert again.stdout == "bdk_owner\n"


def test_many_who_make_the_roles_at_once_take_turns(folder: Path) -> None:
    with embedded.running(folder, durable=False) as server:
        url = server.url()
        for _again in range(5):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP ROLE IF EXISTS bdk_app")
                connection.execute("DROP ROLE IF EXISTS bdk_owner")
            with ThreadPoolExecutor(8) as many:
                list(many.map(lambda _: embedded.make_roles(url, with_passwords=True), range(8)))


def test_the_lock_of_a_killed_owner_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "owner.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, cwd=ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(embedded.AlreadyOwned), embedded.FolderLock(lock):
            pass
        holder.send_signal(signal.SIGKILL)
    with embedded.FolderLock(lock):
        pass
