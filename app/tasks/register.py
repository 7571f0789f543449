"""The register of work for people: open, take, release, close. Every step leaves an event that nobody can change.

`seen` is the newest event that a page showed (`queries.last_events`): two people on the same task do not overwrite each
other, because the second one's picture is older than the first one's step.
"""

import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.cpr import hide_cprs
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json
from app.tasks.models import CLOSED, OPENED, RELEASED, RETRIED, TAKEN, Task, TaskEvent


class UnknownTask(Exception):
    """There is no task with this id."""


class TaskClosed(Exception):
    """The task has been closed already."""


class TakenByAnother(Exception):
    """Somebody else owns the task."""


class TaskChanged(Exception):
    """Something has happened to the task since it was shown."""


def open_task(
    session: Session,
    *,
    key: str,
    kind: str,
    subject_kind: str,
    subject_id: uuid.UUID,
    municipality_code: str,
    reason: str,
    next_step: str,
    facts: Json,
    now: datetime,
) -> uuid.UUID:
    """Ask people to look at a matter, once: while a task with this `key` is open, that one is answered, unchanged.

    `reason` and `next_step` are Danish, for staff; a CPR number in them is hidden. `facts` hold ids, codes and amounts
    (`..._ore`). After a close the same key opens a new task.
    """
    made = new_row_id()
    row = insert(Task).values(
        id=made,
        key=key,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        municipality_code=municipality_code,
        reason=hide_cprs(reason),
        next_step=hide_cprs(next_step),
        facts=facts,
        created_at=now,
    )
    # An update of nothing, because only a row that was written is returned, and because it waits for whoever is just
    # opening or closing the same matter.
    opened = session.scalars(
        row.on_conflict_do_update(
            index_elements=[Task.key], index_where=Task.closed_at.is_(None), set_={"key": row.excluded.key}
        ).returning(Task),
        execution_options={"populate_existing": True},
    ).one()
    if opened.id == made:
        _note(session, opened, what=OPENED, by=None, note=None, now=now)
    return opened.id


def take(session: Session, *, task_id: uuid.UUID, owner: str, now: datetime, seen: int | None = None) -> None:
    """Make `owner` (a staff id) the one who sees to the task. Taking one's own task again changes nothing.

    Who has seen whose it is (`seen`) takes it over; otherwise it stays with its owner.

    :raises UnknownTask: no such task
    :raises TaskClosed: it is closed
    :raises TaskChanged: it is not as `seen` any more
    :raises TakenByAnother: somebody else owns it
    """
    task = _locked_open(session, task_id)
    if task.owner == owner:
        return
    _must_be_as_seen(session, task, seen)
    if task.owner is not None and seen is None:
        raise TakenByAnother(f"task {task_id} has an owner")
    task.owner = owner
    _note(session, task, what=TAKEN, by=owner, note=None, now=now)


def release(session: Session, *, task_id: uuid.UUID, by: str, now: datetime) -> None:
    """Give one's own task back: nobody owns it.

    :raises UnknownTask: no such task
    :raises TaskClosed: it is closed
    :raises TakenByAnother: it is not `by`'s
    """
    task = _locked_open(session, task_id)
    if task.owner != by:
        raise TakenByAnother(f"task {task_id} is not theirs")
    task.owner = None
    _note(session, task, what=RELEASED, by=by, note=None, now=now)


def retried(session: Session, *, task_id: uuid.UUID, by: str, now: datetime, seen: int | None = None) -> None:
    """Note that a person has had the matter tried again; what comes of it will show.

    :raises UnknownTask: no such task
    :raises TaskClosed: it is closed
    :raises TaskChanged: it is not as `seen` any more
    """
    task = _locked_open(session, task_id)
    _must_be_as_seen(session, task, seen)
    _note(session, task, what=RETRIED, by=by, note=None, now=now)


def amount_is_now(session: Session, *, task_id: uuid.UUID, amount_ore: int) -> None:
    """What the matter comes to has changed; all else about it stands, and whoever has it keeps it.

    :raises UnknownTask: no such task
    :raises TaskClosed: it is closed
    """
    task = _locked_open(session, task_id)
    task.facts = {**task.facts, "amount_ore": amount_ore}


def close_task(
    session: Session, *, task_id: uuid.UUID, reason: str, by: str | None, now: datetime, seen: int | None = None
) -> None:
    """Close a task for a reason; `by` is a staff id, `None` when the portal saw that the matter is settled.

    :raises UnknownTask: no such task
    :raises TaskClosed: it is closed already
    :raises TaskChanged: it is not as `seen` any more
    """
    task = _locked_open(session, task_id)
    _must_be_as_seen(session, task, seen)
    task.closed_at = now
    task.closed_reason = hide_cprs(reason)
    _note(session, task, what=CLOSED, by=by, note=task.closed_reason, now=now)


def close_if_open(session: Session, *, key: str, reason: str, now: datetime) -> None:
    """Close the open task of one matter, if there is one: the portal sees that it is settled."""
    open_ones = select(Task).where(Task.key == key, Task.closed_at.is_(None))
    for task in session.scalars(open_ones.with_for_update().execution_options(populate_existing=True)):
        task.closed_at = now
        task.closed_reason = hide_cprs(reason)
        _note(session, task, what=CLOSED, by=None, note=task.closed_reason, now=now)


def _locked_open(session: Session, task_id: uuid.UUID) -> Task:
    task = session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None:
        raise UnknownTask(f"no task {task_id}")
    if task.closed_at is not None:
        raise TaskClosed(f"task {task_id} is closed")
    return task


def _must_be_as_seen(session: Session, task: Task, seen: int | None) -> None:
    newest = session.scalar(select(func.max(TaskEvent.id)).where(TaskEvent.task_id == task.id))
    if seen is not None and newest != seen:
        raise TaskChanged(f"task {task.id} has changed")


def _note(session: Session, task: Task, *, what: str, by: str | None, note: str | None, now: datetime) -> None:
    session.add(
        TaskEvent(
            task_id=task.id,
            municipality_code=task.municipality_code,
            what=what,
            by=by,
            note=note,
            happened_at=now,
        )
    )
    session.flush()
