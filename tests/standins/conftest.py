"""The stand-ins, served over real HTTP from a thread of the test process."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from standins.frame import Served, serve_in_thread


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Every stand-in on a free port; the keys that the supervisor would make lie in `key_folder`."""
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def visitor(served: Served) -> Iterator[httpx.Client]:
    """A browser that follows no redirect, on stand-ins that have just been reset."""
    with httpx.Client(base_url=served.url) as client:
        client.post("/control/reset").raise_for_status()
        yield client


@pytest.fixture(scope="module")
def key_folder(served: Served) -> Path:
    return served.place.key_folder
