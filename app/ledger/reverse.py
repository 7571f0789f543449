"""Reverse: before a refund is sent, what the debtor ledger has booked of its money is taken back there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.ledger.held import Amounts, NeverThere, Piece, held, held_by, pieces
from app.ledger.models import LedgerPosting, LedgerReversal
from app.ledger.port import Accepted, Rejected, Reversal, Share, TakesPayments
from app.outbox import queue
from app.outbox.port import Finish, GiveUp, Later, Message, nothing
from app.payments import postings
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.returns import refunds
from app.sources import writeback
from app.tasks.queries import open_task_of
from app.tasks.register import amount_is_now, close_task


@dataclass(frozen=True)
class Prepared:
    """A message read from the tables: the posting that it is about, and what is taken from each claim."""

    posting: LedgerPosting
    receipt_number: str
    shares: tuple[Share, ...]

    def reversal(self, message: Message) -> Reversal:
        """What goes over the wire. The same message always makes the same reversal."""
        amount_ore: int = message.payload["amount_ore"]
        return Reversal(
            reversal_id=message.id,
            posting_id=self.posting.id,
            account=self.posting.account,
            amount_ore=amount_ore,
            is_whole=amount_ore == self.posting.amount_ore,
            shares=self.shares,
            made_at=message.created_at,
            text=f"Betal din kommune, tilbagebetaling af kvittering {self.receipt_number}",
        )


def deliver(sessions: Sessions, *, ledger: TakesPayments, message: Message, clock: Clock) -> Finish:
    """Take back what one message says (speaks over a wire: takes the session factory).

    Money that the ledger rejected was never booked there: it goes back without a word to the ledger. What stands on
    several postings is asked for in as many messages, at the end of the lane.

    :raises LedgerError: not heard: the same is sent again, under the same UUID
    :raises Later: the ledger has not answered the posting yet
    :raises GiveUp: the ledger has never had so much
    """
    with sessions.begin() as session:
        if session.get(LedgerReversal, message.id) is not None:
            return nothing
        (part, *others) = parts = _parts(session, message)
        if others:
            return partial(_ask_in_parts, message=message, parts=parts, clock=clock)
        prepared = prepare(session, message=message, posting=part.posting)
    if prepared.posting.state == "rejected":
        return lambda session: _take_from_transit(session, message, prepared.posting, clock)
    if prepared.posting.state == "by_hand":
        return lambda session: _keep_for_a_person(session, message, clock)
    answer = ledger.reverse(prepared.reversal(message))

    def finish(session: Session) -> None:
        _keep(session, message, prepared.posting, answer, clock)
        if isinstance(answer, Accepted):
            _withdraw(session, message, prepared.posting)
            _recall(session, message, "ledger", clock)
        else:
            _not_recalled(session, message, code=answer.code, reason=answer.reason, clock=clock)

    return finish


def _parts(session: Session, message: Message) -> list[Piece]:
    """From which postings the money of a message is taken back."""
    payment_id = session.scalars(select(Refund.payment_id).where(Refund.id == message.subject_id)).one()
    holding = held(session, payment_id=payment_id, account=message.payload["account"])
    if not holding:
        raise Later("the ledger has not answered the posting yet")
    try:
        return pieces(_amounts(message), holding)
    except NeverThere as error:
        raise GiveUp("the ledger has never had so much of the payment") from error


def _amounts(message: Message) -> dict[UUID, int]:
    return postings.amounts_of(message.payload["shares"])


def _ask_in_parts(session: Session, message: Message, parts: Sequence[Piece], clock: Clock) -> None:
    refunds.recalled_in_parts(session, refund_id=message.subject_id, number=len(parts))
    account = message.payload["account"]
    queue.put_many(
        session,
        promises=[
            queue.Promise(
                message.kind, message.subject_id, message.municipality_code, message.lane,
                postings.to_take_back(account=account, amounts=part.amounts),
            )
            for part in parts
        ],
        now=clock(),
    )  # fmt: skip


def prepare(session: Session, *, message: Message, posting: LedgerPosting) -> Prepared:
    """Read what a message takes back of a posting."""
    receipt_number = session.scalars(select(Payment.receipt_number).where(Payment.id == posting.payment_id)).one()
    assert receipt_number is not None
    return Prepared(posting, receipt_number, _shares(session, posting, _amounts(message)))


def _shares(session: Session, posting: LedgerPosting, amounts: Amounts) -> tuple[Share, ...]:
    lines = session.execute(
        select(
            PaymentLine.claim_id, PaymentLine.way, Claim.origin_system, Claim.origin_ref, PaymentLine.ledger_claim_id
        )
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(
            PaymentLine.payment_id == posting.payment_id, PaymentLine.account == posting.account, ~PaymentLine.overpaid
        )
        .order_by(PaymentLine.line_no)
    ).all()
    # As in the posting: a payment on a collecting account names no claims of the ledger's.
    is_collecting = any(way == "tell" for _, way, *_ in lines)
    return tuple(
        Share(system, ref, None if is_collecting else ledger_claim, amounts[claim_id])
        for claim_id, _, system, ref, ledger_claim in lines
        if claim_id in amounts
    )


def _keep(
    session: Session, message: Message, posting: LedgerPosting, answer: Accepted | Rejected | None, clock: Clock
) -> None:
    """What became of a message; without an answer the ledger was not asked."""
    rejected = answer if isinstance(answer, Rejected) else None
    session.execute(
        insert(LedgerReversal).values(
            id=message.id,
            posting_id=posting.id,
            payment_id=posting.payment_id,
            refund_id=message.subject_id,
            municipality_code=message.municipality_code,
            amount_ore=message.payload["amount_ore"],
            shares=message.payload["shares"],
            state="rejected" if rejected else "accepted" if answer else "unposted",
            answered_at=clock(),
            reason_code=rejected.code if rejected else None,
            reason=rejected.reason if rejected else "; ".join(getattr(answer, "remarks", ())) or None,
        )
    )


def _withdraw(session: Session, message: Message, posting: LedgerPosting) -> None:
    """A source that does not know yet need not know. What a bank takes may come back: that is told as it was to be."""
    if session.get_one(Refund, message.subject_id).origin == "desk":
        writeback.withdraw(session, payment_id=posting.payment_id, shares=_amounts(message))


def _take_from_transit(session: Session, message: Message, posting: LedgerPosting, clock: Clock) -> None:
    """Give back what the ledger never had; when that is all of it, nobody need settle the rejection any more."""
    _keep(session, message, posting, None, clock)
    _recall(session, message, "transit", clock)
    left_ore = sum(held_by(session, posting).values())
    key = f"posting/{posting.id}"
    task = open_task_of(session, key=key)
    if task is not None and left_ore:
        amount_is_now(session, task_id=task.id, amount_ore=left_ore)
    elif task is not None:
        close_task(session, task_id=task.id, reason="Pengene går tilbage til borgeren", by=None, now=clock())


def _keep_for_a_person(session: Session, message: Message, clock: Clock) -> None:
    """What a person booked in the ledger does not bear our UUID there: a person takes it back as well."""
    _not_recalled(session, message, code="BY_HAND", reason="Indbetalingen er bogført i hånden", clock=clock)


def _not_recalled(session: Session, message: Message, *, code: str, reason: str, clock: Clock) -> None:
    refunds.not_recalled(
        session,
        refund_id=message.subject_id,
        recall_id=message.id,
        account=message.payload["account"],
        shares=_amounts(message),
        code=code,
        reason=reason,
        now=clock(),
    )


def _recall(session: Session, message: Message, source: Literal["ledger", "transit"], clock: Clock) -> None:
    refunds.recalled(
        session,
        refund_id=message.subject_id,
        recall_id=message.id,
        shares=_amounts(message),
        source=source,
        now=clock(),
    )
