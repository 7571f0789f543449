"""The inbox: what the ledger sends is stored before it is acknowledged, once, and read afterwards in its turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.cpr import hide_cprs
from app.foundation.crypto import CprVault
from app.foundation.ids import new_row_id
from app.ledger.models import LedgerMessage
from app.outbox import queue
from app.tasks.register import open_task

CAME_BACK = "ledger.came_back"
KEPT = timedelta(days=90)
"""How long a message that was handled can still be read as it came."""
_LONGEST_REASON: Final = 300

PURPOSE: Final = "ledger message"
"""What the seal of a stored message is good for."""


class Door(StrEnum):
    """Where a message came in. Push and AMQP are one: the same message may come by both."""

    LEDGER = "ledger"
    BESKEDFORDELER = "beskedfordeler"


class NoSuchParked(Exception):
    """There is no parked message with this id, or what came has been forgotten."""


@dataclass(frozen=True)
class Arrived:
    """A message at a door. `key` is what a repeat bears too, `digest` is of what it says."""

    door: Door
    key: str
    digest: str
    kind: str
    municipality_code: str
    account: str | None
    """The debtor account, where it is about one: messages of one account are read in the order in which they came."""
    raw: bytes
    fault: str | None = None
    """Why nobody can read it: it is parked at once."""


def store(session: Session, *, arrived: Arrived, vault: CprVault, now: datetime) -> UUID | None:
    """Store a message and promise to read it; the caller commits before it acknowledges. None: it was here before.

    The same key with other content is another message, whose sender has broken its promise: it is parked, not lost.
    """
    made = _insert(session, arrived, arrived.key, arrived.fault, vault, now)
    if made is not None or _digest_of(session, arrived) == arrived.digest:
        return made
    reused = f"the id of an earlier message came with other content ({arrived.key})"
    return _insert(session, arrived, f"{arrived.key}#{arrived.digest}", reused, vault, now)


def raw_of(session: Session, *, message_id: UUID, vault: CprVault) -> tuple[LedgerMessage, bytes] | None:
    """A waiting message and its bytes; None when it has been read, or is parked.

    :raises CannotUnseal: its key is not configured
    """
    row = session.get(LedgerMessage, message_id)
    if row is None or row.state != "waiting" or row.sealed is None:
        return None
    return row, vault.sealer_for(PURPOSE).unseal(row.sealed).encode("latin-1")


def handled(session: Session, *, message_id: UUID, attempts: int, now: datetime) -> bool:
    """Note that a message is being acted on; False when somebody did so before. In the transaction of the act."""
    done = session.execute(
        update(LedgerMessage)
        .where(LedgerMessage.id == message_id, LedgerMessage.state == "waiting")
        .values(state="handled", state_at=now, attempts=attempts, reason=None)
        .returning(LedgerMessage.id)
    )
    return done.first() is not None


def park(session: Session, *, message_id: UUID, attempts: int, reason: str, now: datetime) -> None:
    """Put a message aside with its reason, and ask people to look; the others go on."""
    row = session.scalars(
        update(LedgerMessage)
        .where(LedgerMessage.id == message_id, LedgerMessage.state == "waiting")
        .values(state="parked", state_at=now, attempts=attempts, reason=_said(reason))
        .returning(LedgerMessage)
    ).one_or_none()
    if row is not None:
        _ask_people(session, row, now)


def read_again(session: Session, *, message_id: UUID, now: datetime) -> None:
    """Read a parked message once more, when what stood in its way has been put right.

    :raises NoSuchParked: none with this id
    """
    row = session.scalars(
        update(LedgerMessage)
        .where(LedgerMessage.id == message_id, LedgerMessage.state == "parked", LedgerMessage.sealed.is_not(None))
        .values(state="waiting", state_at=now)
        .returning(LedgerMessage)
    ).one_or_none()
    if row is None:
        raise NoSuchParked(str(message_id))
    _promise(session, row.id, row.municipality_code, row.account, now)


def parked(session: Session, *, limit: int) -> list[LedgerMessage]:
    """The oldest parked messages."""
    rows = select(LedgerMessage).where(LedgerMessage.state == "parked").order_by(LedgerMessage.received_at)
    return list(session.scalars(rows.limit(limit)))


def forget(session: Session, *, now: datetime) -> int:
    """Forget what handled messages said, some time after; that they came is kept. How many."""
    old = (
        update(LedgerMessage)
        .where(
            LedgerMessage.state == "handled",
            LedgerMessage.sealed.is_not(None),
            LedgerMessage.state_at < now - KEPT,
        )
        .values(sealed=None)
        .returning(LedgerMessage.id)
    )
    return len(session.execute(old).all())


def _insert(
    session: Session, arrived: Arrived, key: str, fault: str | None, vault: CprVault, now: datetime
) -> UUID | None:
    made = new_row_id()
    row = session.scalars(
        insert(LedgerMessage)
        .values(
            id=made,
            municipality_code=arrived.municipality_code,
            door=arrived.door.value,
            key=key,
            digest=arrived.digest,
            kind=arrived.kind,
            account=arrived.account,
            # Latin-1 gives every byte a character, so that also what is no text comes back as it was.
            sealed=vault.sealer_for(PURPOSE).seal(arrived.raw.decode("latin-1")),
            received_at=now,
            state="parked" if fault else "waiting",
            state_at=now,
            reason=_said(fault) if fault else None,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["door", "key"])
        .returning(LedgerMessage)
    ).one_or_none()
    if row is None:
        return None
    if fault:
        _ask_people(session, row, now)
    else:
        _promise(session, made, arrived.municipality_code, arrived.account, now)
    return made


def _digest_of(session: Session, arrived: Arrived) -> str | None:
    return session.scalar(
        select(LedgerMessage.digest).where(LedgerMessage.door == arrived.door.value, LedgerMessage.key == arrived.key)
    )


def _promise(session: Session, message_id: UUID, code: str, account: str | None, now: datetime) -> None:
    # A lane apart from that of postings: what the ledger says must not wait for what it does not take.
    lane = f"back/{account or message_id}"
    queue.put(
        session, kind=CAME_BACK, subject_id=message_id, municipality_code=code, lane=lane, payload={}, now=now
    )  # fmt: skip


def _said(reason: str) -> str:
    return hide_cprs(reason)[:_LONGEST_REASON]


def _ask_people(session: Session, row: LedgerMessage, now: datetime) -> None:
    open_task(
        session,
        key=f"ledger_message/{row.id}",
        kind="ledger_message_parked",
        subject_kind="ledger_message",
        subject_id=row.id,
        municipality_code=row.municipality_code,
        reason=f"En besked fra debitorsystemet kan ikke læses: {row.reason}",
        next_step=f"Ret årsagen, og kør derefter `flask --app app ledger read-again {row.id}`",
        facts={"kind": row.kind, "door": row.door},
        now=now,
    )
