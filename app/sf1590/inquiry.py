"""DebitorForespørgselAfsend (SF1590_B_02): a person's accounts, and one account with its claims and payments."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.sf1590 import assumed_fields as field
from app.sf1590 import assumed_inquiry as own
from app.sf1590 import outcome, values
from app.sf1590.envelope import Heading, heading_onto
from app.sf1590.guard import BadMessage
from app.sf1590.payable import Liability, PayableClaim, add_party, claims_on

SEARCH: Final = "SøgDebitorregistrering"
FETCH: Final = "HentDebitorkonto"


@dataclass(frozen=True)
class Found:
    """One account of a person, in short."""

    account: str
    liability: Liability
    left_ore: int
    at_agency: bool
    oldest_due_on: date | None


@dataclass(frozen=True)
class Wanted:
    """One account, and of which period its payments are to be told; both days are included."""

    account: UUID
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Reduced:
    """How much of a payment was taken back, and when."""

    reduction_id: UUID
    made_at: datetime
    amount_ore: int


@dataclass(frozen=True)
class Held:
    """A payment on an account. `registered_at` is what whoever made it gave it: of ours, when the citizen paid."""

    payment_id: UUID
    registered_at: datetime
    value_on: date
    amount_ore: int
    text_lines: tuple[str, ...]
    reductions: tuple[Reduced, ...]


@dataclass(frozen=True)
class Account:
    """One account: every claim on it, with interest and fees, and the payments of the period that was asked for."""

    account: str
    claims: tuple[PayableClaim, ...]
    payments: tuple[Held, ...]


def search_request(cpr: str, heading: Heading) -> etree._Element:
    """Ask for a person's accounts in whatever role, with what is left on each."""
    root = values.new(f"{SEARCH}_I")
    heading_onto(root, heading)
    for liability in Liability:
        values.add(root, liability.value, "true")
    values.add(root, "SamletFordringOverblikMarkering", "true")
    add_party(values.add(root, "ØIRPartIdentifikation"), cpr)
    return root


def search_answer(element: etree._Element) -> tuple[Found, ...] | outcome.Rejected:
    """Read a validated answer; no accounts is an empty tuple.

    :raises BadMessage: something that the schema promises is missing, or a value that means nothing
    """
    found = _answer(element, "SøgDebitorregistreringForretningssvar")
    if found is None or isinstance(found, outcome.Rejected):
        return found or ()
    return tuple(_found(one) for one in values.children(found, own.SUMMARY.name))


def fetch_request(wanted: Wanted, heading: Heading) -> etree._Element:
    """Ask for one account, with the payments of a period."""
    root = values.new(f"{FETCH}_I")
    heading_onto(root, heading)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, wanted.account)
    if wanted.since is not None:
        values.add(root, "PeriodeFraOgMedDato", wanted.since)
    if wanted.until is not None:
        values.add(root, "PeriodeTilOgMedDato", wanted.until)
    return root


def fetch_answer(element: etree._Element) -> Account | outcome.Rejected | None:
    """Read a validated answer; None where the ledger knows no such account.

    :raises BadMessage: something that the schema promises is missing, or a value that means nothing
    """
    found = _answer(element, "HentDebitorkontoForretningssvar")
    if found is None or isinstance(found, outcome.Rejected):
        return found
    account = values.text(values.needed(found, "Debitorkonto"), field.ACCOUNT_ID.name)
    payments = tuple(_held(one) for one in values.children(found, own.PAYMENT_FOUND.name))
    return Account(account, tuple(claims_on(found, account)), payments)


def _answer(element: etree._Element, name: str) -> etree._Element | outcome.Rejected | None:
    handled_at = values.moment_from(values.text(element, "BehandlingDatoTid"))
    if values.child(element, "IngenForretningsdataAtReturnere") is not None:
        return None
    refusal = values.child(element, "DebitorForespørgselAfvisning")
    if refusal is not None:
        return outcome.Rejected(handled_at, outcome.reason_from(refusal))
    return values.needed(element, name)


def _found(summary: etree._Element) -> Found:
    roles = [liability for liability in Liability if values.marked(summary, liability.value)]
    if not roles:
        raise BadMessage("an account has no role")
    return Found(
        values.text(values.needed(summary, "Debitorkonto"), field.ACCOUNT_ID.name),
        roles[0],
        values.amount_from(values.text(summary, "SamletBeløb")),
        values.marked(summary, "UnderInddrivelse"),
        values.day(summary, "ÆldsteRettidigBetalingsdato"),
    )


def _held(found: etree._Element) -> Held:
    paid = values.needed(found, field.PAYMENT_ID.inside)
    lines = [
        (int(values.text(line, field.PAYMENT_LINE_NO.name)), values.text(line, field.PAYMENT_LINE_TEXT.name))
        for line in values.children(found, field.PAYMENT_LINE_NO.inside)
    ]
    return Held(
        UUID(values.text(paid, field.PAYMENT_ID.name)),
        values.moment_from(values.text(paid, field.PAYMENT_AT.name)),
        values.day_from(values.text(paid, field.PAYMENT_VALUE_ON.name)),
        values.amount_from(values.text(paid, field.PAYMENT_AMOUNT.name)),
        tuple(words for _number, words in sorted(lines, key=lambda one: one[0])),
        tuple(_reduced(one) for one in values.children(found, field.REDUCTION_ID.inside)),
    )


def _reduced(element: etree._Element) -> Reduced:
    return Reduced(
        UUID(values.text(element, field.REDUCTION_ID.name)),
        values.moment_from(values.text(element, field.REDUCTION_AT.name)),
        values.amount_from(values.text(element, field.REDUCTION_AMOUNT.name)),
    )
