"""The press alone: what it says when it is asked whether it works."""

import subprocess
import sys

from app.web import press


def test_asked_whether_it_works_it_prints_nothing() -> None:
    ended = subprocess.run([sys.executable, "-I", press.__file__, "check"], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, b"")
