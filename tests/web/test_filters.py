"""Money, days, times and numbers as the pages write them, in both languages."""

from datetime import UTC, date, datetime

import pytest
from jinja2 import nodes

from app.municipalities.facts import Contact
from app.web import filters
from tests.web.page_app import ROOT, TODAY, fjordby, page_app

NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("ore", "danish", "english"),
    [
        (0, f"0,00{NB}kr.", f"DKK{NB}0.00"),
        (5, f"0,05{NB}kr.", f"DKK{NB}0.05"),
        (123450, f"1.234,50{NB}kr.", f"DKK{NB}1,234.50"),
        (123456789, f"1.234.567,89{NB}kr.", f"DKK{NB}1,234,567.89"),
        (-6000, f"-60,00{NB}kr.", f"DKK{NB}-60.00"),
    ],
)
def test_money(ore: int, danish: str, english: str) -> None:
    app = page_app()
    with app.test_request_context("/"):
        assert filters.money(ore) == danish
    with app.test_request_context("/?lang=en"):
        assert filters.money(ore) == english


@pytest.mark.parametrize(
    ("on", "danish", "english"),
    [
        (TODAY, "torsdag 14. maj", "Thursday 14 May"),
        (date(2026, 5, 21), "torsdag 21. maj", "Thursday 21 May"),
        (date(2026, 5, 22), "22. maj 2026", "22 May 2026"),
        (date(2026, 5, 7), "torsdag 7. maj", "Thursday 7 May"),
        (date(2019, 12, 1), "1. december 2019", "1 December 2019"),
    ],
)
def test_a_day_within_a_week_bears_its_weekday(on: date, danish: str, english: str) -> None:
    app = page_app()
    with app.test_request_context("/"):
        assert filters.near_day(on) == danish
    with app.test_request_context("/?lang=en"):
        assert filters.near_day(on) == english


@pytest.mark.parametrize(
    ("at", "danish", "english"),
    [
        (datetime(2026, 5, 14, 9, 12, tzinfo=UTC), f"i dag kl.{NB}11.12", f"today at{NB}11.12"),
        (datetime(2026, 5, 13, 20, 10, tzinfo=UTC), f"i går kl.{NB}22.10", f"yesterday at{NB}22.10"),
        (datetime(2026, 5, 13, 22, 30, tzinfo=UTC), f"i dag kl.{NB}00.30", f"today at{NB}00.30"),
        (datetime(2026, 1, 2, 9, 5, tzinfo=UTC), f"2. januar 2026 kl.{NB}10.05", f"2 January 2026 at{NB}10.05"),
    ],
)
def test_moments_are_told_in_copenhagen(at: datetime, danish: str, english: str) -> None:
    app = page_app()
    with app.test_request_context("/"):
        assert filters.near_moment(at) == danish
    with app.test_request_context("/?lang=en"):
        assert filters.near_moment(at) == english


@pytest.mark.parametrize(
    ("number", "shown", "href"),
    [
        ("72001122", f"72{NB}00{NB}11{NB}22", "tel:+4572001122"),
        ("+45 72 00 11 22", f"72{NB}00{NB}11{NB}22", "tel:+4572001122"),
        ("+46 8 123 45", "+46 8 123 45", "tel:+46812345"),
    ],
)
def test_phones_stand_in_pairs_and_can_be_called(number: str, shown: str, href: str) -> None:
    assert filters.phone(number) == shown
    assert filters.phone_link(number) == f'<a class="phone" href="{href}">{shown}</a>'


def test_links_escape_what_they_are_made_of() -> None:
    assert "<img" not in filters.email_link('a"<img src=x>@b.dk')


def test_areas_are_listed_as_one_says_them() -> None:
    facts = fjordby()
    one = facts.model_copy(update={"areas": {"library": facts.areas["library"], "other": facts.areas["other"]}})
    with page_app().test_request_context("/"):
        assert filters.area_names(facts) == "bibliotek, børnepasning, ejendom, ydelser og parkering"
        assert filters.area_names(one) == "bibliotek"


def test_a_cpr_is_masked() -> None:
    assert filters.cpr_mask("6103721234") == "610372-****"


def test_opening_hours_of_today_and_of_the_week() -> None:
    app = page_app()
    contact = Contact.model_validate(
        {
            "name": {"da": "A", "en": "A"},
            "phone": "72001122",
            "email": "a@b.dk",
            "hours": {"thu": "10-18", "mon": "9.30-14"},
        }
    )
    closed = contact.model_copy(update={"hours": {}})
    with app.test_request_context("/"):
        assert filters.hours_today(contact) == "Åbent i dag 10–18"
        assert filters.hours_today(closed) == "Lukket i dag"
        assert filters.hours_by_day(contact) == [("mandag", "9.30–14"), ("torsdag", "10–18")]


def test_no_template_has_a_constant_filtered() -> None:
    """Jinja would do it once for all, in the language of whoever came first (phone numbers have none)."""
    env = page_app().jinja_env
    found = [
        f"{name}: {one.name}"
        for name in env.list_templates()
        for one in env.parse((ROOT / "templates" / name).read_text("utf-8")).find_all(nodes.Filter)
        if isinstance(one.node, nodes.Const) and one.name != "phone_link"
    ]
    assert found == []
