"""DebitorRegistreringAfsend (SF1590_B_01): accounts and claims registered, made smaller, demanded."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.sf1590 import assumed_fields as field
from app.sf1590 import assumed_registration as own
from app.sf1590 import outcome, values
from app.sf1590.envelope import Heading, heading_onto
from app.sf1590.payable import add_party

REGISTER: Final = "OpretDebitorkontoRegistrering"
COLLECT: Final = "SætFordringTilOpkrævning"


@dataclass(frozen=True)
class Claim:
    """One claim as it is registered."""

    claim_id: UUID
    registered_at: datetime
    type_id: UUID
    principal_ore: int
    founded_on: date
    due_on: date
    last_timely_on: date
    origin_ref: str
    text_lines: tuple[str, ...] = ()
    period_from: date | None = None
    period_to: date | None = None


@dataclass(frozen=True)
class Liable:
    """Somebody who owes what stands on the account, from a day on."""

    liability_id: UUID
    registered_at: datetime
    from_on: date
    cpr: str


@dataclass(frozen=True)
class Lowered:
    """A claim made smaller (FordringNedregulering): a new object that points at the claim, which is never edited."""

    lowered_id: UUID
    claim_id: UUID
    made_at: datetime
    amount_ore: int
    text: str
    is_whole: bool = False
    """The claim falls away altogether."""


@dataclass(frozen=True)
class Demand:
    """A demand for payment that the source has sent already, so that the ledger sends none of its own."""

    demand_id: UUID
    sent_at: datetime
    title: str
    due_on: date
    creditor_number: int | None = None
    payment_reference: str | None = None


@dataclass(frozen=True)
class Registration:
    """What is said of one account. Everything in it is the same over every retry."""

    account: UUID
    opened_at: datetime
    creator_system: UUID
    """The IT system that the claims arose in."""
    claims: tuple[Claim, ...] = ()
    liable: tuple[Liable, ...] = ()
    lowered: tuple[Lowered, ...] = ()
    demand: Demand | None = None


@dataclass(frozen=True)
class Collection:
    """A registered claim that the municipality shall demand from now on."""

    account: UUID
    claim_id: UUID
    last_timely_on: date


def request(registration: Registration, heading: Heading) -> etree._Element:
    """The request to register, in the order that the model lists its parts.

    :raises BadMessage: a text holds a character that XML cannot carry
    """
    root = values.new(f"{REGISTER}_I")
    heading_onto(root, heading)
    account = values.add(root, "Debitorkonto")
    values.add(account, field.ACCOUNT_ID.name, registration.account)
    values.add(account, own.ACCOUNT_AT.name, values.text_of_moment(registration.opened_at))
    for claim in registration.claims:
        _claim(values.add(root, own.CLAIM_REGISTERED.name), claim)
    for liable in registration.liable:
        _liable(values.add(root, own.LIABILITY_REGISTERED.name), liable)
    for lowered in registration.lowered:
        _lowered(values.add(root, own.LOWERING.name), lowered)
    if registration.demand is not None:
        _demand(values.add(root, own.DEMAND_ID.inside), registration.demand)
    creator = values.add(root, "OprettetAf")
    values.add(creator, field.CREATOR_COMPANY.name, f"{values.CVR_URN}{heading.authority_cvr}")
    values.add(creator, field.CREATOR_SYSTEM.name, registration.creator_system)
    return root


def collection_request(collection: Collection, heading: Heading) -> etree._Element:
    """The request to demand a claim, in the order that the model lists its parts."""
    root = values.new(f"{COLLECT}_I")
    heading_onto(root, heading)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, collection.account)
    claim = values.add(root, "Fordring")
    values.add(claim, field.CLAIM_ID.name, collection.claim_id)
    values.add(claim, field.CLAIM_LAST_TIMELY_ON.name, collection.last_timely_on)
    return root


def answer_from(element: etree._Element) -> outcome.Accepted | outcome.Rejected:
    """Read a validated answer to either.

    :raises BadMessage: something that the schema promises is missing
    """
    return outcome.verdict_from(element, accept="DebitorRegistreringAccept", rejection="DebitorRegistreringAfvisning")


def _claim(registered: etree._Element, claim: Claim) -> None:
    element = values.add(registered, "Fordring")
    values.add(element, field.CLAIM_ID.name, claim.claim_id)
    values.add(element, field.CLAIM_REGISTERED_AT.name, values.text_of_moment(claim.registered_at))
    values.add(element, field.CLAIM_TYPE.name, claim.type_id)
    values.add(element, field.CLAIM_PRINCIPAL.name, values.text_of_amount(claim.principal_ore))
    values.add(element, field.CLAIM_FOUNDED_ON.name, claim.founded_on)
    if claim.period_from is not None:
        values.add(element, field.CLAIM_PERIOD_FROM.name, claim.period_from)
    if claim.period_to is not None:
        values.add(element, field.CLAIM_PERIOD_TO.name, claim.period_to)
    values.add(element, field.CLAIM_DUE_ON.name, claim.due_on)
    values.add(element, field.CLAIM_LAST_TIMELY_ON.name, claim.last_timely_on)
    values.add(element, field.CLAIM_ORIGIN_REF.name, claim.origin_ref)
    for number, words in enumerate(claim.text_lines, start=1):
        line = values.add(registered, "FordringTekstLinje")
        values.add(line, field.CLAIM_LINE_NO.name, str(number))
        values.add(line, field.CLAIM_LINE_TEXT.name, words)


def _liable(registered: etree._Element, liable: Liable) -> None:
    liability = values.add(registered, "Hæftelse")
    values.add(liability, field.LIABILITY_ID.name, liable.liability_id)
    values.add(liability, field.LIABILITY_AT.name, values.text_of_moment(liable.registered_at))
    values.add(liability, field.LIABILITY_FROM.name, liable.from_on)
    add_party(registered, liable.cpr)


def _lowered(registered: etree._Element, lowered: Lowered) -> None:
    element = values.add(registered, own.LOWERED_ID.inside)
    values.add(element, own.LOWERED_ID.name, lowered.lowered_id)
    values.add(element, own.LOWERED_AT.name, values.text_of_moment(lowered.made_at))
    values.add(element, own.LOWERED_AMOUNT.name, values.text_of_amount(lowered.amount_ore))
    if lowered.is_whole:
        values.add(element, own.LOWERED_WHOLE.name, "true")
    values.add(element, own.LOWERED_TEXT.name, lowered.text)
    values.add(values.add(registered, "Fordring"), field.CLAIM_ID.name, lowered.claim_id)


def _demand(element: etree._Element, demand: Demand) -> None:
    values.add(element, own.DEMAND_ID.name, demand.demand_id)
    values.add(element, own.DEMAND_AT.name, values.text_of_moment(demand.sent_at))
    values.add(element, own.DEMAND_TITLE.name, demand.title)
    values.add(element, own.DEMAND_DUE_ON.name, demand.due_on)
    if demand.creditor_number is not None:
        values.add(element, own.DEMAND_CREDITOR.name, str(demand.creditor_number))
    if demand.payment_reference is not None:
        values.add(element, own.DEMAND_REFERENCE.name, demand.payment_reference)
