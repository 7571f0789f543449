"""Every status can be said: on the badge, in a sentence, and aloud at the desk, in both languages."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from app.claims.status import Group, Key, Status
from app.web.wording import STATUSES, worded
from tests.web.page_app import NOW, TODAY, languages, page_app


@dataclass(frozen=True)
class Owed:
    """As much of a bill as its words need."""

    status: Status
    outstanding_ore: int = 20000


def _status(key: Key) -> Status:
    return Status(key, Group.SOON, selectable=True, on=TODAY, at=NOW, amount_ore=7500, of_ore=27500)


def test_every_status_has_words() -> None:
    assert set(STATUSES) == set(Key)


@pytest.mark.parametrize("key", list(Key))
@pytest.mark.parametrize("language", list(languages()))
def test_words_are_filled_and_spoken(key: Key, language: str) -> None:
    with page_app().test_request_context(f"/?lang={language}"):
        said = worded(Owed(_status(key)))
    for text in (said.badge, said.sentence, said.say):
        assert "%" not in text
        assert "None" not in text
        assert ".." not in text
    assert said.badge
    assert said.say[0] in "»“"
    assert said.say[-1] in "«”"
    assert said.badge_class in {None, "info", "success", "warning", "error"}


def test_the_language_changes_the_words() -> None:
    app = page_app()
    for key in Key:
        with app.test_request_context("/"):
            danish = worded(Owed(_status(key)))
        with app.test_request_context("/?lang=en"):
            english = worded(Owed(_status(key)))
        assert danish.say != english.say
        assert danish.badge != english.badge


def test_days_and_amounts_stand_in_the_words() -> None:
    with page_app().test_request_context("/"):
        due = worded(Owed(Status(Key.DUE_SOON, Group.SOON, selectable=True, on=date(2026, 5, 20))))
        part = worded(Owed(_status(Key.PART_PAID)))
        open_ended = worded(Owed(replace(_status(Key.PART_PAID), on=None, at=None)))
        undated = worded(Owed(Status(Key.UNPAID, Group.LATER, selectable=True)))
        paid = worded(Owed(Status(Key.PAID, Group.CLOSED, selectable=False, at=NOW)))
    assert due.badge == "Betal senest onsdag 20. maj"
    assert part.badge == "75,00\N{NO-BREAK SPACE}kr. af 275,00\N{NO-BREAK SPACE}kr. er betalt"
    assert part.sentence == "Der mangler 200,00\N{NO-BREAK SPACE}kr. Betal senest torsdag 14. maj."
    assert open_ended.sentence == "Der mangler 200,00\N{NO-BREAK SPACE}kr."
    assert undated.badge == "Ikke betalt"
    assert paid.badge == "Betalt torsdag 14. maj"
