"""How fresh the picture is, which sources are due, and the library card."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.foundation.jsons import Json
from app.sources.models import SourceHearing
from app.sources.queries import Freshness, due, freshness, library_card, told_of
from tests.demo import AHMED, CODE, NOW, Town
from tests.fakes.sources import FakeSource, FakeToldSource

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SOURCES = (FakeToldSource(), FakeSource())


@pytest.mark.parametrize(
    ("heard", "is_due"),
    [
        (None, True),
        (Freshness("fbs", NOW, None), False),
        (Freshness("fbs", NOW - 4.9 * MINUTE, None), False),
        (Freshness("fbs", NOW - 5 * MINUTE, None), True),
        (Freshness("fbs", None, NOW - 19 * SECOND), False),
        (Freshness("fbs", None, NOW - 20 * SECOND), True),
        (Freshness("fbs", NOW - 9 * MINUTE, NOW - 19 * SECOND), False),
        (Freshness("fbs", NOW - 4 * MINUTE, NOW - 60 * SECOND), True),
    ],
)
def test_a_source_is_due_when_heard_too_long_ago_and_not_just_found_silent(
    heard: Freshness | None, is_due: bool
) -> None:
    known = {"ledger": Freshness("ledger", NOW, None)} | ({"fbs": heard} if heard else {})
    assert [source.name for source in due(SOURCES, known, now=NOW)] == (["fbs"] if is_due else [])


def test_what_was_heard_before_a_login_is_asked_for_again() -> None:
    known = {"ledger": Freshness("ledger", NOW, None), "fbs": Freshness("fbs", NOW - 2 * SECOND, None)}
    assert due(SOURCES, known, now=NOW, not_before=NOW - 2 * SECOND) == []
    assert [source.name for source in due(SOURCES, known, now=NOW, not_before=NOW - SECOND)] == ["fbs"]


def hear(town: Town, person: UUID, source: str, *, facts: Json, answered: bool = True) -> None:
    with town.sessions.begin() as session:
        session.add(
            SourceHearing(
                person_id=person, municipality_code=CODE, source=source, asked_at=NOW, facts=facts,
                answered_at=NOW if answered else None, failed_at=None if answered else NOW, error=None,
            )
        )  # fmt: skip


@pytest.mark.database
def test_freshness_is_one_persons_in_one_municipality(town: Town) -> None:
    person, other = town.person(), town.person(AHMED)
    hear(town, person, "fbs", facts={})
    hear(town, person, "ledger", facts={}, answered=False)
    with town.sessions() as session:
        mine = freshness(session, person_id=person, municipality_code=CODE)
        assert {name: (one.answered_at, one.has_failed) for name, one in mine.items()} == {
            "fbs": (NOW, False), "ledger": (None, True),
        }  # fmt: skip
        assert freshness(session, person_id=other, municipality_code=CODE) == {}
        assert freshness(session, person_id=person, municipality_code="0997") == {}


@pytest.mark.database
@pytest.mark.parametrize(
    ("facts", "card"),
    [
        ({"patron_id": 17, "blocked": []}, (True, False, False)),
        ({"patron_id": 17, "blocked": ["E"]}, (True, True, True)),
        ({"patron_id": 17, "blocked": ["U"]}, (True, True, False)),
        ({"patron_id": None, "blocked": []}, (False, False, False)),
        ({}, (False, False, False)),
    ],
)
def test_the_library_card_is_as_fbs_told_it(town: Town, facts: Json, card: tuple[bool, bool, bool]) -> None:
    person = town.person()
    hear(town, person, "fbs", facts=facts)
    with town.sessions() as session:
        found = library_card(session, person_id=person, municipality_code=CODE)
    assert found is not None
    assert (found.is_patron, found.is_blocked, found.is_blocked_by_debt) == card


@pytest.mark.database
def test_a_library_that_has_not_answered_says_nothing_of_a_card(town: Town) -> None:
    person, other = town.person(), town.person(AHMED)
    hear(town, other, "fbs", facts={"patron_id": 1}, answered=False)
    with town.sessions() as session:
        assert library_card(session, person_id=person, municipality_code=CODE) is None
        assert library_card(session, person_id=other, municipality_code=CODE) is None


@pytest.mark.database
def test_a_payment_that_nobody_is_told_of_has_an_empty_list(town: Town) -> None:
    payment_id = uuid4()
    with town.sessions() as session:
        assert told_of(session, payment_ids=[payment_id]) == {payment_id: []}
