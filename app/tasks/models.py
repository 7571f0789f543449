"""The tables of work for people: a task, and the events that happened to it."""

import uuid
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.jsons import Json

OPENED: Final = "opened"
TAKEN: Final = "taken"
RELEASED: Final = "released"
RETRIED: Final = "retried"
CLOSED: Final = "closed"


class Task(Base):
    """One matter for a person. At most one task with the same `key` is open at a time.

    `facts` hold ids, amounts (`..._ore`) and codes, never personal data.
    """

    __tablename__ = "task"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    municipality_code: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    reason: Mapped[str]
    next_step: Mapped[str]
    owner: Mapped[str | None]
    facts: Mapped[Json]
    created_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("(closed_at is null) = (closed_reason is null)", name="closed_with_reason"),
        Index("uq_task_key_open", "key", unique=True, postgresql_where="closed_at is null"),
        Index("ix_task_open", "municipality_code", "created_at", postgresql_where="closed_at is null"),
        Index("ix_task_key", "key", postgresql_ops={"key": "text_pattern_ops"}),
        Index("ix_task_subject", "subject_kind", "subject_id"),
    )


class TaskEvent(Base):
    """What happened to a task, when, and by whom (`None`: the portal itself). Append only, by trigger."""

    __tablename__ = "task_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    municipality_code: Mapped[str]
    what: Mapped[str]
    by: Mapped[str | None]
    note: Mapped[str | None]
    happened_at: Mapped[Moment]

    __table_args__ = (CheckConstraint("what in ('opened', 'taken', 'closed', 'released', 'retried')", name="what"),)
