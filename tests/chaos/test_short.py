"""The short version of `make chaos`: 20 kills, the very same code; the books agree to the øre."""

import os
import re
import subprocess
import sys
from pathlib import Path

from app.config import ROOT

# As short as 20 kills can be made: what is killed is back after a second or two of a processor's time.
SHORT = (
    "--kills", "20", "--rate", "2", "--longest", "0.8", "--ahead", "15", "--freezes", "1", "--freeze-seconds", "2",
    "--ask-at-once",
)  # fmt: skip


def test_nothing_is_lost_and_nothing_is_double_whatever_is_killed(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *SHORT],
        cwd=ROOT, env={**os.environ, "BDK_VAR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = f"{run.stdout}\n{run.stderr}"
    assert run.returncode == 0, said
    killed = re.search(r"killed portal (\d+), worker (\d+), ledger (\d+) = 20 times", run.stdout)
    assert killed is not None, said
    paid = re.search(r"^payments (\d+) in ", run.stdout, re.MULTILINE)
    assert paid is not None, said
    assert int(paid[1]) >= 20, said
    assert "captured = journalled = posted = known to the library, exactly" in run.stdout
