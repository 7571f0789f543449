"""OpretDækningAfskrivning: what a debtor system did to the claims of one account, told to the portal; our answer."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from lxml import etree

from app.foundation.cpr import hide_cprs
from app.sf1590 import assumed_coming_back as names
from app.sf1590 import assumed_fields as field
from app.sf1590 import outcome, values
from app.sf1590.guard import BadMessage, validate
from app.sf1590.incoming import Call, answer_to

ACTION: Final = "OpretDækningAfskrivning"
SCHEMA: Final = "daekning-afskrivning.xsd"


class What(StrEnum):
    """The four kinds of objects, in the order in which a request lists them."""

    WRITE_OFF = "FordringAfskrivning"
    WRITE_OFF_REDUCED = "FordringAfskrivningNedregulering"
    COVERAGE = "FordringDækning"
    COVERAGE_REDUCED = "FordringDækningNedregulering"


_FIELDS: Final = {
    What.WRITE_OFF: names.WRITE_OFF,
    What.WRITE_OFF_REDUCED: names.WRITE_OFF_REDUCED,
    What.COVERAGE: names.COVERAGE,
    What.COVERAGE_REDUCED: names.COVERAGE_REDUCED,
}


@dataclass(frozen=True)
class Booked:
    """One object as the debtor system booked it. `payment_id` is the payment, or the reduction of one, behind it."""

    what: What
    id: UUID
    at: datetime
    amount_ore: int
    claim_id: UUID
    payment_id: UUID | None = None
    reduces: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Told:
    """What happened on one account. `key` is the same however often it is told, under whatever heading."""

    account: UUID
    booked: tuple[Booked, ...]
    key: str


def read(call: Call) -> Told:
    """Read a request.

    :raises BadMessage: it is another request, breaks the schema, tells of nothing, or of an amount of nothing
    """
    if call.operation != ACTION:
        raise BadMessage(f"not a request of {ACTION}")
    validate(call.request, SCHEMA)
    booked = tuple(_all_booked(call.request))
    if not booked:
        raise BadMessage("the request tells of nothing")
    if len({one.id for one in booked}) < len(booked):
        raise BadMessage("two objects bear one id")
    account = UUID(values.text(values.needed(call.request, "Debitorkonto"), field.ACCOUNT_ID.name))
    return Told(account, booked, _key(account, booked))


def accepted(call: Call, *, account: UUID, now: datetime) -> etree._Element:
    """The answer that the portal has it and will do as it says."""
    root = _answer(call, account, now)
    values.add(values.add(root, "DækningRegistreringAccept"), "AccepteretUdenBemærkninger", "true")
    return root


def rejected(call: Call, *, account: UUID, reason: outcome.Reason, now: datetime) -> etree._Element:
    """The answer that the portal will not have it, and why."""
    root = _answer(call, account, now)
    refusal = values.add(root, "DækningRegistreringAfvisning")
    values.add(refusal, field.REASON_ID.name, reason.reason_id)
    values.add(refusal, field.REASON_TITLE.name, reason.title)
    if reason.local_code is not None:
        local = values.add(refusal, "LokalÅrsag")
        values.add(local, field.LOCAL_CODE.name, reason.local_code)
        values.add(local, field.LOCAL_TEXT.name, reason.local_text or "")
    return root


def _answer(call: Call, account: UUID, now: datetime) -> etree._Element:
    root = answer_to(call, now=now)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, account)
    values.add(root, "BehandlingDatoTid", values.text_of_moment(now))
    return root


def _all_booked(request: etree._Element) -> Iterator[Booked]:
    for what, named in _FIELDS.items():
        for found in values.children(request, named.wrapper.name):
            yield _booked(found, what, named)


def _booked(found: etree._Element, what: What, named: names.ObjectFields) -> Booked:
    about = values.needed(found, what.value)
    amount_ore = values.amount_from(values.text(about, named.amount.name))
    if amount_ore == 0:
        raise BadMessage("an amount is nothing")
    reason = None if named.reason is None else values.child(about, named.reason.name)
    return Booked(
        what=what,
        id=UUID(values.text(about, named.id.name)),
        at=values.moment_from(values.text(about, named.at.name)),
        amount_ore=amount_ore,
        claim_id=UUID(values.text(values.needed(found, "Fordring"), field.CLAIM_ID.name)),
        payment_id=_reference(found, field.PAYMENT_ID) or _reference(found, field.REDUCTION_ID),
        reduces=_reduces(found, what),
        reason=None if reason is None or not reason.text else hide_cprs(reason.text),
    )


def _reference(found: etree._Element, to: field.Field) -> UUID | None:
    about = values.child(found, to.inside)
    return None if about is None else UUID(values.text(about, to.name))


def _reduces(found: etree._Element, what: What) -> UUID | None:
    if what is What.WRITE_OFF_REDUCED:
        return _reference(found, names.WRITE_OFF.id)
    if what is What.COVERAGE_REDUCED:
        return _reference(found, names.COVERAGE.id)
    return None


def _key(account: UUID, booked: tuple[Booked, ...]) -> str:
    """A digest of what is told: a sender that tries again may well make a new transaction id, but not new objects."""
    told = "|".join([str(account), *sorted(f"{one.what}{one.id}{one.amount_ore}{one.claim_id}" for one in booked)])
    return hashlib.sha256(told.encode()).hexdigest()
