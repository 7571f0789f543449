"""The pages that need no login: readable, whole in both languages, and without dead ends."""

import re

import pytest
from flask.testing import FlaskClient

from app.web.citizen import front
from tests.web.page_app import languages, page_app
from tests.web.plain import FORBIDDEN, lix, text_of

PATHS = ["/", "/hjaelp", "/was", "/privatliv"]


def _client(*, statement: str | None = None) -> FlaskClient:
    return page_app(front.bp, statement=statement).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", list(languages()))
def test_pages_are_whole(path: str, language: str) -> None:
    page = _client().get(f"{path}?lang={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert len(re.findall("<h1", page.text)) == 1
    assert len(re.findall("<main", page.text)) == 1
    assert re.search(r"<title>.+ – Betal din kommune – Fjordby", page.text)
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    assert not re.search(r"\son\w+=", page.text)


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_easy_to_read(path: str) -> None:
    text = text_of(_client().get(path).text)
    assert len(text) > 200
    assert lix(text) <= 30
    assert [word for word in FORBIDDEN if word in text.lower()] == []


def test_english_pages_have_no_danish_left() -> None:
    for path in PATHS:
        # Names of places stay Danish; what the page itself says does not.
        text = text_of(_client().get(f"{path}?lang=en").text).replace("Gældsstyrelsen", "")
        assert not re.search("[æøåÆØÅ]", text), path


def test_links_in_the_page_have_their_targets() -> None:
    client = _client()
    seen = {path: client.get(path).text for path in PATHS}
    for text in seen.values():
        for href in re.findall(r'href="(/[^"]*)"', text):
            path, _, anchor = href.partition("#")
            if anchor and path in seen:
                assert f'id="{anchor}"' in seen[path], href


def test_the_statement_of_accessibility_is_where_the_law_wants_it() -> None:
    response = _client(statement="https://was.digst.dk/fjordby-dk").get("/was")
    assert (response.status_code, response.location) == (303, "https://was.digst.dk/fjordby-dk")


def test_the_front_page_says_how_to_reach_people() -> None:
    text = _client().get("/").text
    assert 'href="tel:+45' in text
    assert 'href="mailto:' in text
    assert 'href="/login"' in text


def test_the_front_page_sets_no_cookie() -> None:
    assert "Set-Cookie" not in _client().get("/").headers
