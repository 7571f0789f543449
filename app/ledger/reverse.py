"""Reverse: before a refund is sent, what the debtor ledger has booked of its money is taken back there."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.ledger.models import LedgerPosting, LedgerReversal
from app.ledger.port import Accepted, Rejected, Reversal, Share, TakesPayments
from app.outbox.port import Finish, Later, Message, nothing
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.returns import refunds
from app.sources import writeback
from app.tasks.queries import open_task_of
from app.tasks.register import close_task


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


def prepare(session: Session, *, message: Message) -> Prepared:
    """Read what a message stands for.

    :raises Later: the ledger has not answered the posting yet
    """
    account: str = message.payload["account"]
    payment = session.scalars(
        select(Payment).join(Refund, Refund.payment_id == Payment.id).where(Refund.id == message.subject_id)
    ).one()
    assert payment.receipt_number is not None
    posting = _posting(session, payment.id, account, message.payload["amount_ore"])
    return Prepared(posting, payment.receipt_number, _shares(session, payment.id, account, message))


def deliver(sessions: Sessions, *, ledger: TakesPayments, message: Message, clock: Clock) -> Finish:
    """Take back what one message says (speaks over a wire: takes the session factory).

    Money that the ledger rejected was never booked there: it goes back without a word to the ledger.

    :raises LedgerError: not heard: the same is sent again, under the same UUID
    :raises Later: the ledger has not answered the posting yet
    """
    with sessions.begin() as session:
        if session.get(LedgerReversal, message.id) is not None:
            return nothing
        prepared = prepare(session, message=message)
    if prepared.posting.state == "rejected":
        return lambda session: _take_from_transit(session, message, prepared.posting, clock)
    if prepared.posting.state == "by_hand":
        return lambda session: _keep_for_a_person(session, message, prepared.posting, clock)
    answer = ledger.reverse(prepared.reversal(message))

    def finish(session: Session) -> None:
        _keep(session, message, prepared.posting, answer, clock)
        if isinstance(answer, Accepted):
            _withdraw(session, message, prepared.posting)
            _recall(session, message, prepared.posting, "ledger", clock)
        else:
            refunds.not_recalled(
                session,
                refund_id=message.subject_id,
                account=prepared.posting.account,
                code=answer.code,
                reason=answer.reason,
                now=clock(),
            )

    return finish


def _posting(session: Session, payment_id: UUID, account: str, amount_ore: int) -> LedgerPosting:
    """The newest accepted posting with enough left, else one that was rejected, else one that a person booked there.

    Else the newest accepted one: too little is left of it, and that is the ledger's to say. One that was posted anew is
    no answer.
    """
    taken_back = (
        select(func.coalesce(func.sum(LedgerReversal.amount_ore), 0))
        .where(LedgerReversal.posting_id == LedgerPosting.id, LedgerReversal.state == "accepted")
        .scalar_subquery()
    )
    newest_first = session.execute(
        select(LedgerPosting, LedgerPosting.amount_ore - taken_back)
        .where(
            LedgerPosting.payment_id == payment_id, LedgerPosting.account == account, LedgerPosting.state != "replaced"
        )
        .order_by(LedgerPosting.answered_at.desc())
    ).all()
    if not newest_first:
        raise Later("the ledger has not answered the posting yet")
    others = sorted(
        (posting for posting, _ in newest_first if posting.state != "accepted"), key=lambda one: one.state == "by_hand"
    )
    accepted = [(posting, left_ore) for posting, left_ore in newest_first if posting.state == "accepted"]
    enough = [posting for posting, left_ore in accepted if left_ore >= amount_ore]
    return next(iter([*enough, *others, *(posting for posting, _ in accepted)]))


def _shares(session: Session, payment_id: UUID, account: str, message: Message) -> tuple[Share, ...]:
    amounts = {UUID(share["claim_id"]): share["amount_ore"] for share in message.payload["shares"]}
    lines = session.execute(
        select(
            PaymentLine.claim_id, PaymentLine.way, Claim.origin_system, Claim.origin_ref, PaymentLine.ledger_claim_id
        )
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id == payment_id, PaymentLine.account == account, ~PaymentLine.overpaid)
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
    session: Session, message: Message, posting: LedgerPosting, answer: Accepted | Rejected, clock: Clock
) -> None:
    rejected = answer if isinstance(answer, Rejected) else None
    session.execute(
        insert(LedgerReversal).values(
            id=message.id,
            posting_id=posting.id,
            payment_id=posting.payment_id,
            refund_id=message.subject_id,
            municipality_code=message.municipality_code,
            amount_ore=message.payload["amount_ore"],
            state="rejected" if rejected else "accepted",
            answered_at=clock(),
            reason_code=rejected.code if rejected else None,
            reason=rejected.reason if rejected else "; ".join(getattr(answer, "remarks", ())) or None,
        )
    )


def _withdraw(session: Session, message: Message, posting: LedgerPosting) -> None:
    """A source that does not know yet need not know. What a bank takes may come back: that is told as it was to be."""
    if session.get_one(Refund, message.subject_id).origin == "desk":
        shares = {UUID(share["claim_id"]): share["amount_ore"] for share in message.payload["shares"]}
        writeback.withdraw(session, payment_id=posting.payment_id, shares=shares)


def _take_from_transit(session: Session, message: Message, posting: LedgerPosting, clock: Clock) -> None:
    """Give back what the ledger never had; when that is all of it, nobody need settle the rejection any more."""
    _recall(session, message, posting, "transit", clock)
    task = open_task_of(session, key=f"posting/{posting.id}")
    if task is not None and message.payload["amount_ore"] == posting.amount_ore:
        close_task(session, task_id=task.id, reason="Pengene går tilbage til borgeren", by=None, now=clock())


def _keep_for_a_person(session: Session, message: Message, posting: LedgerPosting, clock: Clock) -> None:
    """What a person booked in the ledger does not bear our UUID there: a person takes it back as well."""
    refunds.not_recalled(
        session,
        refund_id=message.subject_id,
        account=posting.account,
        code="BY_HAND",
        reason="Indbetalingen er bogført i hånden",
        now=clock(),
    )


def _recall(
    session: Session, message: Message, posting: LedgerPosting, source: Literal["ledger", "transit"], clock: Clock
) -> None:
    refunds.recalled(
        session,
        refund_id=message.subject_id,
        account=posting.account,
        amount_ore=message.payload["amount_ore"],
        source=source,
        now=clock(),
    )
