"""Processes that are killed without warning and started again at once, as a supervisor would."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.config import ROOT
from app.supervisor import Family


class Crew(Family):
    """A family whose members may be killed or frozen; what each says goes into a file of its own."""

    def __init__(self, logs: Path) -> None:
        super().__init__()
        self.logs = logs
        self.kills: Counter[str] = Counter()
        self._how: dict[str, tuple[Sequence[str], dict[str, str]]] = {}

    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Start a member in a process group of its own, so that a kill reaches all of it at once."""
        self._how[name] = command, environment
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                command, env={"MALLOC_ARENA_MAX": "2", **environment}, cwd=ROOT, start_new_session=True, stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL a member and start it again at once."""
        self.end(name)
        self.kills[name] += 1
        self.start(name, *self._how[name])

    def end(self, name: str) -> None:
        """SIGKILL a member for good."""
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def freeze(self, name: str, *, as_name: str) -> None:
        """Stop a member where it stands, known as `as_name` from now on, and start another in its place."""
        os.killpg(self.pid(name), signal.SIGSTOP)
        self._children[as_name] = self._children.pop(name)
        self.start(name, *self._how[name])

    def thaw(self, name: str) -> None:
        """Let a stopped member go on, as if nothing had been."""
        os.killpg(self.pid(name), signal.SIGCONT)
