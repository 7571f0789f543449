"""A payment taken back: ForetagIndbetalingNedregulering for a part of it, TilbageførIndbetaling for the whole."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.sf1590 import assumed_fields as field
from app.sf1590 import outcome, values
from app.sf1590.envelope import Heading, heading_onto
from app.sf1590.payment import COVERABLE, add_part

REDUCE: Final = "ForetagIndbetalingNedregulering"
REVERSE: Final = "TilbageførIndbetaling"
_NAMES: Final = dict(zip(COVERABLE, field.REDUCED_COVERS, strict=True))


@dataclass(frozen=True)
class ReducedCover:
    """How much is taken from one cover of the payment; `of` is what the cover is for, one of COVERABLE."""

    reduced_id: UUID
    of: str
    cover_id: UUID
    amount_ore: int


@dataclass(frozen=True)
class Reduction:
    """A part of a payment taken back (IndbetalingNedregulering). Everything in it is the same over every retry."""

    reduction_id: UUID
    payment_id: UUID
    account: UUID
    amount_ore: int
    made_at: datetime
    value_on: date
    text: str
    covers: tuple[ReducedCover, ...] = ()


@dataclass(frozen=True)
class Order:
    """An order to take a whole payment back (IndbetalingTilbageførselOrdre); the same over every retry."""

    order_id: UUID
    payment_id: UUID
    account: UUID
    amount_ore: int
    made_at: datetime
    text: str


def reduction_request(reduction: Reduction, heading: Heading) -> etree._Element:
    """The request for a part, in the order that the model lists its parts.

    :raises BadMessage: a text holds a character that XML cannot carry
    """
    root = values.new(f"{REDUCE}_I")
    heading_onto(root, heading)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, reduction.account)
    values.add(values.add(root, "Indbetaling"), field.PAYMENT_ID.name, reduction.payment_id)
    reduced = values.add(root, field.REDUCTION_ID.inside)
    values.add(reduced, field.REDUCTION_ID.name, reduction.reduction_id)
    values.add(reduced, field.REDUCTION_AT.name, values.text_of_moment(reduction.made_at))
    values.add(reduced, field.REDUCTION_VALUE_ON.name, reduction.value_on)
    values.add(reduced, field.REDUCTION_AMOUNT.name, values.text_of_amount(reduction.amount_ore))
    values.add(reduced, field.REDUCTION_TEXT.name, reduction.text)
    for cover in sorted(reduction.covers, key=lambda one: COVERABLE.index(one.of)):
        add_part(root, _NAMES[cover.of], cover.reduced_id, cover.cover_id, cover.amount_ore, reduction.made_at)
    return root


def order_request(order: Order, heading: Heading) -> etree._Element:
    """The request for the whole, in the order that the model lists its parts.

    :raises BadMessage: a text holds a character that XML cannot carry
    """
    root = values.new(f"{REVERSE}_I")
    heading_onto(root, heading)
    ordered = values.add(root, field.ORDER_ID.inside)
    values.add(ordered, field.ORDER_ID.name, order.order_id)
    values.add(ordered, field.ORDER_AT.name, values.text_of_moment(order.made_at))
    values.add(ordered, field.ORDER_TEXT.name, order.text)
    values.add(values.add(root, "Debitorkonto"), field.ACCOUNT_ID.name, order.account)
    paid = values.add(root, "Indbetaling")
    values.add(paid, field.PAYMENT_ID.name, order.payment_id)
    values.add(paid, field.PAYMENT_AMOUNT.name, values.text_of_amount(order.amount_ore))
    return root


def reduction_answer(element: etree._Element) -> outcome.Accepted | outcome.Rejected:
    """Read a validated answer about a part.

    :raises BadMessage: something that the schema promises is missing
    """
    return outcome.verdict_from(element, accept="DebitorIndbetalingAccept", rejection="DebitorIndbetalingAfvisning")


def order_answer(element: etree._Element) -> outcome.Accepted | outcome.Rejected:
    """Read a validated answer about the whole.

    :raises BadMessage: something that the schema promises is missing
    """
    return outcome.verdict_from(element, accept="Accept", rejection="Afvisning")
