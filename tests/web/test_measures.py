"""Counts, shares and stretches of time as people read them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.web import measures
from tests.web.page_app import page_app

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(params=["da", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with page_app().test_request_context(f"/?lang={request.param}"):
        yield request.param


def test_counts(language: str) -> None:
    assert measures.number(1234567) == {"da": "1.234.567", "en": "1,234,567"}[language]


@pytest.mark.parametrize(
    ("value", "danish", "english"),
    [(98.74, f"98,7{NBSP}%", "98.7%"), (100, f"100{NBSP}%", "100%"), (99.99, f"99,9{NBSP}%", "99.9%"),
     (0, f"0{NBSP}%", "0%")],
)  # fmt: skip
def test_a_share_that_is_not_all_of_it_is_never_said_to_be(
    language: str, value: float, danish: str, english: str
) -> None:
    assert measures.percent(value) == (danish if language == "da" else english)


@pytest.mark.parametrize(
    ("seconds", "danish", "english", "short"),
    [
        (0.84, "0,8 sekunder", "0.8 seconds", None),
        (45.4, "45 sekunder", "45 seconds", None),
        (119.4, "119 sekunder", "119 seconds", None),
        (180, "3 minutter", "3 minutes", ("3 min.", "3 min")),
        (7500, "2 timer 5 minutter", "2 hours 5 minutes", None),
        (3600, "1 time", "1 hour", ("1 t.", "1 h")),
        (5400, "1 time 30 minutter", "1 hour 30 minutes", ("1,5 t.", "1.5 h")),
        (3 * 86400 + 3600, "3 dage 1 time", "3 days 1 hour", None),
        (30, "30 sekunder", "30 seconds", ("30 s", "30 s")),
    ],
)
def test_how_long(language: str, seconds: float, danish: str, english: str, short: tuple[str, str] | None) -> None:
    assert measures.duration(seconds) == (danish if language == "da" else english)
    if short:
        assert measures.short_duration(seconds) == short[language == "en"]


def test_an_age_is_never_negative(language: str) -> None:
    assert measures.age(timedelta(seconds=-5)).startswith("0 min")
