"""The payment providers' worlds, on stand-ins that answer for all tests of a file."""

from collections.abc import Iterator

import pytest

from standins.frame import Served, serve_in_thread
from tests.contracts.payment_worlds import Letterbox, World, open_letterbox
from tests.contracts.payment_worlds_joined import WORLDS


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
