"""Tasks that run by the clock: one worker runs one at a time, and one that did not run is noticed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.cpr import hide_cprs
from app.foundation.db import Sessions, transaction
from app.outbox.alive import ALIVE_SQL
from app.outbox.models import PeriodicTask
from app.outbox.port import Periodic, W

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RETRY_AFTER = timedelta(minutes=5)
_LEAST_SLACK_SECONDS = 60
_SLACK_SHARE = 0.1
_LONGEST_TEXT = 500

# Free and not yet started in this stretch, or failed a while ago; or begun by a worker that has died.
_CLAIM = text(f"""
    with alive as materialized (select array({ALIVE_SQL}) as keys)
    update periodic_task set last_started_at = :now, taken_by = :worker_key
    from alive
    where name = :name and :worker_key = any (alive.keys)
      and (taken_by <> all (alive.keys)
           or taken_by is null and (last_started_at is null or last_started_at < :stretch_began
                                    or last_error is not null and last_started_at <= :retry_before))
    returning name
""")  # noqa: S608 - the only thing put in is a constant of ours


def stretch_began(*, every: timedelta, offset: timedelta, now: datetime) -> datetime:
    """The moment when the present stretch of `every` began: the same for every worker, so that nothing drifts."""
    return now - (now - _EPOCH - offset) % every


def register(session: Session, *, tasks: Sequence[Periodic[W]], now: datetime) -> None:
    """Make the tasks known, so that one that never runs is missed too. A retired task's row is removed by migration."""
    for task in tasks:
        row = insert(PeriodicTask).values(
            name=task.name, every_seconds=int(task.every.total_seconds()), known_since=now
        )
        session.execute(
            row.on_conflict_do_update(
                index_elements=[PeriodicTask.name], set_={"every_seconds": row.excluded.every_seconds}
            )
        )


def claim(session: Session, *, tasks: Sequence[Periodic[W]], worker_key: int, now: datetime) -> list[Periodic[W]]:
    """Those of the tasks that are due and now belong to the living worker `worker_key`. The caller commits, then runs.

    A task that failed is tried again after five minutes, one whose worker died at once.
    """
    return [
        task
        for task in tasks
        if session.execute(
            _CLAIM,
            {
                "name": task.name,
                "worker_key": worker_key,
                "now": now,
                "stretch_began": stretch_began(every=task.every, offset=task.offset, now=now),
                "retry_before": now - _RETRY_AFTER,
            },
        ).first()
    ]


def run(sessions: Sessions, *, task: Periodic[W], wires: W, worker_key: int, clock: Clock) -> None:
    """Takes the session factory: run a claimed task with no transaction open, then write down how it went."""
    try:
        written = {"last_result": hide_cprs(task.act(wires, clock()))[:_LONGEST_TEXT], "last_error": None}
        written_at = {"last_finished_at": clock()}
    except Exception as error:  # noqa: BLE001 - whatever a task raises is its result, for people to read
        written = {"last_error": hide_cprs(f"{type(error).__name__}: {error}")[:_LONGEST_TEXT]}
        written_at = {}
    with transaction(sessions) as session:
        session.execute(
            update(PeriodicTask)
            .where(PeriodicTask.name == task.name, PeriodicTask.taken_by == worker_key)
            .values(**written, **written_at, taken_by=None)
        )


def late(session: Session, *, now: datetime) -> list[PeriodicTask]:
    """The dead-man's switch: tasks whose last success (or birth) lies further back than their turn and some slack."""
    slack = func.greatest(_LEAST_SLACK_SECONDS, PeriodicTask.every_seconds * _SLACK_SHARE)
    silence = func.extract("epoch", now - func.coalesce(PeriodicTask.last_finished_at, PeriodicTask.known_since))
    overdue = select(PeriodicTask).where(silence > PeriodicTask.every_seconds + slack).order_by(PeriodicTask.name)
    return list(session.scalars(overdue))
