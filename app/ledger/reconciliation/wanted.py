"""Wanted: somebody asks for a day to be reconciled now; a worker does it, and the page shows that it is under way."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.ledger.reconciliation.models import NUMBERS, ReconciliationDay, StatementLine
from app.outbox import queue

RECONCILE = "ledger.reconcile"
UNDER_WAY = timedelta(hours=1)
"""A run that began longer ago has died; another may be asked for."""


class UnderWay(Exception):
    """The day is being reconciled already."""


def want(session: Session, *, municipality_code: str, day: date, now: datetime) -> None:
    """Promise to reconcile a day.

    :raises UnderWay: it is promised, or begun, already
    """
    row = insert(ReconciliationDay).values(
        id=new_row_id(), municipality_code=municipality_code, day=day, silent=[], differences=0, parked=0,
        **dict.fromkeys(NUMBERS, 0),
    )  # fmt: skip
    session.execute(row.on_conflict_do_nothing(index_elements=["municipality_code", "day"]))
    known = session.scalars(
        select(ReconciliationDay)
        .where(ReconciliationDay.municipality_code == municipality_code, ReconciliationDay.day == day)
        .with_for_update()
    ).one()
    if known.began_at and now - known.began_at < UNDER_WAY:
        raise UnderWay(f"{day} is being reconciled")
    known.began_at = now
    queue.put(
        session,
        kind=RECONCILE,
        subject_id=known.id,
        municipality_code=municipality_code,
        lane=f"reconciliation/{municipality_code}",
        payload={"day": day.isoformat()},
        now=now,
    )


def forget(session: Session, *, before: date) -> int:
    """Delete the statements' lines of days long past; how many went. Totals, tasks and parked lines stay."""
    gone = delete(StatementLine).where(StatementLine.day < before).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(gone)).rowcount
