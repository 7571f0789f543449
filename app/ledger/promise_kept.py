"""Watches the promise: while a municipality's money waits longer than was promised, one task for people says so."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.ledger.promise import oldest_undelivered
from app.tasks.queries import open_task_of
from app.tasks.register import close_task, open_task

BROKEN = "promise_broken"
_MUNICIPALITIES = UUID("b1f0f9f0-3f0a-5d3e-9a51-6f2c5c7d8e11")


def watch(session: Session, *, municipality_code: str, bound: timedelta, now: datetime) -> bool:
    """Whether a municipality's promise is kept. While it is not, one task says so; it closes by itself afterwards."""
    oldest = oldest_undelivered(session, municipality_code=municipality_code, now=now)
    key = f"promise/{municipality_code}"
    if oldest is None or now - oldest.since <= bound:
        task = open_task_of(session, key=key)
        if task is not None:
            reason = "Debitorsystemet har taget imod: intet venter længere end lovet"
            close_task(session, task_id=task.id, reason=reason, by=None, now=now)
        return True
    open_task(
        session,
        key=key,
        kind=BROKEN,
        subject_kind="municipality",
        subject_id=uuid5(_MUNICIPALITIES, municipality_code),
        municipality_code=municipality_code,
        reason=f"Penge venter længere end lovet på debitorsystemet. {oldest.reason}",
        next_step="Svarer debitorsystemet ikke, så spørg dets leverandør: alt leveres af sig selv, når det svarer "
        "igen. Er en indbetaling afvist eller opgivet, så løs dens egen opgave",
        facts={"payment_id": str(oldest.payment_id), "since": oldest.since.isoformat()},
        now=now,
    )
    return False
