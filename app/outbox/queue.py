"""The queue of promises: put, take, done, later, give up, revive."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Result, Update, delete, insert, select, text, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.cpr import hide_cprs
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json
from app.outbox.alive import ALIVE_SQL
from app.outbox.models import DEAD, DONE, DUE, OutboxMessage
from app.outbox.port import PATIENCE, GiveUp, Later, Message, NoLongerOurs

KEPT = timedelta(days=90)
"""How long a message that was delivered can still be looked up."""
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_REASON = 500

# A message may be taken when its time has come, nobody alive holds it, nobody holds another of its lane, and nothing
# stands before it in its lane. What a dead worker held goes first in its lane, because it has begun.
# Who asks must be alive: a worker that has lost its lock takes nothing, whatever it believes.
TAKABLE_SQL = """
    m.state = 'due' and m.due_at <= :now
    and :worker_key = any (alive.keys)
    and (m.taken_by is null or m.taken_by <> all (alive.keys))
    and not exists (
        select from outbox_message held
        where held.lane = m.lane and held.taken_by is not null and held.id <> m.id)
    and (m.taken_by is not null or not exists (
        select from outbox_message ahead
        where ahead.lane = m.lane and ahead.state <> 'done' and ahead.position < m.position))
"""
"""Whether the message `m` may be taken by `:worker_key`, of those `alive`, at `:now`."""
TAKEN_SQL = """
    update outbox_message m set taken_by = :worker_key, taken_at = :now, attempts = m.attempts + 1
    from chosen where m.id = chosen.id
    returning m.position, m.id, m.kind, m.subject_id, m.municipality_code, m.lane, m.payload, m.attempts, m.taken_by,
              m.created_at, m.patient_from
"""
"""Take the messages in `chosen`."""
# Messages whose road is silent wait for its probe (roads.py).
_TAKE = text(f"""
    with alive as materialized (select array({ALIVE_SQL}) as keys),
    silent as materialized (
        select spoken.kind, road.municipality_code
        from unnest(cast(:kinds as text[]), cast(:wires as text[])) as spoken(kind, wire)
        join outbox_road road on road.wire = spoken.wire and road.silent_since is not null
    ),
    chosen as (
        select m.id from outbox_message m, alive
        where {TAKABLE_SQL} and (m.kind, m.municipality_code) not in (select kind, municipality_code from silent)
        order by m.due_at limit :limit
        for update of m skip locked
    )
    {TAKEN_SQL}
""")  # noqa: S608 - the only things put in are constants of ours


class NoSuchDeadMessage(Exception):
    """There is no dead message with this id."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What `put_many` writes: one message to be. `due_at` is now unless another moment is given."""

    kind: str
    subject_id: uuid.UUID
    municipality_code: str
    lane: str
    payload: Json
    due_at: datetime | None = None
    message_id: uuid.UUID = field(default_factory=new_row_id)


