"""Codes: twelve characters that let whoever holds them pay certain bills, and see next to nothing of them."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims.queries import Bill, bills_of
from app.claims.status import Key
from app.foundation.clock import danish_day
from app.foundation.ids import new_public_id
from app.municipalities.facts import Facts
from app.payments.models import PayCode
from app.payments.queries import beside
from app.payments.slips import numbers_for

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: digits and letters without I, L, O and U, so that no two look the same. Five bits a character."""
LENGTH = 12
"""Sixty bits: with ten tries an hour for each address and prefix nobody guesses one."""
PREFIX = 4
"""How many characters guesses are counted by (see `web/limits`)."""
_ALIKE = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212.]+")
_LONGEST_TYPED = 60
_SINCE_EVER = timedelta(days=5 * 365)


class NotACode(ValueError):
    """The text cannot be a code."""


class CodeUnknown(LookupError):
    """No such code in this municipality."""


class CodeExpired(Exception):
    """A code from the desk that lasts no longer."""


@dataclass(frozen=True)
class Glimpse:
    """All that the holder of a code may see of one bill. What is not here cannot be shown."""

    claim_id: UUID
    area: str
    number: int
    due_on: date | None
    amount_ore: int
    key: Key
    at: datetime | None
    """When it was paid."""
    may_be_paid: bool


@dataclass(frozen=True)
class Opened:
    """A code and the bills behind it as they are now."""

    id: UUID
    person_id: UUID
    glimpses: tuple[Glimpse, ...]

    @property
    def payable(self) -> tuple[Glimpse, ...]:
        """The bills that may be paid now."""
        return tuple(one for one in self.glimpses if one.may_be_paid)

    @property
    def total_ore(self) -> int:
        """What those come to."""
        return sum(one.amount_ore for one in self.payable)


def read(typed: str) -> str:
    """The code that somebody typed: lower case, spaces and hyphens are fine, and O, I and L are read as 0, 1 and 1.

    :raises NotACode: not twelve characters of the alphabet
    """
    plain = _BETWEEN.sub("", typed[:_LONGEST_TYPED]).upper().translate(_ALIKE)
    if len(plain) != LENGTH or set(plain) - set(ALPHABET):
        raise NotACode("not twelve characters of the alphabet")
    return plain


def grouped(code: str) -> str:
    """A code as it is printed: `K7M4-9QWX-2P8T`."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))


def for_claim(session: Session, *, claim_id: UUID, person_id: UUID, facts: Facts, now: datetime) -> str:
    """The code of one claim: made once, the same on every letter. Two who owe the claim have the same code."""
    numbers_for(session, claim_ids=[claim_id], municipality_code=facts.code, now=now)
    row = _row("claim", person_id, facts, now) | {"claim_id": claim_id, "claim_ids": [str(claim_id)]}
    session.execute(insert(PayCode).values(row).on_conflict_do_nothing())
    kept = session.scalars(select(PayCode).where(PayCode.claim_id == claim_id, PayCode.kind == "claim")).one()
    kept.person_id = person_id  # who asks owes it now; whoever it was made for may owe it no more
    return kept.code


def for_basket(
    session: Session, *, claim_ids: Sequence[UUID], person_id: UUID, facts: Facts, made_by: str, now: datetime
) -> PayCode:
    """A code of the desk for some of a citizen's claims; it lasts as long as the municipality's file says."""
    numbers_for(session, claim_ids=claim_ids, municipality_code=facts.code, now=now)
    lasts = timedelta(minutes=facts.desk_code_minutes)
    ids = [str(claim_id) for claim_id in claim_ids]
    code = PayCode(**_row("desk", person_id, facts, now), claim_ids=ids, made_by=made_by, expires_at=now + lasts)
    session.add(code)
    session.flush()
    return code


def of_desk(session: Session, *, code_id: UUID, person_id: UUID, facts: Facts) -> tuple[str, datetime]:
    """The characters of a code of the desk for a person, and until when it lasts.

    :raises CodeUnknown: no such code, or for somebody else
    """
    row = session.get(PayCode, code_id)
    if row is None or row.expires_at is None or (row.person_id, row.municipality_code) != (person_id, facts.code):
        raise CodeUnknown
    return row.code, row.expires_at


def _row(kind: str, person_id: UUID, facts: Facts, now: datetime) -> dict[str, object]:
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return {
        "id": new_public_id(), "code": code, "kind": kind, "municipality_code": facts.code, "person_id": person_id,
        "created_at": now,
    }  # fmt: skip


def find(session: Session, *, code: str, facts: Facts, now: datetime) -> UUID:
    """The id of a code that somebody knows.

    :raises CodeUnknown: no such code here
    :raises CodeExpired: it was made at the desk, too long ago
    """
    row = session.scalar(select(PayCode).where(PayCode.code == code, PayCode.municipality_code == facts.code))
    if row is None:
        raise CodeUnknown
    if row.expires_at is not None and now >= row.expires_at:
        raise CodeExpired
    return row.id


def opened(session: Session, *, code_id: UUID, facts: Facts, now: datetime) -> Opened:
    """What a code opens, as it stands now.

    :raises CodeUnknown: no such code here, or whom it is about owes none of its bills any more
    """
    row = session.get(PayCode, code_id)
    if row is None or row.municipality_code != facts.code:
        raise CodeUnknown
    known = beside(session, person_id=row.person_id, municipality_code=facts.code)
    bills = bills_of(
        session, person_id=row.person_id, facts=facts, beside=known.beside, today=danish_day(now),
        closed_since=now - _SINCE_EVER,
    )  # fmt: skip
    chosen = {UUID(claim_id) for claim_id in row.claim_ids}
    numbers = numbers_for(session, claim_ids=chosen, municipality_code=facts.code, now=now)
    glimpses = tuple(_glimpse(bill, numbers[bill.id]) for bill in bills if bill.id in chosen)
    if not glimpses:
        raise CodeUnknown
    return Opened(row.id, row.person_id, glimpses)


def _glimpse(bill: Bill, number: int) -> Glimpse:
    return Glimpse(
        claim_id=bill.id,
        area=bill.area,
        number=number,
        due_on=bill.due_on,
        amount_ore=bill.outstanding_ore,
        key=bill.status.key,
        at=bill.status.at,
        may_be_paid=bill.status.selectable,
    )
