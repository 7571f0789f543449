"""What the contracts share: stand-ins that answer for all tests of a file, and the worlds built on them."""

from collections.abc import Iterator

import pytest

from standins.frame import Served, serve_in_thread
from tests.contracts.ledgers import Bench, FakeBench, standin_bench
from tests.contracts.payment_worlds import Letterbox, World, open_letterbox
from tests.contracts.payment_worlds_joined import WORLDS


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture(params=["fake", "stand-in"])
def bench(request: pytest.FixtureRequest, served: Served) -> Iterator[Bench]:
    if request.param == "fake":
        yield FakeBench()
    else:
        with standin_bench(served) as made:
            yield made


@pytest.fixture(scope="module")
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as box:
        yield box


@pytest.fixture(scope="module")
def paid_to(letterbox: Letterbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(letterbox.url, tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, paid_to: Served, letterbox: Letterbox) -> World:
    return WORLDS[request.param](paid_to, letterbox)
