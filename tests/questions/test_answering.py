"""One person answers; whoever comes second is told, and overwrites nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.foundation.db import Sessions, transaction
from app.questions import answering, queries
from app.questions.queries import Due
from app.questions.reasons import QuestionState, Reason
from tests.demo import AHMED, KIRSTEN, NOW, daycare
from tests.questions.test_asking import Office

pytestmark = pytest.mark.database


class Desk(Office):
    def act(self, what: Callable[[Session], None]) -> None:
        with transaction(self.sessions) as session:
            what(session)

    def take(self, question: UUID, by: str, code: str | None = None) -> None:
        place = code or self.town.facts.code
        self.act(lambda row: answering.take(row, question_id=question, municipality_code=place, by=by, now=NOW))

    def answer(self, question: UUID, by: str, words: str = "Fordi maj ikke er betalt.") -> None:
        self.act(
            lambda row: answering.answer(
                row, sealer=self.sealer, question_id=question, municipality_code=self.town.facts.code, words=words,
                by=by, now=NOW,
            )
        )  # fmt: skip

    def close(self, question: UUID, by: str, note: str = "Talt med borgeren") -> None:
        self.act(
            lambda row: answering.close(
                row, sealer=self.sealer, question_id=question, municipality_code=self.town.facts.code, note=note,
                by=by, now=NOW,
            )
        )  # fmt: skip


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions)


def test_an_answer_is_read_by_who_asked(desk: Desk) -> None:
    question = desk.ask()
    desk.take(question, "carsten")
    desk.take(question, "carsten")
    desk.answer(question, "carsten")
    (asked,) = desk.own()
    assert asked.answer
    assert (asked.state, asked.answer.words, asked.answer.by) == (
        QuestionState.ANSWERED, "Fordi maj ikke er betalt.", "carsten",
    )  # fmt: skip
    assert [event.what for event in asked.events] == ["asked", "taken", "answered"]


def test_the_second_is_told_and_changes_nothing(desk: Desk) -> None:
    question = desk.ask()
    desk.take(question, "carsten")
    for late in (desk.take, desk.answer, desk.close):
        with pytest.raises(answering.TakenByAnother):
            late(question, "dorte")
    desk.answer(question, "carsten")
    for too_late in (desk.take, desk.answer, desk.close):
        with pytest.raises(answering.Settled):
            too_late(question, "carsten")
    assert [event.what for event in desk.own()[0].events] == ["asked", "taken", "answered"]


def test_two_answers_at_once_are_one(desk: Desk) -> None:
    question = desk.ask()

    def answer(by: str) -> bool:
        try:
            desk.answer(question, by, f"Svar fra {by}")
        except (answering.TakenByAnother, answering.Settled):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(answer, [f"person-{number}" for number in range(16)])) == 1
    assert [event.what for event in desk.own()[0].events] == ["asked", "answered"]


def test_closing_without_an_answer_leaves_a_note_and_lets_the_citizen_ask_again(desk: Desk) -> None:
    question = desk.ask()
    desk.close(question, "carsten")
    (asked,) = desk.own()
    assert asked.ended
    assert (asked.state, asked.answer, asked.ended.words) == (QuestionState.CLOSED, None, "Talt med borgeren")
    assert desk.ask("Og nu?") != question


@pytest.mark.parametrize("words", ["", " ", "x" * 4001, f"Du har {KIRSTEN}"])
def test_an_answer_that_cannot_be_sent(desk: Desk, words: str) -> None:
    question = desk.ask()
    for act in (desk.answer, desk.close):
        with pytest.raises(answering.NotAnAnswer):
            act(question, "carsten", words)
    assert desk.own()[0].state is QuestionState.OPEN


def test_another_municipalitys_question_is_unknown(desk: Desk) -> None:
    question = desk.ask()
    with pytest.raises(answering.UnknownQuestion):
        desk.take(question, "nanna", code="0999")
    with pytest.raises(answering.UnknownQuestion):
        desk.take(uuid4(), "carsten")


def test_what_happened_cannot_be_changed(desk: Desk) -> None:
    desk.ask()
    with pytest.raises(ProgrammingError), transaction(desk.sessions) as session:
        session.execute(text("UPDATE question_event SET what = 'closed'"))


def test_the_inbox_and_the_number_of_the_day(desk: Desk) -> None:
    first = desk.ask()
    ahmed = desk.town.person(AHMED)
    (other,) = desk.town.shows(ahmed, daycare("d2"))
    second = desk.ask("Hvad er det?", person=ahmed, bill=other, now=NOW - timedelta(days=7))
    code = desk.town.facts.code
    with transaction(desk.sessions) as session:
        waiting = queries.waiting(session, municipality_code=code)
        assert [one.id for one in waiting] == [second, first]
        assert queries.waiting(session, municipality_code="0999") == []
        assert queries.waiting(session, municipality_code=code, reason=Reason.PAID) == []
        assert queries.count_by_reason(session, municipality_code=code) == {Reason.UNCLEAR: 2}
        assert queries.due(session, municipality_code=code, today=waiting[0].answer_by) == Due(open=2, today=1)
        assert queries.answers_due(session, person_id=desk.kirsten, municipality_code=code) == {
            desk.bill: waiting[1].answer_by
        }
    desk.answer(second, "carsten")
    with transaction(desk.sessions) as session:
        assert [one.id for one in queries.waiting(session, municipality_code=code)] == [first]
