"""What a catalogue must do for the portal, proven on the fake and on the connector with its stand-in."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from app.sources.connectors.catalogue import CatalogueOverHttp
from app.sources.port import Catalogue, SourceUnavailable, Title
from standins.frame import Served
from tests.fakes.sources import FakeCatalogue

HARBOUR = Title("Vinterhavn", "Karen Stenbæk", "Bog")
GARDEN = Title("Havens år", "Per Lund", "Tidsskrift")
Made = tuple[Catalogue, Callable[[], None]]


@pytest.fixture(params=["fake", "stand-in"])
def made(request: pytest.FixtureRequest, served: Served) -> Iterator[Made]:
    """A catalogue, and what takes it down."""
    if request.param == "fake":
        fake = FakeCatalogue(known={"99910017": HARBOUR, "99910058": GARDEN})

        def take_down() -> None:
            fake.switches.down = True

        yield fake, take_down
        return
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    catalogue = CatalogueOverHttp(f"{served.url}/catalogue")

    def go_down() -> None:
        httpx.post(f"{served.url}/control/catalogue/faults", json={"kind": "down"}).raise_for_status()

    yield catalogue, go_down
    catalogue.close()


def test_titles_of_known_numbers_and_none_of_the_unknown(made: Made) -> None:
    catalogue, _ = made
    found = catalogue.titles(frozenset({"99910017", "99910058", "00000000"}))
    assert found == {"99910017": HARBOUR, "99910058": GARDEN}


def test_nothing_asked_is_answered_with_nothing(made: Made) -> None:
    catalogue, _ = made
    assert catalogue.titles(frozenset()) == {}


def test_a_catalogue_that_is_down_is_unavailable(made: Made) -> None:
    catalogue, take_down = made
    take_down()
    with pytest.raises(SourceUnavailable):
        catalogue.titles(frozenset({"99910017"}))
