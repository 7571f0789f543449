"""The page of figures: for collections only, of its own municipality, with a table below each drawing."""

import pytest

from tests.web.operations.conftest import Desk

pytestmark = pytest.mark.database
PAGE = "/personale/opkraevning/tal"


def test_a_quiet_fortnight_says_so(desk: Desk) -> None:
    shown = desk.carsten.get(PAGE).text
    assert "Der har ikke været betalinger de sidste 14 dage." in shown
    assert "Ingen fejl venter." in shown
    assert "Ingen betaling er bogført de sidste 14 dage." in shown
    assert '<svg class="chart ' not in shown


def test_a_payment_is_drawn_told_and_in_the_table(desk: Desk) -> None:
    desk.paid()
    shown = desk.carsten.get(PAGE).text
    assert "Betalinger de sidste 14 dage: 1 gennemført og 0 ikke gennemført." in shown
    assert shown.count('<svg class="chart ') == 2
    assert '<td data-title="Gennemført" class="amount">1</td>' in shown
    assert "style=" not in shown


def test_the_neighbours_payments_are_not_ours(desk: Desk) -> None:
    desk.paid()
    assert "Der har ikke været betalinger" in desk.neighbour.get(PAGE).text


def test_thirty_days_and_english(desk: Desk) -> None:
    desk.paid()
    assert "Tal fra de sidste 30 dage" in desk.carsten.get(f"{PAGE}?dage=30").text
    assert "Payments in the last 14 days: 1 completed" in desk.carsten.get(f"{PAGE}?lang=en").text
    assert desk.carsten.get(f"{PAGE}?dage=x'").status_code == 200


def test_only_collections_may(desk: Desk) -> None:
    assert desk.portal.employee("library").get(PAGE).status_code == 403
    assert desk.portal.citizen().get(PAGE).status_code == 303
