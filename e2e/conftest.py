"""Fixtures of the journeys: one house for all that run in a process, and browsers that report whatever goes wrong."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from e2e.house import House, running
from e2e.look import Judge
from e2e.visit import Visit

SCREENS = {"1280": (1280, 900), "390": (390, 844)}
_ADDRESSES = count(1)

OpenVisit = Callable[..., Visit]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="a folder for a picture of every page that the journeys come to")


def pytest_configure(config: pytest.Config) -> None:
    config.option.screenshot = "only-on-failure" if config.option.screenshot == "off" else config.option.screenshot
    # The plugin pytest-base-url is older than the pytest that says so.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance:pytest.PytestWarning")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    named = os.environ.get("BDK_CHROMIUM") or "chromium"
    path = shutil.which(named)
    if path is None:
        pytest.fail(
            f"the journeys need chromium ({named!r} is not there): apt-get install chromium, or name one with"
            " BDK_CHROMIUM=...",
            pytrace=False,
        )
    arguments = ["--disable-background-networking", "--disable-dev-shm-usage", "--disable-gpu"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # the sandbox refuses to work for root
    return {**browser_type_launch_args, "executable_path": path, "args": arguments}


@pytest.fixture(scope="session")
def house(worker_id: str) -> Iterator[House]:
    # Not pytest's own folder: a PostgreSQL socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="bdk-e2e-") as folder, running(Path(folder)) as house:
        try:
            yield house
            assert house.indiscretions() == [], "this may stand in no log"
        finally:
            kept = Path("test-results")
            kept.mkdir(exist_ok=True)
            shutil.copy(house.log, kept / f"house-{worker_id}.log")


@pytest.fixture(params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> tuple[int, int]:
    wide, high = request.param
    return wide, high


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Judge:
    pictures: Path | None = request.config.getoption("--pictures")
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    return Judge(pictures)


@pytest.fixture
def world(house: House) -> House:
    """The demo world as new: for journeys of people with names."""
    house.begin_anew()
    return house


@pytest.fixture
def open_visit(house: House, judge: Judge, screen: tuple[int, int], new_context: Any) -> Iterator[OpenVisit]:
    """Opens browsers, each from an address of its own; at the end none may have had anything to complain of."""
    visits: list[Visit] = []

    def open_one(*, language: str = "da", **more: Any) -> Visit:
        number = next(_ADDRESSES)
        address = f"10.{number // 60_000}.{number // 250 % 250}.{number % 250 + 1}"
        wanted = {
            "viewport": {"width": screen[0], "height": screen[1]},
            "locale": "da-DK",
            "timezone_id": "Europe/Copenhagen",
            "reduced_motion": "reduce",
            "extra_http_headers": {"X-Forwarded-For": address},
        }
        runs_scripts = more.get("java_script_enabled", True)
        visit = Visit(new_context(**(wanted | more)), house, judge, language=language, runs_scripts=runs_scripts)
        visits.append(visit)
        return visit

    yield open_one
    faults = [fault for visit in visits for fault in visit.end()]
    assert faults == []
    assert house.ask("/control/violations") == []


@pytest.fixture
def visit(open_visit: OpenVisit) -> Visit:
    return open_visit()
