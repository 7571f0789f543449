"""What people do to messages at the desk: have one tried now, or say that what it promised has been done by hand."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.outbox.models import DEAD, DONE, DUE, OutboxMessage, OutboxRoad
from app.outbox.queue import revive

Tried = Literal["revived", "hurried", "held", "delivered"]


class NotDead(Exception):
    """The message is still being delivered, or is delivered: nothing may be done in its stead."""


def try_now(session: Session, *, message_id: UUID, now: datetime) -> Tried:
    """Have a message delivered as soon as a worker is free; answers what that meant.

    A dead one gets another life, one that was put off is due now, one that a worker holds is being tried at this
    moment, and one that was delivered, or is unknown, needs nothing.
    """
    row = session.execute(
        select(OutboxMessage.state, OutboxMessage.taken_by, OutboxMessage.municipality_code)
        .where(OutboxMessage.id == message_id)
        .with_for_update()
    ).first()
    if row is None or row.state == DONE:
        return "delivered"
    _wake_roads(session, row.municipality_code, now)
    if row.state == DEAD:
        revive(session, message_id=message_id, now=now)
        return "revived"
    if row.taken_by is not None:
        return "held"
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state == DUE)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )
    return "hurried"


def _wake_roads(session: Session, municipality_code: str, now: datetime) -> None:
    """Whoever asks for a try does not wait for a silent road's rest: its next probe goes at once."""
    session.execute(
        update(OutboxRoad)
        .where(OutboxRoad.municipality_code == municipality_code, OutboxRoad.rests_until > now)
        .values(rests_until=now)
        .execution_options(synchronize_session=False)
    )


def settle(session: Session, *, message_id: UUID, now: datetime) -> None:
    """A person has done what a dead message promised: it is done, and its lane goes on.

    :raises NotDead: it is not dead
    """
    settled = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state == DEAD)
        .values(state=DONE, done_at=now)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if settled is None:
        raise NotDead(f"message {message_id} is not dead")