def put(
    session: Session,
    *,
    kind: str,
    subject_id: uuid.UUID,
    municipality_code: str,
    lane: str,
    payload: Json,
    now: datetime,
    due_at: datetime | None = None,
    message_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Promise something in the caller's transaction: it will be kept if, and only if, that commits.

    `payload` holds ids and codes, never personal data. Messages of one `lane` are handled in the order they were put;
    what needs no order takes its own subject as lane. `message_id` is for a promise whose receiver's key was made
    before.
    """
    made = message_id or new_row_id()
    put_many(session, promises=[Promise(kind, subject_id, municipality_code, lane, payload, due_at, made)], now=now)
    return made


def put_many(session: Session, *, promises: Sequence[Promise], now: datetime) -> None:
    """Promise many things at once, in the order given; all of it in the caller's transaction."""
    rows = [
        {
            "id": promise.message_id,
            "kind": promise.kind,
            "subject_id": promise.subject_id,
            "municipality_code": promise.municipality_code,
            "lane": promise.lane,
            "payload": promise.payload,
            "state": DUE,
            "attempts": 0,
            "due_at": promise.due_at or now,
            "patient_from": promise.due_at or now,
            "created_at": now,
        }
        for promise in promises
    ]
    if rows:
        session.execute(insert(OutboxMessage), rows)


def take(
    session: Session, *, worker_key: int, limit: int, now: datetime, wires: Mapping[str, str] | None = None
) -> list[Message]:
    """Take up to `limit` messages that may be handled now, oldest first, for the living worker `worker_key`.

    Two messages of one lane are never held at once. What a dead worker held is taken over. `wires` (kind to wire)
    says which messages are left alone while their road is silent. The caller commits before it handles anything.
    """
    spoken = wires or {}
    asked = {
        "worker_key": worker_key, "limit": limit, "now": now, "kinds": list(spoken), "wires": list(spoken.values())
    }  # fmt: skip
    try:
        with session.begin_nested():
            return messages_in(session.execute(_TAKE, asked))
    except IntegrityError:
        # Another worker took a message of the same lane between our looking and our taking. Next time we see it.
        return []


def messages_in(taken: Result[*tuple[Any, ...]]) -> list[Message]:
    """What TAKEN_SQL answers, in the order in which the messages were put."""
    return [Message(*row[1:]) for row in sorted(taken.all(), key=lambda row: int(row.position))]


def done(session: Session, *, messages: Sequence[Message], now: datetime) -> None:
    """Mark messages done, all or none, together with whatever else the transaction changes.

    :raises NoLongerOurs: one of them was taken over by another worker; the transaction must be rolled back
    """
    _let_go(session, messages, _still_held(messages).values(state=DONE, done_at=now, last_error=None, taken_by=None))


def later(
    session: Session,
    *,
    message: Message,
    reason: str,
    now: datetime,
    after: timedelta | None = None,
    patience: timedelta | None = PATIENCE,
) -> bool:
    """Put a message off: for `after`, else for a time that doubles with every attempt, from 1 s to 15 min, with jitter.

    When it has waited longer than `patience` (`None`: without end) it is dead instead. Returns whether it died, so that
    the caller can make a task of it in the same transaction.

    :raises NoLongerOurs: it was taken over by another worker
    """
    if patience is not None and now - message.patient_from >= patience:
        give_up(session, message=message, reason=f"older than {patience}: {reason}")
        return True
    due_at = now + (wait_after(message.attempts) if after is None else after)
    _let_go(
        session,
        [message],
        _still_held([message]).values(due_at=due_at, last_error=_told(reason), taken_by=None),
    )
    return False


def give_up(session: Session, *, message: Message, reason: str) -> None:
    """Leave a message to people: dead, visible with its reason, holding back its own lane until it is revived.

    :raises NoLongerOurs: it was taken over by another worker
    """
    _let_go(session, [message], _still_held([message]).values(state=DEAD, last_error=_told(reason), taken_by=None))


def revive(session: Session, *, message_id: uuid.UUID, now: datetime) -> None:
    """Give a dead message another life, from now, with all its patience.

    :raises NoSuchDeadMessage: it is not dead, or unknown
    """
    revived = session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state == DEAD)
        .values(state=DUE, attempts=0, due_at=now, patient_from=now)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if revived is None:
        raise NoSuchDeadMessage(f"no dead message {message_id}")


def forget_done(session: Session, *, now: datetime, at_most: int = 10_000) -> int:
    """Delete messages that were delivered more than 90 days ago, the oldest first. Returns how many went."""
    old = (
        select(OutboxMessage.id)
        .where(OutboxMessage.state == DONE, OutboxMessage.done_at <= now - KEPT)
        .order_by(OutboxMessage.done_at)
        .limit(at_most)
    )
    gone = delete(OutboxMessage).where(OutboxMessage.id.in_(old)).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(gone)).rowcount


def wait_after(attempts: int) -> timedelta:
    """How long a message rests after this many attempts: half of it certain, half of it jitter."""
    doublings = min(max(attempts - 1, 0), 20)
    whole: timedelta = min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
    return whole * random.uniform(0.5, 1)  # noqa: S311 - jitter needs no secrecy


def reason_of(error: BaseException) -> str:
    """An error as people may read it: the words of `Later` and `GiveUp`, else its name and text; CPR numbers hidden."""
    said = str(error) if isinstance(error, (Later, GiveUp)) else f"{type(error).__name__}: {error}"
    return hide_cprs(said)[:_LONGEST_REASON]


def _still_held(messages: Sequence[Message]) -> Update:
    fence = tuple_(OutboxMessage.id, OutboxMessage.taken_by, OutboxMessage.attempts)
    return update(OutboxMessage).where(
        fence.in_([(message.id, message.taken_by, message.attempts) for message in messages]),
        OutboxMessage.state == DUE,
    )


def _let_go(session: Session, messages: Sequence[Message], change: Update) -> None:
    statement = change.returning(OutboxMessage.id).execution_options(synchronize_session=False)
    ours = session.execute(statement).scalars().all()
    if len(ours) != len(messages):
        raise NoLongerOurs(f"{len(messages) - len(ours)} of {len(messages)} messages are no longer ours")


def _told(reason: str) -> str:
    return hide_cprs(reason)[:_LONGEST_REASON]
