"""What operators, the desk and the meters ask of the outbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbox.alive import workers_alive
from app.outbox.models import DEAD, DUE, OutboxMessage, OutboxRoad
from app.outbox.periodic import late as late_tasks

__all__ = ["about", "count", "late_tasks", "messages", "oldest_due", "silent_roads", "waiting_on", "workers_alive"]


def messages(session: Session, *, state: str, limit: int) -> Sequence[OutboxMessage]:
    """The oldest messages in one state (`due`, `done`, `dead`), in the order they were put."""
    found = select(OutboxMessage).where(OutboxMessage.state == state).order_by(OutboxMessage.position).limit(limit)
    return session.scalars(found).all()


def about(session: Session, *, subject_ids: Collection[UUID], limit: int) -> Sequence[OutboxMessage]:
    """The messages about some subjects (a payment, its refunds), in the order they were put, but for forgotten ones."""
    found = select(OutboxMessage).where(OutboxMessage.subject_id.in_(subject_ids)).order_by(OutboxMessage.position)
    return session.scalars(found.limit(limit)).all()


def oldest_due(session: Session, *, now: datetime) -> datetime | None:
    """Since when the message that has waited longest could have been delivered; `None` when nothing waits."""
    waiting = select(func.min(OutboxMessage.patient_from)).where(
        OutboxMessage.state == DUE, OutboxMessage.patient_from <= now
    )
    return session.scalar(waiting)


def count(session: Session) -> dict[str, int]:
    """How many messages are due and how many are dead."""
    open_ones = (
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.state.in_([DUE, DEAD]))
        .group_by(OutboxMessage.state)
    )
    return {DUE: 0, DEAD: 0} | dict(session.execute(open_ones).all())


def silent_roads(session: Session) -> Sequence[OutboxRoad]:
    """The roads over which nobody answers now, the longest silent first."""
    silent = select(OutboxRoad).where(OutboxRoad.silent_since.is_not(None))
    return session.scalars(silent.order_by(OutboxRoad.silent_since, OutboxRoad.wire)).all()


def waiting_on(session: Session, *, kinds: Collection[str], municipality_code: str) -> int:
    """How many messages of some kinds wait in a municipality."""
    waiting = select(func.count()).where(
        OutboxMessage.state == DUE,
        OutboxMessage.kind.in_(kinds),
        OutboxMessage.municipality_code == municipality_code,
    )
    return session.scalar(waiting) or 0
