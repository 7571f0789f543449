"""The catalogue's connector: one call for what it does not remember, and nothing taken on trust."""

from collections.abc import Iterator

import pytest

from app.sources.connectors.catalogue import ASKED_AT_ONCE, CatalogueOverHttp
from app.sources.port import SourceNonsense, SourceUnavailable
from tests.fakes.peer import Peer, peer_answering


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peer_answering() as made:
        yield made


@pytest.fixture
def catalogue(peer: Peer) -> Iterator[CatalogueOverHttp]:
    made = CatalogueOverHttp(peer.url)
    yield made
    made.close()


def title(record_id: str) -> dict[str, str]:
    return {"id": record_id, "title": f"Bog {record_id}", "author": "Nogen", "kind": "Bog"}


def test_all_numbers_are_asked_in_one_call_and_remembered(peer: Peer, catalogue: CatalogueOverHttp) -> None:
    peer.answers({"titles": [title("1"), title("2")]})
    asked = frozenset({"1", "2", "3"})
    first = catalogue.titles(asked)
    assert first.keys() == {"1", "2"}
    assert peer.paths == ["/titles?id=1&id=2&id=3"]
    assert catalogue.titles(asked) == first
    assert len(peer.paths) == 1, "what is known, and what is known to be unknown, is not asked again"
    peer.answers({"titles": [title("4")]})
    assert catalogue.titles(frozenset({"1", "4"})).keys() == {"1", "4"}
    assert peer.paths[1:] == ["/titles?id=4"]


def test_no_more_is_remembered_than_allowed_and_the_longest_unused_goes(peer: Peer) -> None:
    catalogue = CatalogueOverHttp(peer.url, remembered=2)
    for record_id in ("1", "2"):
        peer.answers({"titles": [title(record_id)]})
        catalogue.titles(frozenset({record_id}))
    catalogue.titles(frozenset({"1"}))
    peer.answers({"titles": [title("3")]})
    catalogue.titles(frozenset({"3"}))
    catalogue.titles(frozenset({"1"}))
    assert len(peer.paths) == 3
    peer.answers({"titles": [title("2")]})
    assert catalogue.titles(frozenset({"2"})).keys() == {"2"}
    assert len(peer.paths) == 4
    catalogue.close()


def test_a_list_too_long_for_an_address_is_asked_in_parts(peer: Peer, catalogue: CatalogueOverHttp) -> None:
    peer.answers({"titles": []}, times=2)
    assert catalogue.titles(frozenset(str(number) for number in range(ASKED_AT_ONCE + 1))) == {}
    assert len(peer.paths) == 2


def test_a_title_not_asked_for_is_not_believed(peer: Peer, catalogue: CatalogueOverHttp) -> None:
    peer.answers({"titles": [title("9")]})
    assert catalogue.titles(frozenset({"1"})) == {}


@pytest.mark.parametrize("answer", [b"<html>", [], {"titles": [{"id": 1, "title": "t"}]}, {"titles": [{"id": "1"}]}])
def test_nonsense_is_named_and_nothing_of_it_remembered(
    peer: Peer, catalogue: CatalogueOverHttp, answer: object
) -> None:
    peer.answers(answer)
    with pytest.raises(SourceNonsense, match=r"^catalogue: "):
        catalogue.titles(frozenset({"1"}))
    peer.answers({"titles": [title("1")]})
    assert catalogue.titles(frozenset({"1"})).keys() == {"1"}


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_status_means_no_titles_now(peer: Peer, catalogue: CatalogueOverHttp, status: int) -> None:
    peer.answers({}, status=status)
    with pytest.raises(SourceUnavailable, match=str(status)):
        catalogue.titles(frozenset({"1"}))
