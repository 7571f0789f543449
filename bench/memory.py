"""How much memory a process and its children hold."""

from collections.abc import Iterator
from pathlib import Path


def rss_mib(pid: int) -> float:
    """Resident memory of a process and its children, in MiB; pages that they share are counted for each."""
    return _sum(pid, "Rss:")


def pss_mib(pid: int) -> float:
    """The same, with shared pages counted once among those that share them."""
    return _sum(pid, "Pss:")


def _sum(pid: int, what: str) -> float:
    kib = 0
    for one in _family(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it has just ended
        kib += sum(int(line.split()[1]) for line in lines if line.startswith(what))
    return kib / 1024


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from _family(int(child))
