"""What is known of questions: a citizen's own, with their answers, and what waits at the desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.crypto import CprVault, Sealer
from app.questions.models import Question, QuestionEvent
from app.questions.reasons import QuestionState, Reason

MOST_LISTED = 200
PURPOSE = "question"


@dataclass(frozen=True)
class Told:
    """One event of a question; `words` is the answer, or the note of whoever closed it."""

    what: str
    at: datetime
    by: str | None
    words: str | None


@dataclass(frozen=True)
class Asked:
    """A question with its text and all that happened to it."""

    id: UUID
    number: int
    claim_id: UUID
    person_id: UUID
    reason: Reason
    words: str
    asked_at: datetime
    is_by_desk: bool
    """Asked for the citizen by somebody at a desk."""
    answer_by: date
    state: QuestionState
    owner: str | None
    events: tuple[Told, ...]

    @property
    def answer(self) -> Told | None:
        """What was answered in writing, if anything."""
        return next((event for event in self.events if event.what == "answered"), None)

    @property
    def ended(self) -> Told | None:
        """How it ended, if it has."""
        return next((event for event in self.events if event.what in {"answered", "closed"}), None)


@dataclass(frozen=True)
class Waiting:
    """A question as the list at the desk shows it: without its text, and without a name."""

    id: UUID
    number: int
    reason: Reason
    claim_type: str
    origin_ref: str
    asked_at: datetime
    answer_by: date
    owner: str | None


@dataclass(frozen=True)
class Due:
    """How many questions wait, and how many of them must be answered today, or should have been before."""

    open: int
    today: int


def sealer(vault: CprVault) -> Sealer:
    """What seals the words of questions and answers."""
    return vault.sealer_for(PURPOSE)


def answers_due(session: Session, *, person_id: UUID, municipality_code: str) -> Mapping[UUID, date]:
    """By claim: the day by which a person's own open question is answered."""
    rows = session.execute(
        select(Question.claim_id, Question.answer_by).where(
            Question.person_id == person_id,
            Question.municipality_code == municipality_code,
            Question.state == QuestionState.OPEN,
        )
    )
    return {row.claim_id: row.answer_by for row in rows}


def of_claim(
    session: Session, *, sealer: Sealer, claim_id: UUID, person_id: UUID, municipality_code: str
) -> list[Asked]:
    """A person's own questions about a bill, oldest first."""
    rows = session.scalars(
        select(Question)
        .where(
            Question.claim_id == claim_id,
            Question.person_id == person_id,
            Question.municipality_code == municipality_code,
        )
        .order_by(Question.number)
        .limit(MOST_LISTED)
    ).all()
    return _told(session, sealer, rows)


def question_of(session: Session, *, sealer: Sealer, question_id: UUID, municipality_code: str) -> Asked | None:
    """One question for the desk; None when unknown or another municipality's, which look the same."""
    chosen = select(Question).where(Question.id == question_id, Question.municipality_code == municipality_code)
    return next(iter(_told(session, sealer, session.scalars(chosen).all())), None)


def person_of(session: Session, *, question_id: UUID, municipality_code: str) -> UUID | None:
    """Whose question it is, so that a look at it can be noted before it is shown; None when unknown."""
    return session.scalar(
        select(Question.person_id).where(Question.id == question_id, Question.municipality_code == municipality_code)
    )


def waiting(session: Session, *, municipality_code: str, reason: Reason | None = None) -> list[Waiting]:
    """Open questions, those that must be answered first at the top; of one kind, or of all."""
    chosen = (
        select(Question, Claim.claim_type, Claim.origin_ref)
        .join(Claim, Claim.id == Question.claim_id)
        .where(Question.municipality_code == municipality_code, Question.state == QuestionState.OPEN)
        .order_by(Question.answer_by, Question.number)
        .limit(MOST_LISTED)
    )
    if reason is not None:
        chosen = chosen.where(Question.reason == reason)
    return [
        Waiting(one.id, one.number, Reason(one.reason), claim_type, origin_ref, one.asked_at, one.answer_by, one.owner)
        for one, claim_type, origin_ref in session.execute(chosen)
    ]


def count_by_reason(session: Session, *, municipality_code: str) -> dict[Reason, int]:
    """How many questions of each kind are open."""
    rows = session.execute(
        select(Question.reason, func.count().label("many"))
        .where(Question.municipality_code == municipality_code, Question.state == QuestionState.OPEN)
        .group_by(Question.reason)
    )
    found = {row.reason: row.many for row in rows}
    return {reason: found[reason] for reason in Reason if reason in found}


def due(session: Session, *, municipality_code: str, today: date) -> Due:
    """The number for the desk's front page."""
    count, now = session.execute(
        select(func.count(), func.count().filter(Question.answer_by <= today)).where(
            Question.municipality_code == municipality_code, Question.state == QuestionState.OPEN
        )
    ).one()
    return Due(count, now)


def _told(session: Session, sealer: Sealer, rows: Sequence[Question]) -> list[Asked]:
    events: dict[UUID, list[Told]] = {row.id: [] for row in rows}
    chosen = select(QuestionEvent).where(QuestionEvent.question_id.in_(events)).order_by(QuestionEvent.id)
    for event in session.scalars(chosen):
        words = sealer.unseal(event.text_sealed) if event.text_sealed is not None else None
        events[event.question_id].append(Told(event.what, event.at, event.by, words))
    return [
        Asked(
            id=row.id,
            number=row.number,
            claim_id=row.claim_id,
            person_id=row.person_id,
            reason=Reason(row.reason),
            words=sealer.unseal(row.text_sealed),
            asked_at=row.asked_at,
            is_by_desk=row.asked_by is not None,
            answer_by=row.answer_by,
            state=QuestionState(row.state),
            owner=row.owner,
            events=tuple(events[row.id]),
        )
        for row in rows
    ]
