"""The catalogue's stand-in answers titles, leaves out what it does not know, and has a page."""

import httpx
import pytest


def test_titles_come_once_each_in_the_order_asked(visitor: httpx.Client) -> None:
    asked = {"id": ["99910025", "00000000", "99910017", "99910025"]}
    found = visitor.get("/catalogue/titles", params=asked).raise_for_status().json()
    assert found == {
        "titles": [
            {"id": "99910025", "title": "Fyret ved Sandodde", "author": "Anders Høj", "kind": "Bog"},
            {"id": "99910017", "title": "Vinterhavn", "author": "Karen Stenbæk", "kind": "Bog"},
        ]
    }


@pytest.mark.parametrize("count", [0, 501])
def test_none_or_too_many_numbers_are_refused(visitor: httpx.Client, count: int) -> None:
    assert visitor.get("/catalogue/titles", params={"id": [str(one) for one in range(count)]}).status_code == 400


def test_the_page_and_the_state_show_what_is_known(visitor: httpx.Client) -> None:
    assert "Vinterhavn" in visitor.get("/catalogue/").text
    assert "99910017" in visitor.get("/control/catalogue/state").json()["titles"]
