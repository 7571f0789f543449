"""A question is asked: once, with a day by which it is answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import claims_of
from app.foundation.clock import danish_day, workdays_after
from app.foundation.cpr import has_cpr
from app.foundation.crypto import Sealer
from app.foundation.ids import new_public_id
from app.municipalities.facts import Facts
from app.questions.models import Question, QuestionEvent, question_numbers
from app.questions.reasons import LONGEST_TEXT, QuestionState, Reason


class NotYourBill(Exception):
    """The bill is unknown, or the person does not owe it, which look the same (I10)."""


class NotAQuestion(ValueError):
    """The text is empty, too long, or holds what may be a CPR number. The message never repeats it."""


def ask(
    session: Session,
    *,
    sealer: Sealer,
    claim_id: UUID,
    person_id: UUID,
    facts: Facts,
    reason: Reason,
    words: str,
    asked_by: str | None,
    now: datetime,
) -> UUID:
    """Ask about a bill and return the question's id; while one of the same person about it is open, that one's.

    `asked_by` is the staff id of who asks for the citizen, None when it is the citizen.

    :raises NotYourBill: unknown, or not this person's
    :raises NotAQuestion: the text is empty, too long, or holds a CPR number
    """
    if not words.strip() or len(words) > LONGEST_TEXT or has_cpr(words):
        raise NotAQuestion("the text cannot be taken")
    if session.scalar(claims_of(person_id, facts.code).where(Claim.id == claim_id)) is None:
        raise NotYourBill(f"no such bill {claim_id}")
    made = new_public_id()
    row = insert(Question).values(
        id=made,
        number=question_numbers.next_value(),
        municipality_code=facts.code,
        claim_id=claim_id,
        person_id=person_id,
        reason=reason,
        text_sealed=sealer.seal(words.strip()),
        asked_at=now,
        asked_by=asked_by,
        answer_by=workdays_after(danish_day(now), facts.answer_workdays),
        state=QuestionState.OPEN,
    )
    row = row.on_conflict_do_nothing(
        index_elements=[Question.claim_id, Question.person_id], index_where=Question.state == QuestionState.OPEN
    )
    if session.scalar(row.returning(Question.id)) is None:
        return _open_one(session, claim_id, person_id)
    session.add(QuestionEvent(question_id=made, municipality_code=facts.code, what="asked", by=asked_by, at=now))
    session.flush()
    return made


def _open_one(session: Session, claim_id: UUID, person_id: UUID) -> UUID:
    """The question that was there first."""
    return session.scalars(
        select(Question.id).where(
            Question.claim_id == claim_id, Question.person_id == person_id, Question.state == QuestionState.OPEN
        )
    ).one()
