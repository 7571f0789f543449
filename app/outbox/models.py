"""The tables of the outbox: messages that wait for delivery, the roads they go, and periodic tasks."""

import uuid
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.jsons import Json

DUE: Final = "due"
DONE: Final = "done"
DEAD: Final = "dead"


class OutboxMessage(Base):
    """One promise. `position` is the order of birth: unlike `created_at` it does not depend on any host's clock.

    `patient_from` is the moment from which its age is counted: when it was first due, or last revived.
    """

    __tablename__ = "outbox_message"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    municipality_code: Mapped[str]
    lane: Mapped[str]
    payload: Mapped[Json]
    state: Mapped[str] = mapped_column(default=DUE)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[Moment]
    patient_from: Mapped[Moment]
    taken_by: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[Moment | None]
    last_error: Mapped[str | None]
    created_at: Mapped[Moment]
    done_at: Mapped[Moment | None]

    __table_args__ = (
        CheckConstraint("state in ('due', 'done', 'dead')", name="state"),
        CheckConstraint("taken_by is null or state = 'due'", name="taken_is_due"),
        Index("ix_outbox_message_due", "due_at", postgresql_where="state = 'due'"),
        Index("ix_outbox_message_lane", "lane", "position", postgresql_where="state <> 'done'"),
        # The law of lanes, kept by the database: no two messages of one lane are held at once.
        Index("uq_outbox_message_lane_taken", "lane", unique=True, postgresql_where="taken_by is not null"),
        Index("ix_outbox_message_dead", "position", postgresql_where="state = 'dead'"),
        # What people look at: those given up, and those that failed and are tried again.
        Index(
            "ix_outbox_message_failing",
            "municipality_code",
            postgresql_where="state = 'dead' OR (state = 'due' AND last_error IS NOT NULL)",
        ),
        Index("ix_outbox_message_subject_id", "subject_id"),
        Index("ix_outbox_message_done_at", "done_at", postgresql_where="state = 'done'"),
    )


class OutboxRoad(Base):
    """The way to one municipality's system over one wire, from its first silence on. One without a row is open."""

    __tablename__ = "outbox_road"

    wire: Mapped[str] = mapped_column(primary_key=True)
    municipality_code: Mapped[str] = mapped_column(primary_key=True)
    silent_since: Mapped[Moment | None]
    """None: open."""
    reason: Mapped[str | None]
    rests: Mapped[int] = mapped_column(Integer, default=0)
    """How often it has been left to rest in this silence."""
    rests_until: Mapped[Moment | None]
    probe_id: Mapped[uuid.UUID | None]
    """The message that is on its way to see whether anybody answers."""
    heard_again_at: Mapped[Moment | None]
    """When its last long silence ended."""

    __table_args__ = (CheckConstraint("silent_since is null or rests_until is not null", name="silent_rests"),)


class PeriodicTask(Base):
    """When a periodic task last ran and how it went. `last_finished_at` is its last success."""

    __tablename__ = "periodic_task"

    name: Mapped[str] = mapped_column(primary_key=True)
    every_seconds: Mapped[int] = mapped_column(Integer)
    known_since: Mapped[Moment]
    last_started_at: Mapped[Moment | None]
    last_finished_at: Mapped[Moment | None]
    last_result: Mapped[str | None]
    last_error: Mapped[str | None]
    taken_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (CheckConstraint("every_seconds > 0", name="every_seconds"),)
