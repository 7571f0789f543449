"""ForetagIndbetaling (SF1590_B_03): one payment aimed at one debtor account, and the debtor system's answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.sf1590 import assumed_fields as field
from app.sf1590 import outcome, values
from app.sf1590.envelope import Heading, heading_onto
from app.sf1590.payable import add_party

ACTION: Final = "ForetagIndbetaling"
COVERABLE: Final = tuple(cover.of for cover in field.COVERS)
"""What a part of a payment may be meant for: Fordring and what belongs to it."""
_COVERS: Final = {cover.of: cover for cover in field.COVERS}


@dataclass(frozen=True)
class Cover:
    """The part of a payment that is meant for one claim, interest or fee; `of` is one of COVERABLE."""

    cover_id: UUID
    of: str
    of_id: UUID
    amount_ore: int


@dataclass(frozen=True)
class Payment:
    """A payment as it is sent. Everything in it is the same over every retry."""

    payment_id: UUID
    account: UUID
    payer_cpr: str
    amount_ore: int
    paid_at: datetime
    value_on: date
    text_lines: tuple[str, ...] = ()
    covers: tuple[Cover, ...] = ()


@dataclass(frozen=True)
class PaymentAccepted:
    """Booked."""

    handled_at: datetime
    remarks: tuple[outcome.Reason, ...]


@dataclass(frozen=True)
class PaymentRejected:
    """Not booked; the arrears are what the account owes now, where the ledger says so."""

    handled_at: datetime
    reason: outcome.Reason
    arrears_ore: int | None


def request(payment: Payment, heading: Heading) -> etree._Element:
    """The request element, in the order that the model lists its parts.

    :raises BadMessage: a text holds a character that XML cannot carry
    """
    root = values.new(f"{ACTION}_I")
    heading_onto(root, heading)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, payment.account)
    paid = values.add(root, "Indbetaling")
    values.add(paid, field.PAYMENT_ID.name, payment.payment_id)
    values.add(paid, field.PAYMENT_AT.name, values.text_of_moment(payment.paid_at))
    values.add(paid, field.PAYMENT_VALUE_ON.name, payment.value_on)
    values.add(paid, field.PAYMENT_AMOUNT.name, values.text_of_amount(payment.amount_ore))
    for number, words in enumerate(payment.text_lines, start=1):
        line = values.add(root, "IndbetalingTekstLinje")
        values.add(line, field.PAYMENT_LINE_NO.name, str(number))
        values.add(line, field.PAYMENT_LINE_TEXT.name, words)
    for cover in sorted(payment.covers, key=lambda one: COVERABLE.index(one.of)):
        add_part(root, _COVERS[cover.of], cover.cover_id, cover.of_id, cover.amount_ore, payment.paid_at)
    add_party(values.add(root, "ØIRPartIdentifikation"), payment.payer_cpr)
    return root


def add_part(
    root: etree._Element, names: field.PartFields, part_id: UUID, of_id: UUID, amount_ore: int, at: datetime
) -> None:
    """Write a part of a payment (or of its reduction), and what it is about, at the end of a request."""
    split = values.add(root, names.split.name)
    part = values.add(split, names.id.inside)
    values.add(part, names.id.name, part_id)
    values.add(part, names.at.name, values.text_of_moment(at))
    values.add(part, names.amount.name, values.text_of_amount(amount_ore))
    values.add(values.add(split, names.of), names.of_id.name, of_id)


def answer_from(element: etree._Element) -> PaymentAccepted | PaymentRejected:
    """Read a validated answer.

    :raises BadMessage: something that the schema promises is missing
    """
    handled_at = values.moment_from(values.text(element, "BehandlingDatoTid"))
    accept = values.child(element, "DebitorIndbetalingAccept")
    if accept is not None:
        return PaymentAccepted(handled_at, outcome.remarks_from(accept))
    reason = outcome.reason_from(values.needed(element, "DebitorIndbetalingAfvisning"))
    more = values.child(element, "ForetagIndbetalingAfvisningUddybendeSvar")
    arrears_ore = None if more is None else values.amount_from(values.text(more, "RestanceBeløb"))
    return PaymentRejected(handled_at, reason, arrears_ore)
