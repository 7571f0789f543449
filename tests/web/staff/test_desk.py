"""The front page of the desks offers what the role opens, and nothing that is not there."""

import pytest

from tests.web.staff.desk_world import CARSTEN, LONE, NANNA, World

pytestmark = pytest.mark.database


def test_the_library_desk_is_offered_to_those_who_hold_the_role(world: World) -> None:
    page = world.browser(LONE).get("/personale")
    assert page.status_code == 200
    assert "Lone Dahl" in page.text
    assert page.text.count('href="/personale/bibliotek"') == 2


def test_another_role_is_offered_no_page_that_refuses_it(world: World) -> None:
    page = world.browser(CARSTEN).get("/personale")
    assert page.status_code == 200
    assert "/personale/bibliotek" not in page.text
    assert 'href="/personale/opkraevning"' in page.text
    assert "/personale/opkraevning" not in world.browser(LONE).get("/personale").text


def test_the_login_names_the_municipality_and_not_the_host(world: World) -> None:
    page = world.browser(NANNA, host="localhost").get("/personale")
    assert "Skovlund Kommune" in page.text
    assert "Fjordby" not in page.text


def test_a_stranger_is_sent_to_log_in(world: World) -> None:
    assert world.browser(None).get("/personale").location == "/personale/login?next=%2Fpersonale"
