"""Marking: a day's differences become tasks, once each; those that are gone are closed, and say why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.reconciliation.differences import Difference, What, beginning, key_of
from app.tasks.models import CLOSED, Task, TaskEvent
from app.tasks.register import close_task, open_task

HEALED = "Siderne stemmer nu"
MENDED = "Portalen har selv spurgt og bragt det i orden: siderne stemmer nu"
CHANGED = "Forskellen er nu en anden, og har fået en ny opgave"
AT_PROVIDER = frozenset({What.NOT_IN_JOURNAL, What.NOT_AT_PROVIDER, What.PROVIDER_AMOUNT, What.UNKNOWN_AT_PROVIDER})
IN_LEDGER = frozenset({
    What.NOT_IN_LEDGER, What.DOUBLED_IN_LEDGER, What.UNKNOWN_IN_LEDGER, What.LEDGER_AMOUNT, What.NOT_ACCEPTED_HERE
})  # fmt: skip


@dataclass(frozen=True)
class Marked:
    """Whose day it is, and what a difference without a payment is about: the row of the day."""

    municipality_code: str
    day: date
    row_id: UUID


def mark(
    session: Session, *, marked: Marked, found: Sequence[Difference], mended: Sequence[Difference],
    judged: Collection[What], now: datetime,
) -> int:  # fmt: skip
    """Open a task for each difference that has none, close those of differences that are gone; returns how many stand.

    `mended` were found in this run and are gone again: they are told, and closed. `judged` are the kinds that this run
    could judge: a side that was silent heals nothing. What a person has closed with the same facts is explained, and
    counts no more.
    """
    before = _before(session, marked)
    current = {_key(one, marked): one for one in found}
    healed = {_key(one, marked): one for one in mended if _key(one, marked) not in current}
    for key, known in before.items():
        if known.open is not None and key not in current and _what(key, marked) in judged:
            reason = MENDED if key in healed else HEALED
            close_task(session, task_id=known.open.id, reason=reason, by=None, now=now)
    for key, one in healed.items():
        if not (key in before and before[key].open):
            task_id = _open(session, key, one, marked, now)
            close_task(session, task_id=task_id, reason=MENDED, by=None, now=now)
    standing = 0
    for key, one in current.items():
        standing += one.many * _stands(session, key, one, before.get(key), marked, now)
    unjudged = [key for key, known in before.items() if known.open and _what(key, marked) not in judged]
    return standing + len(set(unjudged) - set(current))


@dataclass
class _Known:
    """What there is of one matter: its open task, and the facts that people have explained."""

    open: Task | None = None
    explained: tuple[object, ...] = ()


def _before(session: Session, marked: Marked) -> dict[str, _Known]:
    start = beginning(marked.municipality_code, marked.day)
    by_people = select(TaskEvent.task_id).where(TaskEvent.what == CLOSED, TaskEvent.by.is_not(None))
    rows = session.execute(
        select(Task, Task.id.in_(by_people)).where(Task.key.like(f"{start}%")).order_by(Task.created_at)
    )
    found: dict[str, _Known] = {}
    for task, is_by_people in rows:
        known = found.setdefault(task.key, _Known())
        if task.closed_at is None:
            known.open = task
        elif is_by_people:
            known.explained = (*known.explained, task.facts)
    return found


def _stands(session: Session, key: str, one: Difference, known: _Known | None, marked: Marked, now: datetime) -> bool:
    facts = one.told(marked.day)
    if known and known.open:
        if known.open.facts == facts:
            return True
        close_task(session, task_id=known.open.id, reason=CHANGED, by=None, now=now)
    if known and facts in known.explained:
        return False
    _open(session, key, one, marked, now)
    return True


def _open(session: Session, key: str, one: Difference, marked: Marked, now: datetime) -> UUID:
    about_payment = one.payment_id is not None
    return open_task(
        session,
        key=key,
        kind=one.kind,
        subject_kind="payment" if about_payment else "reconciliation_day",
        subject_id=one.payment_id or marked.row_id,
        municipality_code=marked.municipality_code,
        reason=one.reason,
        next_step=one.next_step,
        facts=one.told(marked.day),
        now=now,
    )


def _key(one: Difference, marked: Marked) -> str:
    return key_of(one, municipality_code=marked.municipality_code, day=marked.day)


def _what(key: str, marked: Marked) -> What:
    return What(key.removeprefix(beginning(marked.municipality_code, marked.day)).split("/", 1)[0])
