"""The failure queue: open work for people, and messages that are dead or put off.

A message and the task about it are one row. One page is read at a time, so that ten thousand rows make a page as fast
as ten do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.outbox.models import DEAD, DONE, DUE, OutboxMessage
from app.payments.failure_rows import Failure, amount_of, whole
from app.payments.models import Payment
from app.tasks.healed import ABOUT_A_MESSAGE
from app.tasks.models import Task

PAGE = 50
PUT_OFF_FOR = timedelta(minutes=1)
PUT_OFF_TIMES = 2
"""A message that failed once may succeed in a second: one that failed this often, or for this long, is shown."""


@dataclass(frozen=True)
class Wanted:
    """What of the queue is asked for. `kinds` are of messages or of tasks; `owner` "" means nobody's."""

    municipality_code: str
    kinds: Collection[str] = ()
    prefixes: Collection[str] = ()
    not_kinds: Collection[str] = ()
    not_prefixes: Collection[str] = ()
    owner: str | None = None
    quiet: Collection[str] = ()
    """Kinds of message that wait as a matter of course, and are shown only when dead."""
    sort: str = "age"
    descending: bool = False


def count(session: Session, *, wanted: Wanted, now: datetime) -> int:
    """How many rows there are."""
    rows = _matching(wanted, now)
    return session.scalar(select(func.count()).select_from(rows)) or 0


def oldest(session: Session, *, wanted: Wanted, now: datetime) -> datetime | None:
    """Since when the oldest row waits."""
    found: datetime | None = session.scalar(select(func.min(_matching(wanted, now).c.since)))
    return found


def page(session: Session, *, wanted: Wanted, now: datetime, number: int = 1, size: int = PAGE) -> list[Failure]:
    """One page of the queue, the first is 1."""
    rows = _with_amounts(_matching(wanted, now))
    of = rows.selected_columns
    column = {
        "age": of.since, "kind": of.kind, "amount": of.amount_ore, "attempts": of.attempts, "next": of.next_at,
        "owner": of.owner,
    }[wanted.sort]  # fmt: skip
    order = column.desc().nulls_last() if wanted.descending else column.asc().nulls_last()
    chosen = rows.order_by(order, of.since, of.id).limit(size).offset((max(number, 1) - 1) * size)
    return whole(session, session.execute(chosen).all())


def one(session: Session, *, row_id: UUID, municipality_code: str) -> Failure | None:
    """One row by its id, open or over; None when unknown or another municipality's, which look the same."""
    of_task = _of_tasks(municipality_code).where(or_(Task.id == row_id, _is_about_message(row_id)))
    newest_task = of_task.order_by(Task.closed_at.is_not(None), Task.created_at.desc()).limit(1)
    found = session.execute(_with_amounts(newest_task.subquery())).all()
    if not found:
        mine = OutboxMessage.id == row_id, OutboxMessage.municipality_code == municipality_code
        found = session.execute(_with_amounts(_of_messages().where(*mine).subquery())).all()
    return whole(session, found)[0] if found else None


def lock(session: Session, *, row_id: UUID, municipality_code: str) -> Failure | None:
    """One row as `one` finds it, held until the transaction ends: message, payment, task, in the worker's own order."""
    before = one(session, row_id=row_id, municipality_code=municipality_code)
    if before is None:
        return None
    held: tuple[tuple[type[OutboxMessage | Payment | Task], UUID | None], ...] = (
        (OutboxMessage, before.message_id), (Payment, before.payment_id), (Task, before.task_id),
    )  # fmt: skip
    for model, held_id in held:
        if held_id is not None:
            session.get_one(model, held_id, with_for_update=True, populate_existing=True)
    return one(session, row_id=row_id, municipality_code=municipality_code)


def _with_amounts(rows: Subquery) -> Select[*tuple[Any, ...]]:
    # Asked of the rows that come out of it, so that only a page sorted by amount reckons all of them.
    return select(rows, amount_of(rows).label("amount_ore"))


def _matching(wanted: Wanted, now: datetime) -> Subquery:
    code = wanted.municipality_code
    is_failing = or_(
        OutboxMessage.state == DEAD,
        and_(
            OutboxMessage.state == DUE,
            OutboxMessage.last_error.is_not(None),
            or_(OutboxMessage.attempts >= PUT_OFF_TIMES, OutboxMessage.patient_from <= now - PUT_OFF_FOR),
            OutboxMessage.kind.not_in(list(wanted.quiet)),
        ),
    )
    has_task = (
        select(literal(1))
        .where(Task.subject_kind == ABOUT_A_MESSAGE, Task.subject_id == OutboxMessage.id, Task.closed_at.is_(None))
        .exists()
    )
    tasks = _of_tasks(code).where(
        Task.closed_at.is_(None),
        or_(Task.subject_kind != ABOUT_A_MESSAGE, OutboxMessage.state != DONE),
    )
    messages = _of_messages().where(OutboxMessage.municipality_code == code, is_failing, ~has_task)
    return _filtered(union_all(tasks, messages), wanted)


def _filtered(both: CompoundSelect[*tuple[Any, ...]], wanted: Wanted) -> Subquery:
    rows = both.subquery()
    chosen = select(rows)
    if wanted.kinds or wanted.prefixes:
        chosen = chosen.where(_is_of(rows, wanted.kinds, wanted.prefixes))
    if wanted.not_kinds or wanted.not_prefixes:
        chosen = chosen.where(~_is_of(rows, wanted.not_kinds, wanted.not_prefixes))
    if wanted.owner is not None:
        chosen = chosen.where(rows.c.owner == wanted.owner if wanted.owner else rows.c.owner.is_(None))
    return chosen.subquery()


def _is_of(rows: Subquery, kinds: Collection[str], prefixes: Collection[str]) -> ColumnElement[bool]:
    return or_(rows.c.kind.in_(list(kinds)), *(rows.c.kind.startswith(one, autoescape=True) for one in prefixes))


def _is_about_message(message_id: UUID) -> ColumnElement[bool]:
    return and_(Task.subject_kind == ABOUT_A_MESSAGE, Task.subject_id == message_id)


def _of_tasks(code: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            func.coalesce(OutboxMessage.id, Task.id).label("id"),
            Task.id.label("task_id"),
            OutboxMessage.id.label("message_id"),
            func.coalesce(OutboxMessage.kind, Task.kind).label("kind"),
            Task.owner.label("owner"),
            func.coalesce(OutboxMessage.created_at, Task.created_at).label("since"),
            func.coalesce(OutboxMessage.attempts, 0).label("attempts"),
            case((OutboxMessage.state == DUE, OutboxMessage.due_at)).label("next_at"),
        )
        .outerjoin(OutboxMessage, and_(Task.subject_kind == ABOUT_A_MESSAGE, OutboxMessage.id == Task.subject_id))
        .where(Task.municipality_code == code)
    )


def _of_messages() -> Select[*tuple[Any, ...]]:
    return select(
        OutboxMessage.id.label("id"),
        cast(null(), Uuid).label("task_id"),
        OutboxMessage.id.label("message_id"),
        OutboxMessage.kind.label("kind"),
        cast(null(), Text).label("owner"),
        OutboxMessage.created_at.label("since"),
        OutboxMessage.attempts.label("attempts"),
        case((OutboxMessage.state == DUE, OutboxMessage.due_at)).label("next_at"),
    )
