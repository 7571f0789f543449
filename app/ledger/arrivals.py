"""Reads as much of a message from the ledger as a door needs: whose it is, what makes it itself, which account."""

import hashlib
from datetime import datetime
from typing import Final

from app.foundation.crypto import CprVault
from app.foundation.db import Sessions, transaction
from app.ledger import inbox
from app.ledger.inbox import Arrived, Door
from app.municipalities.register import Municipalities, UnknownMunicipality
from app.sf1590 import besked, coverage
from app.sf1590.guard import BadMessage
from app.sf1590.incoming import Call

UNREADABLE: Final = "unreadable"


class NotOurs(Exception):
    """The message concerns no municipality that is loaded here. The text names whom it concerns."""


def movements(call: Call, told: coverage.Told, *, raw: bytes, municipalities: Municipalities, now: datetime) -> Arrived:
    """A call of OpretDækningAfskrivning.

    It is known again by what it tells: a sender that tries again may make a new transaction id, and two calls with one
    transaction id may tell of different things. Its objects have ids of their own, by which each counts once.

    :raises NotOurs: another municipality's
    """
    code = _code((call.municipality_cvr,), municipalities, now)
    return Arrived(
        door=Door.LEDGER,
        key=f"{code}/{told.key}",
        digest=told.key,
        kind=coverage.ACTION,
        municipality_code=code,
        account=str(told.account),
        raw=raw,
    )


def event(found: besked.Event, *, raw: bytes, municipalities: Municipalities, now: datetime) -> Arrived:
    """A message of Beskedfordeler, known again by its BeskedId; one whose data cannot be read bears its fault.

    :raises NotOurs: another municipality's
    """
    code = _code(found.authorities, municipalities, now)
    account, fault = None, None
    try:
        account = _account(besked.content(found))
    except BadMessage as bad:
        fault = str(bad)
    return Arrived(
        door=Door.BESKEDFORDELER,
        key=found.id,
        digest=found.digest,
        kind=besked.name_of(found.type),
        municipality_code=code,
        account=account,
        raw=raw,
        fault=fault,
    )


def take_delivered(
    sessions: Sessions, *, raw: bytes, municipalities: Municipalities, queue_of: str, vault: CprVault, now: datetime
) -> None:
    """Store a message from a queue. When this returns, it may be acknowledged; nothing that comes is thrown away.

    A queue cannot be answered, so what cannot be read, or concerns nobody here, is stored too: parked, for the people
    of the municipality whose queue it is (`queue_of`, a CVR number).

    :raises NotOurs: no municipality is loaded at all, so nobody could look at what is parked
    """
    try:
        arrived = event(besked.read(raw), raw=raw, municipalities=municipalities, now=now)
    except (BadMessage, NotOurs) as bad:
        digest = hashlib.sha256(raw).hexdigest()
        arrived = Arrived(
            door=Door.BESKEDFORDELER,
            key=f"sha256:{digest}",
            digest=digest,
            kind=UNREADABLE,
            municipality_code=_somebody(queue_of, municipalities, now),
            account=None,
            raw=raw,
            fault=str(bad),
        )
    with transaction(sessions) as session:
        inbox.store(session, arrived=arrived, vault=vault, now=now)


def _code(cvrs: tuple[str, ...], municipalities: Municipalities, now: datetime) -> str:
    for cvr in cvrs:
        try:
            return municipalities.by_cvr(cvr, now=now).code
        except UnknownMunicipality:
            continue
    named = ", ".join(cvrs[:5])
    raise NotOurs(f"no municipality of this portal has CVR {named}" if named else "no authority is named by CVR")


def _somebody(cvr: str, municipalities: Municipalities, now: datetime) -> str:
    """Who looks at what concerns nobody: the queue's own municipality, else the first there is."""
    every = municipalities.every(now=now)
    if not every:
        raise NotOurs("no municipality is loaded")
    return next((code for code, facts in every.items() if facts.cvr == cvr), min(every))


def _account(said: besked.Payable | besked.Closed | besked.Reopened) -> str | None:
    if not isinstance(said, besked.Payable):
        return str(said.account)
    accounts = {claim.account for claim in said.claims}
    return accounts.pop() if len(accounts) == 1 else None
