"""SøgFordringTilIndbetaling (SF1590_B_03): every claim that a debtor system holds against one person."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from app.sf1590 import assumed_fields as field
from app.sf1590 import outcome, values
from app.sf1590.envelope import Heading, heading_onto
from app.sf1590.guard import BadMessage

ACTION: Final = "SøgFordringTilIndbetaling"


class Liability(StrEnum):
    """How somebody is liable, by the name of the marker that says so."""

    LIABLE = "JuridiskAnsvarligMarkering"
    ADMINISTRATOR = "AdministratorMarkering"
    CO_LIABLE = "JuridiskMedhæfterMarkering"


@dataclass(frozen=True)
class Liable:
    """One party to a claim; `cpr` is None for a company or anybody else without one."""

    liability: Liability
    cpr: str | None


@dataclass(frozen=True)
class Extra:
    """Interest or a reminder fee that belongs to a claim; `of` is the class that a payment covers it by."""

    of: str
    extra_id: str
    amount_ore: int
    outstanding_ore: int
    on: date | None


@dataclass(frozen=True)
class PayableClaim:
    """One claim as the debtor system tells of it. What it does not tell is None."""

    account: str
    claim_id: str
    type_id: str
    creator_system: str
    origin_ref: str | None
    principal_ore: int
    outstanding_ore: int
    liable: tuple[Liable, ...]
    founded_on: date | None
    period_from: date | None
    period_to: date | None
    by_betalingsservice: bool
    due_on: date | None
    last_timely_on: date | None
    at_agency: bool
    agency_on: date | None
    text_lines: tuple[str, ...]
    instalments: tuple[tuple[date, int], ...]
    deferred_from: date | None
    deferred_to: date | None
    extras: tuple[Extra, ...]


@dataclass(frozen=True)
class Refusal:
    """The debtor system will not say."""

    handled_at: datetime
    reason: outcome.Reason


def request(cpr: str, heading: Heading) -> etree._Element:
    """Ask for a person's claims in whatever role."""
    root = values.new(f"{ACTION}_I")
    heading_onto(root, heading)
    for liability in Liability:
        values.add(root, liability.value, "true")
    add_party(values.add(root, "ØIRPartIdentifikation"), cpr)
    return root


def add_party(parent: etree._Element, cpr: str) -> None:
    """Write a person at the end of `parent`."""
    values.add(values.add(parent, "ØIRPart"), field.PARTY_URN.name, f"{values.CPR_URN}{cpr}")


def answer_from(element: etree._Element) -> tuple[PayableClaim, ...] | Refusal:
    """Read a validated answer; no claims is an empty tuple.

    :raises BadMessage: something that the schema promises is missing, or a value that means nothing
    """
    handled_at = values.moment_from(values.text(element, "BehandlingDatoTid"))
    if values.child(element, "IngenForretningsdataAtReturnere") is not None:
        return ()
    refusal = values.child(element, "DebitorIndbetalingAfvisning")
    if refusal is not None:
        return Refusal(handled_at, outcome.reason_from(refusal))
    return claims_in(values.needed(element, "SøgFordringTilIndbetalingForretningssvar"))


def claims_in(element: etree._Element) -> tuple[PayableClaim, ...]:
    """The claims of every account that a validated element lists.

    :raises BadMessage: something that the schema promises is missing, or a value that means nothing
    """
    found: list[PayableClaim] = []
    for account in values.children(element, field.ACCOUNT_FOUND.name):
        account_id = values.text(values.needed(account, "Debitorkonto"), field.ACCOUNT_ID.name)
        found += claims_on(account, account_id)
    return tuple(found)


def claims_on(account: etree._Element, account_id: str) -> list[PayableClaim]:
    """The claims that stand in an answer about an account.

    :raises BadMessage: something that the schema promises is missing, or a value that means nothing
    """
    return [_claim(one, account_id) for one in values.children(account, field.CLAIM_FOUND.name)]


