"""Refunds: asked for by one person, decided perhaps by another, and sent when the ledger has given the money back.

Money that waits with us may also be paid out from the municipality's bank (NemKonto), where the provider cannot send
it: that is decided in the same way, and done when it is decided.

ask ──────────────► asked ── approve ──► approved ── recalled, the last one ──► sending ──► (refund_sending)
 │  within one person's limit    │ decline           │ not_recalled
 └───────────────────────────────┴──► stopped ◄──────┘
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims import register
from app.journal import entries
from app.outbox import queue
from app.payments.models import Dispute, Payment, Refund
from app.payments.port import DisputeStanding
from app.payments.returns import refund_truth, return_tasks, returning
from app.payments.returns.parts import MoreThanLeft, Part, Recall, answered, chosen, from_json, total_ore
from app.payments.returns.placing import place_again
from app.payments.states import GOING_BACK, WITH_MONEY, RefundState, State

SEND = "payments.refund"
__all__ = [
    "SEND", "MoreThanLeft", "NoReason", "NotNow", "NotWaiting", "NothingAsked", "SamePerson", "UnknownPayment",
    "UnknownRefund", "approve", "ask", "decline", "not_recalled", "recalled",
    "recalled_in_parts",
]  # fmt: skip


class UnknownPayment(LookupError):
    """No such payment in this municipality."""


class UnknownRefund(LookupError):
    """No such refund in this municipality."""


class NoReason(ValueError):
    """Money goes back for a reason, or not at all."""


class NothingAsked(ValueError):
    """No amount, or one that is not above zero."""


class NotNow(Exception):
    """No money was taken, or a bank holds it while it is disputed."""


class SamePerson(Exception):
    """Who asked for a refund may not be the one who approves it."""


class NotWaiting(Exception):
    """The refund does not wait for a decision any more."""


def ask(
    session: Session, *, refund_id: UUID, payment_id: UUID, municipality_code: str, shares: Mapping[UUID | None, int],
    reason: str, by: str, alone_up_to_ore: int, now: datetime, is_by_bank: bool = False,
) -> RefundState:  # fmt: skip
    """Ask for money to go back: claim id to øre; under None, money that no claim has. Answers how the refund stands.

    `refund_id` is made by the form: the same one again (a double click, a second tab) changes nothing. What one person
    has decided alone on a payment counts together, so that the limit cannot be walked around. By bank only money that
    no claim has can go.

    :raises UnknownPayment: not a payment of this municipality, or the refund is of another one
    :raises NoReason, NothingAsked: the request is not whole
    :raises NotNow: no money was taken, or a dispute is open
    :raises MoreThanLeft: more than has neither gone back nor is going, in all or of one of the parts
    """
    if not reason.strip():
        raise NoReason
    if not shares or min(shares.values()) <= 0 or (is_by_bank and set(shares) != {None}):
        raise NothingAsked
    payment = _payment(session, payment_id, municipality_code)
    made = session.get(Refund, refund_id, populate_existing=True)
    if made is not None:
        if made.payment_id != payment_id:
            raise UnknownPayment
        return RefundState(made.state)
    _must_be_quiet(session, payment)
    parts = chosen(returning.left_of(session, payment), shares)
    within = _decided_alone_ore(session, payment, by) + sum(shares.values()) <= alone_up_to_ore
    refund = returning.open_refund(
        session, payment, refund_id=refund_id, origin="bank" if is_by_bank else "desk", parts=parts,
        reason=reason.strip(), state=RefundState.ASKED, by=by, now=now,
    )  # fmt: skip
    if within:
        _begin(session, payment, refund, by=by, now=now)
    else:
        return_tasks.wants_second_person(session, refund, now=now)
    return RefundState(refund.state)


def _payment(session: Session, payment_id: UUID, municipality_code: str) -> Payment:
    chosen_ = select(Payment).where(Payment.id == payment_id, Payment.municipality_code == municipality_code)
    payment = session.scalar(chosen_.with_for_update().execution_options(populate_existing=True))
    if payment is None:
        raise UnknownPayment
    return payment


def _must_be_quiet(session: Session, payment: Payment) -> None:
    open_ones = select(Dispute.id).where(Dispute.payment_id == payment.id, Dispute.standing == DisputeStanding.OPEN)
    if State(payment.state) not in WITH_MONEY or session.scalar(open_ones.limit(1)) is not None:
        raise NotNow


def _decided_alone_ore(session: Session, payment: Payment, by: str) -> int:
    return sum(
        refund.amount_ore
        for refund in returning.refunds_of(session, payment)
        if refund.asked_by == refund.decided_by == by and refund.state in GOING_BACK
    )


def approve(session: Session, *, refund_id: UUID, municipality_code: str, by: str, now: datetime) -> None:
    """Decide as the second person that a refund is made.

    :raises UnknownRefund: not a refund of this municipality
    :raises NotWaiting: it has been decided, or called off
    :raises SamePerson: `by` asked for it
    """
    payment, refund = _waiting(session, refund_id, municipality_code)
    if by == refund.asked_by:
        raise SamePerson
    _begin(session, payment, refund, by=by, now=now)
    return_tasks.decided(session, refund, by=by, outcome="Godkendt", now=now)


def decline(session: Session, *, refund_id: UUID, municipality_code: str, by: str, reason: str, now: datetime) -> None:
    """Decide that a refund is not made. Who asked for it may take it back this way.

    :raises UnknownRefund, NotWaiting: as `approve`
    :raises NoReason: a refusal has a reason
    """
    if not reason.strip():
        raise NoReason
    payment, refund = _waiting(session, refund_id, municipality_code)
    refund.decided_by, refund.decided_at, refund.failure_code = by, now, "declined"
    returning.give_up_lines(session, refund, from_json(refund.shares))
    returning.shift(session, payment, refund, RefundState.STOPPED, now=now, why=reason.strip())
    return_tasks.decided(session, refund, by=by, outcome=f"Afvist: {reason.strip()}", now=now)


def _waiting(session: Session, refund_id: UUID, municipality_code: str) -> tuple[Payment, Refund]:
    payment, refund = _locked(session, refund_id)
    if refund.municipality_code != municipality_code:
        raise UnknownRefund
    if refund.state != RefundState.ASKED:
        raise NotWaiting
    return payment, refund


def _locked(session: Session, refund_id: UUID) -> tuple[Payment, Refund]:
    payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise UnknownRefund
    payment = returning.locked(session, payment_id=payment_id)
    return payment, session.get_one(Refund, refund_id, populate_existing=True)


def _begin(session: Session, payment: Payment, refund: Refund, *, by: str, now: datetime) -> None:
    refund.decided_by, refund.decided_at = by, now
    if refund.origin == "bank":
        _pay_out(session, payment, refund, now=now)
        return
    returning.ask_ledger(session, payment, refund, now=now)
    if refund.recalls_left:
        returning.shift(session, payment, refund, RefundState.APPROVED, now=now)
    else:
        _send(session, payment, refund, now=now)


def _pay_out(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    entry = entries.paid_by_bank(municipality_code=payment.municipality_code, amount_ore=refund.amount_ore)
    returning.book(session, payment, f"refund/{refund.id}", entry, now)
    returning.shift(session, payment, refund, RefundState.SUCCEEDED, now=now)
    refund_truth.close_what_is_done(session, payment, now=now)


def _send(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    returning.shift(session, payment, refund, RefundState.SENDING, now=now)
    queue.put(
        session,
        kind=SEND,
        subject_id=refund.id,
        municipality_code=refund.municipality_code,
        # A lane of its own: a posting that the ledger does not answer must not hold back what it has no part in.
        lane=f"refund/{refund.id}",
        payload={},
        now=now,
    )


def recalled(
    session: Session, *, refund_id: UUID, recall_id: UUID, shares: Mapping[UUID, int],
    source: Literal["ledger", "transit"], now: datetime,
) -> None:  # fmt: skip
    """Shares of a posting were taken back: by the `ledger`, or from `transit` where the ledger never had the money.

    `recall_id` is the UUID under which that was asked. The claims are owed again. When the last one has come, our
    refund is sent; money that has gone already is evened. Where that money came back meanwhile, what a bank had taken
    is paid anew, and other money waits with us.

    :raises UnknownRefund: no such refund
    :raises NotAsked: the ledger was not asked for this
    """
    payment, refund = _locked(session, refund_id)
    parts, amount_ore = _answer(refund, shares, Recall.GIVEN), sum(shares.values())
    register.uncover(session, shares=shares, payment_id=payment.id, was_known=source == "ledger", now=now)
    is_under_way = refund.state == RefundState.APPROVED
    overpaid_ore, gone_ore, transit_ore = amount_ore, 0, 0
    if refund.origin != "desk" and is_under_way:
        overpaid_ore, gone_ore = 0, amount_ore
    elif refund.origin == "dispute":
        transit_ore, overpaid_ore = place_again(session, payment, refund, parts, now=now)
    entry = entries.recalled(
        municipality_code=payment.municipality_code, source=source, overpaid_ore=overpaid_ore, gone_ore=gone_ore,
        transit_ore=transit_ore,
    )  # fmt: skip
    returning.book(session, payment, f"recalled/{recall_id}", entry, now)
    returning.even(session, payment, now=now)
    if is_under_way and not refund.recalls_left:
        _end_of_recalls(session, payment, refund, now=now)


def recalled_in_parts(session: Session, *, refund_id: UUID, number: int) -> None:
    """What was one question to the ledger is so many now, each with an answer of its own.

    :raises UnknownRefund: no such refund
    """
    _, refund = _locked(session, refund_id)
    refund.recalls_left += number - 1


def not_recalled(
    session: Session, *, refund_id: UUID, recall_id: UUID, account: str, shares: Mapping[UUID, int], code: str,
    reason: str, now: datetime,
) -> None:  # fmt: skip
    """The ledger keeps shares of a posting. Our refund is stopped, and a person told; what was given waits with us.

    :raises UnknownRefund: no such refund
    :raises NotAsked: the ledger was not asked for this
    """
    payment, refund = _locked(session, refund_id)
    parts = _answer(refund, shares, Recall.KEPT)
    is_under_way = refund.state == RefundState.APPROVED
    if refund.origin == "desk" or not is_under_way:
        # The money is where it was, or has come back: it may go back another time.
        returning.give_up_lines(session, refund, parts)
    if refund.origin == "desk" or is_under_way:
        gone_ore = returning.gone_ore(session, payment)
        kept = return_tasks.Kept(recall_id, account, sum(shares.values()), gone_ore)
        return_tasks.not_recalled(session, refund, kept=kept, code=code, reason=reason, now=now)
    if is_under_way and refund.origin == "desk":
        refund.failure_code = code
        returning.shift(session, payment, refund, RefundState.STOPPED, now=now)
        returning.even(session, payment, now=now)  # what another account had given back waits with us now
    elif is_under_way and not refund.recalls_left:
        _end_of_recalls(session, payment, refund, now=now)


class NotAsked(Exception):
    """The ledger answers what it was not asked, or twice."""


def _answer(refund: Refund, shares: Mapping[UUID, int], recall: Recall) -> tuple[Part, ...]:
    """Keep the ledger's answer; returns the parts that it is about."""
    all_parts, parts = answered(from_json(refund.shares), shares=shares, recall=recall)
    if not parts or total_ore(parts, recall) != sum(shares.values()):
        raise NotAsked(refund.id)
    refund.shares = [part.to_json() for part in all_parts]
    refund.recalls_left -= 1
    return parts


def _end_of_recalls(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    if refund.origin == "desk":
        _send(session, payment, refund, now=now)
    else:
        returning.shift(session, payment, refund, RefundState.SUCCEEDED, now=now)
