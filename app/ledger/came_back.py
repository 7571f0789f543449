"""Reads what lies in the inbox, message by message, and does what it says; what cannot be read is parked."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.crypto import CprVault
from app.foundation.db import Sessions
from app.ledger import accounts, inbox, payable
from app.ledger import coverage as coverages
from app.ledger.coming_back import AccountClosed, AccountReopened, ClaimsPayable, Kind, Movement
from app.ledger.inbox import Door
from app.municipalities.facts import Facts
from app.outbox.port import Finish, Message, nothing
from app.sf1590 import besked, coverage, incoming
from app.sf1590.coverage import Booked, What
from app.sf1590.guard import BadMessage

_KINDS: Final = {
    What.WRITE_OFF: Kind.WRITE_OFF,
    What.WRITE_OFF_REDUCED: Kind.WRITE_OFF_REDUCED,
    What.COVERAGE: Kind.COVERAGE,
    What.COVERAGE_REDUCED: Kind.COVERAGE_REDUCED,
}

Act = Callable[[Session], None]


def handle(sessions: Sessions, *, message: Message, facts: Facts, vault: CprVault, clock: Clock) -> Finish:
    """Read one message of the inbox; no wire is spoken. What it says is done, once, in the transaction of `finish`.

    One that cannot be read is parked with its reason and a task, and the next one has its turn.

    :raises CannotUnseal: the key that it was stored under is not configured: it waits
    """
    with sessions.begin() as session:
        found = inbox.raw_of(session, message_id=message.subject_id, vault=vault)
        if found is None:
            return nothing
        row, raw = found
        door, received_at = row.door, row.received_at
    now = clock()
    try:
        act = _act(door, raw, facts=facts, vault=vault, received_at=received_at, now=now)
    except BadMessage as bad:
        reason = str(bad)
        return lambda session: inbox.park(
            session, message_id=message.subject_id, attempts=message.attempts, reason=reason, now=now
        )

    def finish(session: Session) -> None:
        if inbox.handled(session, message_id=message.subject_id, attempts=message.attempts, now=now):
            act(session)

    return finish


def movements_in(raw: bytes) -> tuple[Movement, ...]:
    """What a call of OpretDækningAfskrivning tells.

    :raises BadMessage: it cannot be read
    """
    told = coverage.read(incoming.read_call(raw))
    return tuple(_movement(one, told.account) for one in told.booked)


def event_in(raw: bytes, *, received_at: datetime) -> AccountClosed | AccountReopened | ClaimsPayable:
    """What a message of Beskedfordeler tells. One about an account that bears no moment is as old as its arrival.

    :raises BadMessage: it cannot be read, or is of a type that we do not know
    """
    event = besked.read(raw)
    said = besked.content(event)
    if isinstance(said, besked.Payable):
        return ClaimsPayable(said.stated_at, said.claims)
    if isinstance(said, besked.Closed):
        return AccountClosed(str(said.account), said.at or received_at)
    return AccountReopened(str(said.account), event.made_at or received_at)


def _act(door: str, raw: bytes, *, facts: Facts, vault: CprVault, received_at: datetime, now: datetime) -> Act:
    code = facts.code
    if door == Door.LEDGER:
        movements = movements_in(raw)
        return lambda session: coverages.take_in(session, movements=movements, municipality_code=code, now=now)
    said = event_in(raw, received_at=received_at)
    if isinstance(said, AccountClosed):
        return lambda session: accounts.closed(session, message=said, municipality_code=code, now=now)
    if isinstance(said, AccountReopened):
        return lambda session: accounts.reopened(session, message=said, municipality_code=code, now=now)
    return lambda session: payable.shown(session, message=said, facts=facts, vault=vault, now=now)


def _movement(one: Booked, account: UUID) -> Movement:
    return Movement(
        id=one.id,
        kind=_KINDS[one.what],
        account=str(account),
        ledger_claim_id=str(one.claim_id),
        payment_id=one.payment_id,
        reduces=one.reduces,
        amount_ore=one.amount_ore,
        registered_at=one.at,
        reason=one.reason,
    )
