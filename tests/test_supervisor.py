"""The supervisor says in one line why it cannot start, and leaves nothing running."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT
from app.embedded import FolderLock


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder for data of our own, with a short path."""
    with tempfile.TemporaryDirectory(prefix="bdk", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def environment(var: Path, **said: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BDK_")}
    return {**ours, "BDK_VAR": str(var), **said}


def refused(var: Path, *arguments: str, **said: str) -> str:
    """What a start that fails says."""
    ended = subprocess.run(
        [sys.executable, "-m", "app.supervisor", *arguments],
        env=environment(var, **said), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stdout == ""
    return ended.stderr


def processes_of(var: Path) -> list[str]:
    """Command lines of processes that use a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(var) in words:
            found.append(words)
    return found


def one_line(said: str) -> bool:
    return said.startswith("cannot start: ") and said.count("\n") == 1


@pytest.mark.parametrize(("command", "setting"), [("run", "BDK_PORT"), ("demo", "BDK_STANDINS_PORT")])
def test_a_taken_port_is_one_line_that_says_what_to_do(var: Path, command: str, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        ports = {"BDK_PORT": str(other), "BDK_STANDINS_PORT": str(other), setting: str(port)}
        said = refused(var, command, **ports)
    assert one_line(said)
    assert f"port {port} is taken" in said
    assert f"{setting}=" in said


def test_a_second_owner_is_one_line(var: Path) -> None:
    with FolderLock(var / "test-postgres" / "owner.lock"):
        assert one_line(refused(var, "test", "true"))


def test_a_wrong_setting_is_one_line_with_its_name(var: Path) -> None:
    said = refused(var, "run", BDK_PORT="70000")
    assert one_line(said)
    assert "BDK_PORT" in said


@pytest.mark.parametrize("arguments", [[], ["test"], ["party"]])
def test_another_command_is_told_the_usage(var: Path, arguments: list[str]) -> None:
    assert refused(var, *arguments).startswith("usage: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_leaves_no_process(var: Path, number: signal.Signals) -> None:
    mark = var / "running"
    command = [sys.executable, "-m", "app.supervisor", "test", "sh", "-c", f"touch {mark}; exec sleep 300"]
    with subprocess.Popen(command, env=environment(var), cwd=ROOT, start_new_session=True) as supervisor:
        deadline = time.monotonic() + 40
        while not mark.exists():
            assert time.monotonic() < deadline
            assert supervisor.poll() is None
            time.sleep(0.05)
        assert processes_of(var)
        supervisor.send_signal(number)
        assert supervisor.wait(timeout=30) == 130
    assert processes_of(var) == []
