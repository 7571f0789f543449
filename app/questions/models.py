"""The tables of questions: one row a question, and what happened to it. The words of people are sealed."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, LargeBinary, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.ids import new_public_id

question_numbers = Sequence("question_number", metadata=Base.metadata)


class Question(Base):
    """What somebody asks about a bill. The text is sealed under the keys that seal CPR numbers (`queries.sealer`)."""

    __tablename__ = "question"
    __table_args__ = (
        CheckConstraint("reason IN ('unclear', 'paid', 'returned', 'amount', 'not_mine', 'other')", name="reason"),
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="state"),
        # One at a time: whoever asks twice is shown the first.
        Index("uq_question_open", "claim_id", "person_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_question_person_id", "person_id", "claim_id"),
        Index("ix_question_waiting", "municipality_code", "answer_by", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_public_id)
    number: Mapped[int] = mapped_column(BigInteger, question_numbers, unique=True)
    """What people say on the telephone."""
    municipality_code: Mapped[str]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    """Whose question it is; nobody else who is liable sees it."""
    reason: Mapped[str]
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[Moment]
    asked_by: Mapped[str | None]
    """The staff id of who asked for the citizen at a desk; None: the citizen."""
    answer_by: Mapped[date]
    state: Mapped[str]
    owner: Mapped[str | None]


class QuestionEvent(Base):
    """What happened to a question, when, and by whom (a staff id; None: the citizen). Append only."""

    __tablename__ = "question_event"
    __table_args__ = (
        CheckConstraint("what IN ('asked', 'taken', 'answered', 'closed')", name="what"),
        CheckConstraint("(text_sealed IS NOT NULL) = (what IN ('answered', 'closed'))", name="text_sealed"),
        Index("ix_question_event_question_id", "question_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    question_id: Mapped[UUID] = mapped_column(ForeignKey("question.id"))
    municipality_code: Mapped[str]
    what: Mapped[str]
    by: Mapped[str | None]
    at: Mapped[Moment]
    text_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The answer that the citizen reads, or the note on a question closed without one."""
