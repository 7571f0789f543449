"""Coming in and going out, and who is not let in."""

import re

import pytest
from playwright.sync_api import expect

from e2e.pages.front import Front
from e2e.pages.mitid import MitID
from e2e.pages.overview import Overview
from e2e.visit import Visit


def test_logging_out_ends_it_here_and_at_the_broker(visit: Visit) -> None:
    Overview.of_new_citizen(visit)
    visit.keep_cookies()
    visit.page.get_by_role("button", name="Log af").click()
    visit.arrive("/logget-af")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Du er logget af")
    visit.page.go_back()
    expect(visit.page.locator("li.claim")).to_have_count(0)
    visit.go("/regninger")
    expect(visit.page.get_by_label("Bruger-id")).to_be_visible()


def test_an_aborted_login_can_be_tried_again(visit: Visit) -> None:
    Front(visit).log_in().abort()
    visit.arrive("/login/callback")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Du afbrød login")
    visit.page.get_by_role("link", name="Prøv igen").click()
    MitID(visit)


@pytest.mark.parametrize(
    ("name", "heading"),
    [("Olga Lav", "Dit login er ikke sikkert nok"), ("Erik Uden", "Vi kan ikke finde dig")],
    ids=["too-low", "no-cpr"],
)
def test_who_is_not_let_in_is_told_why(visit: Visit, name: str, heading: str) -> None:
    visit.expects(403)
    Front(visit).log_in().choose(name)
    visit.arrive("/login/callback")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(visit.page.locator("main")).to_contain_text("ikke logget på")
    visit.go("/regninger")
    visit.page.wait_for_url(re.compile("/mitid/op/"))


def test_a_login_leads_back_to_the_page_asked_for(visit: Visit) -> None:
    citizen = visit.house.new_citizen()
    visit.go("/betalinger")
    MitID(visit).type_name(citizen["username"])
    visit.arrive("/betalinger")
