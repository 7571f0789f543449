"""Danish unless chosen otherwise; a choice is kept; an unknown language changes nothing; every text has its English."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask import Flask

from app.web import language
from tests.web.page_app import ROOT, page_app

PARAMETERS = re.compile(r"%\(\w+\)s|\{\w+\}")


def _app() -> Flask:
    app = page_app()
    app.add_url_rule("/which", "which", language.current)
    app.add_url_rule("/menu", "menu", language.menu, methods=["GET"])
    return app


def test_danish_is_what_nobody_chose() -> None:
    assert _app().test_client().get("/which", headers={"Accept-Language": "de"}).text == "da"


def test_a_choice_is_remembered_and_can_be_undone() -> None:
    client = _app().test_client()
    assert client.get("/which?lang=en").text == "en"
    assert client.get("/which").text == "en"
    assert client.get("/which?lang=da").text == "da"
    assert client.get("/which").text == "da"


@pytest.mark.parametrize("asked", ["xx", "", "en-GB", "../../etc", "da' OR 1=1", "\x00", "%s"])
def test_an_unknown_language_is_no_error(asked: str) -> None:
    response = _app().test_client().get("/which", query_string={"lang": asked})
    assert (response.status_code, response.text) == (200, "da")
    assert "Set-Cookie" not in response.headers


def test_the_menu_keeps_the_page_and_its_parameters() -> None:
    with _app().test_request_context("/which?a=1&lang=en"):
        assert language.menu() == [
            {"code": "en", "name": "English", "href": "?a=1&lang=en"},
            {"code": "da", "name": "Dansk", "href": "?a=1&lang=da"},
        ]


def test_the_menu_of_a_forms_answer_leads_somewhere_that_can_be_fetched() -> None:
    app = _app()
    app.add_url_rule("/sent", "sent", lambda: "", methods=["POST"])
    with app.test_request_context("/sent?a=1", method="POST"):
        assert [one["href"] for one in language.menu()] == ["/?lang=da", "/?lang=en"]


def test_the_menu_leads_to_no_other_house() -> None:
    with _app().test_request_context("//evil.example/"):
        assert all(one["href"].startswith("?") for one in language.menu())


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text that code and templates speak."""
    pot = tmp_path_factory.mktemp("texts") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", "-k",
               "lazy_gettext", "-o", str(pot), "."]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    return _catalogue(pot)


def _is_said(message: Message) -> bool:
    return bool(_strings(message.string)) and all(_strings(message.string)) and not message.fuzzy


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def test_every_text_has_its_english(extracted: Catalog) -> None:
    english = _catalogue(language.FOLDER / "en" / "LC_MESSAGES" / "messages.po")
    missing = [
        _key(message.id)
        for message in extracted
        if message.id and not ((found := english.get(message.id)) and _is_said(found))
    ]
    assert missing == []


def test_no_english_is_left_without_its_text(extracted: Catalog) -> None:
    english = _catalogue(language.FOLDER / "en" / "LC_MESSAGES" / "messages.po")
    assert [_key(message.id) for message in english if message.id and not extracted.get(message.id)] == []


def test_english_fills_in_what_the_danish_does() -> None:
    for message in _catalogue(language.FOLDER / "en" / "LC_MESSAGES" / "messages.po"):
        if message.id:
            for danish, english in zip(_strings(message.id), _strings(message.string), strict=True):
                assert set(PARAMETERS.findall(english)) == set(PARAMETERS.findall(danish)), message.id


def _strings(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ())
