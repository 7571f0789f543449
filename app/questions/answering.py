"""A question is taken, answered or closed by one person; whoever comes second is told, and overwrites nothing."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.cpr import has_cpr
from app.foundation.crypto import Sealer
from app.questions.models import Question, QuestionEvent
from app.questions.reasons import LONGEST_ANSWER, QuestionState


class UnknownQuestion(Exception):
    """There is no such question in this municipality."""


class TakenByAnother(Exception):
    """A colleague has taken it."""


class Settled(Exception):
    """It has been answered or closed already."""


class NotAnAnswer(ValueError):
    """The text is empty, too long, or holds what may be a CPR number. The message never repeats it."""


def take(session: Session, *, question_id: UUID, municipality_code: str, by: str, now: datetime) -> None:
    """Make a question one's own. Taking one's own again changes nothing.

    :raises UnknownQuestion, Settled, TakenByAnother: as they say
    """
    question = _open_for(session, question_id, municipality_code, by)
    if question.owner is None:
        question.owner = by
        _note(session, question, what="taken", by=by, now=now)


def answer(
    session: Session, *, sealer: Sealer, question_id: UUID, municipality_code: str, words: str, by: str, now: datetime
) -> None:
    """Answer a question in writing: the citizen reads it on the bill.

    :raises UnknownQuestion, Settled, TakenByAnother: as they say
    :raises NotAnAnswer: the text cannot be taken
    """
    _settle(session, sealer, question_id, municipality_code, QuestionState.ANSWERED, "answered", words, by, now)


def close(
    session: Session, *, sealer: Sealer, question_id: UUID, municipality_code: str, note: str, by: str, now: datetime
) -> None:
    """Close a question that was settled otherwise, by telephone for one; the note is for colleagues.

    :raises UnknownQuestion, Settled, TakenByAnother: as they say
    :raises NotAnAnswer: the note cannot be taken
    """
    _settle(session, sealer, question_id, municipality_code, QuestionState.CLOSED, "closed", note, by, now)


def _settle(
    session: Session, sealer: Sealer, question_id: UUID, municipality_code: str, state: QuestionState,
    what: Literal["answered", "closed"], words: str, by: str, now: datetime,
) -> None:  # fmt: skip
    if not words.strip() or len(words) > LONGEST_ANSWER or has_cpr(words):
        raise NotAnAnswer("the text cannot be taken")
    question = _open_for(session, question_id, municipality_code, by)
    question.owner = by
    question.state = state
    _note(session, question, what=what, by=by, now=now, sealed=sealer.seal(words.strip()))


def _open_for(session: Session, question_id: UUID, municipality_code: str, by: str) -> Question:
    """The question, locked, if `by` may go on with it."""
    chosen = select(Question).where(Question.id == question_id, Question.municipality_code == municipality_code)
    question = session.scalar(chosen.with_for_update().execution_options(populate_existing=True))
    if question is None:
        raise UnknownQuestion(f"no question {question_id}")
    if question.state != QuestionState.OPEN:
        raise Settled(f"question {question_id} is {question.state}")
    if question.owner not in {None, by}:
        raise TakenByAnother(f"question {question_id} has an owner")
    return question


def _note(
    session: Session, question: Question, *, what: str, by: str, now: datetime, sealed: bytes | None = None
) -> None:
    session.add(
        QuestionEvent(
            question_id=question.id, municipality_code=question.municipality_code, what=what, by=by, at=now,
            text_sealed=sealed,
        )
    )  # fmt: skip
    session.flush()