def _claim(found: etree._Element, account: str) -> PayableClaim:
    claim = values.needed(found, "Fordring")
    deferral = values.child(found, "Henstand")
    origin_ref = values.child(claim, field.CLAIM_ORIGIN_REF.name)
    return PayableClaim(
        account=account,
        claim_id=values.text(claim, field.CLAIM_ID.name),
        type_id=values.text(claim, field.CLAIM_TYPE.name),
        creator_system=values.text(values.needed(found, "OprettetAf"), field.CREATOR_SYSTEM.name),
        origin_ref=None if origin_ref is None else origin_ref.text,
        principal_ore=values.amount_from(values.text(claim, field.CLAIM_PRINCIPAL.name)),
        outstanding_ore=values.amount_from(values.text(found, "RestanceBeløb")),
        liable=tuple(_liable(one) for one in values.children(found, field.LIABLE_PARTY.name)),
        founded_on=values.day(claim, field.CLAIM_FOUNDED_ON.name),
        period_from=values.day(claim, field.CLAIM_PERIOD_FROM.name),
        period_to=values.day(claim, field.CLAIM_PERIOD_TO.name),
        by_betalingsservice=values.marked(claim, field.CLAIM_BY_BETALINGSSERVICE.name),
        due_on=values.day(claim, field.CLAIM_DUE_ON.name),
        last_timely_on=values.day(claim, field.CLAIM_LAST_TIMELY_ON.name),
        at_agency=values.marked(claim, field.CLAIM_AT_AGENCY.name),
        agency_on=values.day(claim, field.CLAIM_AGENCY_ON.name),
        text_lines=_lines(found),
        instalments=_instalments(found),
        deferred_from=None if deferral is None else values.day(deferral, field.DEFERRAL_FROM.name),
        deferred_to=None if deferral is None else values.day(deferral, field.DEFERRAL_TO.name),
        extras=_extras(found),
    )


def _liable(party: etree._Element) -> Liable:
    for liability in Liability:
        if values.marked(party, liability.value):
            person = values.needed(values.needed(party, "ØIRPartIdentifikation"), "ØIRPart")
            return Liable(liability, values.cpr_from_urn(values.text(person, field.PARTY_URN.name)))
    raise BadMessage("a liable party has no role")


def _lines(found: etree._Element) -> tuple[str, ...]:
    numbered = [
        (int(values.text(line, field.CLAIM_LINE_NO.name)), values.text(line, field.CLAIM_LINE_TEXT.name))
        for line in values.children(found, "FordringTekstLinje")
    ]
    return tuple(words for _number, words in sorted(numbered, key=lambda one: one[0]))


def _instalments(found: etree._Element) -> tuple[tuple[date, int], ...]:
    plan = values.child(found, field.PLAN_FOUND.name)
    if plan is None:
        return ()
    rates = [
        (
            values.day_from(values.text(rate, field.RATE_DUE_ON.name)),
            values.amount_from(values.text(rate, field.RATE_AMOUNT.name)),
        )
        for rate in values.children(plan, "Rate")
    ]
    return tuple(sorted(rates))


# The wrapper an extra stands in, its id, its amount and its day, for each of the three kinds.
_EXTRAS: Final = (
    (field.INTEREST_FOUND, field.INTEREST_ID, field.INTEREST_AMOUNT, field.INTEREST_TO),
    (
        field.AGENCY_INTEREST_FOUND,
        field.AGENCY_INTEREST_ID,
        field.AGENCY_INTEREST_AMOUNT,
        field.AGENCY_INTEREST_TO,
    ),
    (field.REMINDER_FOUND, field.REMINDER_ID, field.REMINDER_AMOUNT, field.REMINDER_ON),
)


def _extras(found: etree._Element) -> tuple[Extra, ...]:
    extras: list[Extra] = []
    for wrapper, id_field, amount_field, on_field in _EXTRAS:
        for one in values.children(found, wrapper.name):
            extra = values.needed(one, id_field.inside)
            extras.append(
                Extra(
                    id_field.inside,
                    values.text(extra, id_field.name),
                    values.amount_from(values.text(extra, amount_field.name)),
                    values.amount_from(values.text(one, "RestanceBeløb")),
                    values.day(extra, on_field.name),
                )
            )
    return tuple(extras)
