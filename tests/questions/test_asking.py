"""A question is asked once, by somebody who owes the bill, and stolen tables do not tell its words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from app.foundation.db import Sessions, transaction
from app.questions import asking, queries
from app.questions.models import Question
from app.questions.queries import Asked
from app.questions.reasons import QuestionState, Reason
from tests.demo import AHMED, KIRSTEN, NOW, Town, daycare, facts

pytestmark = pytest.mark.database
WORDS = "Hvorfor skal jeg betale for maj?"


class Office:
    """Kirsten owes for daycare, and asks."""

    def __init__(self, sessions: Sessions) -> None:
        self.town = Town(sessions)
        self.sessions = sessions
        self.kirsten = self.town.person()
        (self.bill,) = self.town.shows(self.kirsten, daycare())
        self.sealer = queries.sealer(self.town.vault)

    def ask(
        self, words: str = WORDS, *, person: UUID | None = None, bill: UUID | None = None, now: datetime = NOW,
        code: str | None = None, asked_by: str | None = None,
    ) -> UUID:  # fmt: skip
        place = facts(code=code) if code else self.town.facts
        with transaction(self.sessions) as session:
            return asking.ask(
                session, sealer=self.sealer, claim_id=bill or self.bill, person_id=person or self.kirsten, facts=place,
                reason=Reason.UNCLEAR, words=words, asked_by=asked_by, now=now,
            )  # fmt: skip

    def own(self, person: UUID | None = None) -> list[Asked]:
        with transaction(self.sessions) as session:
            return queries.of_claim(
                session, sealer=self.sealer, claim_id=self.bill, person_id=person or self.kirsten,
                municipality_code=self.town.facts.code,
            )  # fmt: skip


@pytest.fixture
def office(sessions: Sessions) -> Office:
    return Office(sessions)


def test_a_question_has_a_number_and_a_day_by_which_it_is_answered(office: Office) -> None:
    office.ask()
    (asked,) = office.own()
    assert (asked.words, asked.state, asked.number > 0) == (WORDS, QuestionState.OPEN, True)
    assert asked.answer_by == date(2026, 3, 9), "five working days after a Monday"
    assert [event.what for event in asked.events] == ["asked"]
    assert not asked.is_by_desk


def test_asking_again_while_it_is_open_is_the_same_question(office: Office) -> None:
    first = office.ask()
    assert office.ask("Igen?") == first
    assert [one.words for one in office.own()] == [WORDS]


def test_twenty_at_once_are_one(office: Office) -> None:
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda number: office.ask(f"Nummer {number}"), range(20)))
    assert len(set(made)) == 1
    assert len(office.own()) == 1


def test_only_who_owes_a_bill_may_ask_about_it(office: Office) -> None:
    ahmed = office.town.person(AHMED)
    for person, bill, code in ((ahmed, None, None), (office.kirsten, uuid4(), None), (office.kirsten, None, "0999")):
        with pytest.raises(asking.NotYourBill):
            office.ask(person=person, bill=bill, code=code)
    assert office.own() == []


def test_two_who_owe_the_same_bill_see_their_own_question_only(sessions: Sessions) -> None:
    office = Office(sessions)
    lars = office.town.person(AHMED)
    (office.bill,) = office.town.shared(office.kirsten, lars, daycare("d9"))
    office.ask("Min")
    office.ask("Hans", person=lars)
    assert [one.words for one in office.own()] == ["Min"]
    assert [one.words for one in office.own(lars)] == ["Hans"]


@pytest.mark.parametrize("words", ["", "  \n ", "x" * 1001, f"Mit nummer er {KIRSTEN}"])
def test_what_cannot_be_taken_is_refused_and_not_repeated(office: Office, words: str) -> None:
    with pytest.raises(asking.NotAQuestion) as caught:
        office.ask(words)
    assert KIRSTEN not in str(caught.value)


def test_the_words_are_sealed(office: Office) -> None:
    office.ask("Min datter hedder Alma")
    with transaction(office.sessions) as session:
        row = session.scalars(select(Question)).one()
        assert b"Alma" not in row.text_sealed
        assert "Alma" not in str(session.execute(text("SELECT question::text FROM question")).scalar_one())


def test_the_desk_asks_for_a_citizen(office: Office) -> None:
    office.ask(asked_by="lone")
    (asked,) = office.own()
    assert (asked.is_by_desk, asked.events[0].by) == (True, "lone")


def test_late_in_the_evening_it_is_the_danish_day_that_counts(office: Office) -> None:
    office.ask(now=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert office.own()[0].answer_by == date(2026, 3, 9)
