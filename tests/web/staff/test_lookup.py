"""The library desk: noted before anything is asked, one municipality, one area, and no CPR number where none may be."""

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.claims.models import Claim
from app.foundation.db import transaction
from app.identity import audit
from app.sources.models import SourceHearing
from app.sources.port import Answer
from tests.fakes.sources import FakeToldSource
from tests.web.staff.desk_world import (
    CARSTEN,
    FJORDBY,
    KIRSTEN,
    LATE,
    LONE,
    NANNA,
    SKOVLUND,
    UNKNOWN_CPR,
    World,
    person_of,
)
from tests.web.staff.desk_world import found_cprs as has_cpr

pytestmark = pytest.mark.database
FIND, CITIZEN = "/personale/bibliotek", "/personale/bibliotek/borger"
MASKED = f"{KIRSTEN[:6]}-****"


def look_up(client: FlaskClient, cpr: str = KIRSTEN, reason: str = "here") -> TestResponse:
    return client.post(FIND, data={"cpr": cpr, "reason": reason})


def title_of(page: TestResponse) -> str:
    found = re.search(r"<title>(.*?)</title>", page.text, re.DOTALL)
    assert found is not None
    return found[1]


def without_token(page: TestResponse) -> str:
    """The page without the token of its forms, which is another one every second."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page.text)


def test_a_citizen_who_never_logged_in_is_found_at_the_library(world: World) -> None:
    client = world.browser(LONE)
    answer = look_up(client, cpr=f"{KIRSTEN[:6]}-{KIRSTEN[6:]}")
    assert (answer.status_code, answer.location) == (303, CITIZEN)
    page = client.get(CITIZEN)
    assert page.status_code == 200
    assert MASKED in page.text
    assert "Gebyr for sen aflevering" in page.text
    assert "60,00" in page.text
    assert "01.05.2026" in page.text
    assert "Afleveret for sent" in page.text
    assert "Spærret på grund af gæld" in page.text
    assert "Sig det sådan her" in page.text
    assert "Du kan betale på din telefon nu" in page.text
    assert "Opdateret" in page.text


def test_the_look_up_is_in_the_trail_with_its_reason(world: World) -> None:
    look_up(world.browser(LONE), reason="phone")
    (entry,) = world.trail("person.look_up")
    assert (entry.actor, entry.actor_name, entry.municipality_code) == ("lone", "Lone Dahl", FJORDBY)
    assert (entry.reason, entry.outcome) == ("Borgeren ringer", "done")
    with transaction(world.sessions) as session:
        assert [one.id for one in audit.looks_at(session, person_id=person_of(world, KIRSTEN))] == [entry.id]


def test_the_look_up_is_committed_before_the_library_is_asked(world: World) -> None:
    trail_when_asked: list[int] = []

    class Watching(FakeToldSource):
        def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
            trail_when_asked.append(len(world.trail("person.look_up")))
            return super().ask(cpr, deadline_seconds=deadline_seconds)

    world.library[FJORDBY] = Watching()
    look_up(world.browser(LONE))
    assert trail_when_asked == [1]


def test_the_look_up_stays_in_the_trail_when_the_library_breaks(world: World) -> None:
    class Broken(FakeToldSource):
        def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
            super().ask(cpr, deadline_seconds=deadline_seconds)
            raise RuntimeError("no error of the port")

    world.library[FJORDBY] = Broken()
    assert look_up(world.browser(LONE)).status_code == 500
    assert len(world.trail("person.look_up")) == 1


def test_only_the_library_is_asked_and_only_the_employees_own(world: World) -> None:
    look_up(world.browser(LONE))
    assert (world.library[FJORDBY].asked, world.library[SKOVLUND].asked, world.ledger.asked) == ([KIRSTEN], [], [])


def test_no_other_area_shows(world: World) -> None:
    client = world.browser(LONE)
    look_up(client)
    before = without_token(client.get(CITIZEN))
    world.log_in_citizen(KIRSTEN, name=None)
    world.citizen_sees_everything(KIRSTEN)
    with transaction(world.sessions) as session:
        assert set(session.scalars(select(Claim.claim_type))) == {"library-fee", "daycare"}
    assert without_token(client.get(CITIZEN)) == before


def test_the_name_is_told_of_a_borrower_who_has_logged_in(world: World) -> None:
    world.log_in_citizen(KIRSTEN, name="Kirsten Lund")
    client = world.browser(LONE)
    look_up(client)
    page = client.get(CITIZEN)
    assert "Kirsten Lund" in page.text
    assert "Kirsten" not in title_of(page)


@pytest.mark.parametrize("host", ["localhost", "skovlund.localhost"])
def test_another_municipalitys_desk_sees_nothing_whatever_the_host(world: World, host: str) -> None:
    world.log_in_citizen(KIRSTEN, name="Kirsten Lund")
    look_up(world.browser(LONE))
    world.citizen_sees_everything(KIRSTEN)
    client = world.browser(NANNA, host=host)
    answer = look_up(client)
    assert answer.status_code == 404
    assert "Ingen fundet. Tjek nummeret." in answer.text
    assert "Kirsten" not in answer.text
    assert client.get(CITIZEN).location == FIND
    assert world.library[SKOVLUND].asked == [KIRSTEN]
    assert [entry.municipality_code for entry in world.trail("person.look_up")] == [FJORDBY, SKOVLUND]


def test_another_municipalitys_desk_learns_no_name_while_its_library_is_down(world: World) -> None:
    world.log_in_citizen(KIRSTEN, name="Kirsten Lund")
    look_up(world.browser(LONE))
    world.library[SKOVLUND].switches.down = True
    client = world.browser(NANNA)
    assert look_up(client).status_code == 303
    page = client.get(CITIZEN).text
    assert "Derfor ved vi ikke, om der er regninger" in page
    assert "Kirsten" not in page
    assert "Gebyr" not in page
    assert "Ingen ubetalte" not in page


def test_a_library_that_is_down_shows_what_it_last_said_and_when(world: World) -> None:
    client = world.browser(LONE)
    look_up(client)
    world.clock.passes(minutes=10)
    world.library[FJORDBY].switches.down = True
    look_up(client)
    page = client.get(CITIZEN).text
    assert "Vi kan ikke nå bibliotekets system." in page
    assert re.search(r"Tallene er fra [^<]* kl.\N{NO-BREAK SPACE}12.00", page)
    assert "Gebyr for sen aflevering" in page


def test_a_borrower_without_bills_owes_nothing(world: World) -> None:
    world.library[FJORDBY].claims.clear()
    client = world.browser(LONE)
    look_up(client)
    assert "Ingen ubetalte biblioteksregninger" in client.get(CITIZEN).text


def test_a_number_that_the_library_does_not_know_is_not_found(world: World) -> None:
    client = world.browser(LONE)
    answer = look_up(client, cpr=UNKNOWN_CPR)
    assert (answer.status_code, "Ingen fundet. Tjek nummeret." in answer.text) == (404, True)
    assert title_of(answer).startswith("Fejl:")
    assert len(world.trail("person.look_up")) == 1
    assert client.get(CITIZEN).location == FIND


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"cpr": "12ab561234", "reason": "here"}, "Skriv et cpr-nummer med 10 cifre"),
        ({"cpr": KIRSTEN}, "Vælg, hvorfor du slår op"),
        ({"cpr": KIRSTEN, "reason": "curious"}, "Vælg, hvorfor du slår op"),
        ({}, "Skriv et cpr-nummer med 10 cifre"),
    ],
)
def test_a_form_with_something_missing_asks_nobody_and_says_what(
    world: World, form: dict[str, str], sentence: str
) -> None:
    answer = world.browser(LONE).post(FIND, data=form)
    assert answer.status_code == 400
    assert answer.text.count(sentence) == 2
    assert "error-summary" in answer.text
    assert not has_cpr(answer.text)
    assert "12ab56" not in answer.text
    assert title_of(answer).startswith("Fejl:")
    assert world.library[FJORDBY].asked == []
    assert world.trail("person.look_up") == []


def test_a_failed_look_up_ends_the_one_before(world: World) -> None:
    client = world.browser(LONE)
    look_up(client)
    look_up(client, cpr="1")
    assert client.get(CITIZEN).location == FIND


def test_the_page_may_be_opened_again_for_a_quarter_of_an_hour(world: World) -> None:
    client = world.browser(LONE)
    look_up(client)
    world.clock.passes(minutes=14, seconds=59)
    assert "Gebyr for sen aflevering" in client.get(CITIZEN).text
    assert len(world.trail("person.look_up")) == 1
    world.clock.passes(seconds=1)
    page = client.get(CITIZEN)
    assert "Slå borgeren op igen" in page.text
    assert "Gebyr" not in page.text


def test_opening_the_page_again_asks_the_library_when_its_word_is_old(world: World) -> None:
    client = world.browser(LONE)
    look_up(client)
    client.get(CITIZEN)
    assert len(world.library[FJORDBY].asked) == 1
    world.clock.passes(minutes=6)
    world.library[FJORDBY].claims[KIRSTEN] = (replace(LATE, outstanding_ore=1234),)
    assert "12,34" in client.get(CITIZEN).text
    assert len(world.library[FJORDBY].asked) == 2


def test_one_employees_look_up_is_not_anothers(world: World) -> None:
    look_up(world.browser(LONE))
    other = world.browser(replace(LONE, subject="line", name="Line Holst"))
    assert other.get(CITIZEN).location == FIND
    assert MASKED not in other.get(FIND).text


def test_the_form_shows_the_sessions_last_five_searches_masked(world: World) -> None:
    client = world.browser(LONE)
    for day in range(61, 67):
        look_up(client, cpr=f"{day}01019999")
    page = client.get(FIND).text
    assert [number for number in ("610101-****", "620101-****", "660101-****") if number in page] == [
        "620101-****",
        "660101-****",
    ]
    assert not has_cpr(page)


@pytest.mark.parametrize(("path", "method"), [(FIND, "GET"), (FIND, "POST"), (CITIZEN, "GET")])
def test_a_collections_employee_is_refused_and_the_refusal_is_kept(world: World, path: str, method: str) -> None:
    client = world.browser(CARSTEN)
    answer = client.open(path, method=method, data={"cpr": KIRSTEN, "reason": "here"} if method == "POST" else None)
    assert answer.status_code == 403
    assert [entry.outcome for entry in world.trail("access")] == ["refused"]
    assert world.library[FJORDBY].asked == []


def test_the_cpr_number_stands_nowhere_but_in_the_form(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    client = world.browser(LONE)
    world.library[FJORDBY].switches.down = True
    answers = [look_up(client), client.get(CITIZEN)]
    world.library[FJORDBY].switches.down = False
    answers += [look_up(client), client.get(CITIZEN), client.get(FIND), look_up(client, cpr=UNKNOWN_CPR)]
    assert [answer.status_code for answer in answers] == [303, 200, 303, 200, 200, 404]
    for answer in answers:
        assert not has_cpr(f"{answer.request.url} {answer.headers} {answer.text}")
        assert answer.headers["Cache-Control"] == "no-store"
    logged = caplog.text + "".join(capsys.readouterr())
    assert "source_not_heard" in logged
    assert not has_cpr(logged)


def test_the_desks_own_words_about_freshness_come_from_its_library_alone(world: World) -> None:
    world.citizen_sees_everything(KIRSTEN)
    with transaction(world.sessions) as session:
        for hearing in session.scalars(select(SourceHearing).where(SourceHearing.source == "ledger")):
            hearing.failed_at = world.clock() + timedelta(seconds=1)
    client = world.browser(LONE)
    look_up(client)
    assert "Vi kan ikke nå" not in client.get(CITIZEN).text


def test_a_form_from_elsewhere_looks_nobody_up(world: World) -> None:
    world.app.config.update(WTF_CSRF_ENABLED=True)
    client = world.browser(LONE)
    assert look_up(client).status_code == 400
    assert (world.trail("person.look_up"), world.library[FJORDBY].asked) == ([], [])
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(FIND).text)
    assert token is not None
    form = {"cpr": KIRSTEN, "reason": "here", "csrf_token": token[1]}
    assert client.post(FIND, data=form, headers={"Referer": "https://localhost/"}).status_code == 303


def test_nobody_looks_up_more_than_thirty_a_minute(world: World) -> None:
    client = world.browser(LONE)
    assert {client.post(FIND, data={}).status_code for _ in range(30)} == {400}
    assert look_up(client).status_code == 429
    assert world.trail("person.look_up") == []
