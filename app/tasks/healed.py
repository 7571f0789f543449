"""Tasks about messages that have been delivered after all close by themselves."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.outbox.models import DONE, OutboxMessage
from app.tasks.models import Task
from app.tasks.register import close_task

ABOUT_A_MESSAGE = "outbox_message"
MOST = 500


def close_delivered(session: Session, *, now: datetime) -> int:
    """Close open tasks whose message is delivered (or so long delivered that it is forgotten). Returns how many."""
    delivered = (
        select(Task.id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Task.subject_id)
        .where(
            Task.subject_kind == ABOUT_A_MESSAGE,
            Task.closed_at.is_(None),
            or_(OutboxMessage.id.is_(None), OutboxMessage.state == DONE),
        )
        .order_by(Task.created_at)
        .limit(MOST)
        # Whoever is just closing one by hand has it.
        .with_for_update(of=Task, skip_locked=True)
    )
    found = session.scalars(delivered).all()
    for task_id in found:
        close_task(session, task_id=task_id, reason="Beskeden er leveret", by=None, now=now)
    return len(found)
