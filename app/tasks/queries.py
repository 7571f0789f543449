"""What the desk and the command line ask of the register of work for people."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.tasks.models import Task, TaskEvent


def open_tasks(session: Session, *, municipality_code: str | None = None, limit: int) -> Sequence[Task]:
    """Open tasks, oldest first: those of one municipality, or of all."""
    found = select(Task).where(Task.closed_at.is_(None)).order_by(Task.created_at, Task.id).limit(limit)
    if municipality_code is not None:
        found = found.where(Task.municipality_code == municipality_code)
    return session.scalars(found).all()


def open_task_of(session: Session, *, key: str) -> Task | None:
    """The open task of one matter, if there is one."""
    return session.scalars(select(Task).where(Task.key == key, Task.closed_at.is_(None))).one_or_none()


def tasks_about(session: Session, *, subject_kind: str, subject_id: uuid.UUID) -> Sequence[Task]:
    """Every task there was about one subject, oldest first."""
    found = select(Task).where(Task.subject_kind == subject_kind, Task.subject_id == subject_id)
    return session.scalars(found.order_by(Task.created_at, Task.id)).all()


def events_of(session: Session, *, task_id: uuid.UUID) -> Sequence[TaskEvent]:
    """What happened to a task, in order."""
    return session.scalars(select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(TaskEvent.id)).all()


def last_events(session: Session, *, task_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, TaskEvent]:
    """The newest event of each task: its id is how old a page's picture of the task is."""
    newest = (
        select(func.max(TaskEvent.id))
        .where(TaskEvent.task_id.in_(task_ids))
        .group_by(TaskEvent.task_id)
        .scalar_subquery()
    )
    return {one.task_id: one for one in session.scalars(select(TaskEvent).where(TaskEvent.id.in_(newest)))}


def count_open(session: Session) -> int:
    """How many tasks wait for people, in all municipalities."""
    return session.scalar(select(func.count()).select_from(Task).where(Task.closed_at.is_(None))) or 0


def count_of_kinds(session: Session, *, municipality_code: str, kinds: Collection[str]) -> int:
    """How many open tasks of some kinds a municipality has."""
    mine = Task.municipality_code == municipality_code, Task.closed_at.is_(None), Task.kind.in_(list(kinds))
    return session.scalar(select(func.count()).select_from(Task).where(*mine)) or 0


def task_of(session: Session, *, task_id: uuid.UUID, municipality_code: str) -> Task | None:
    """One task; None when unknown or another municipality's, which look the same."""
    return session.scalar(select(Task).where(Task.id == task_id, Task.municipality_code == municipality_code))
