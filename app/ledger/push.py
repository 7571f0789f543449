"""Push: a captured payment is posted to the debtor ledger, one message for each debtor account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim
from app.foundation.clock import Clock, danish_day
from app.foundation.db import Sessions
from app.foundation.jsons import Json
from app.identity.models import Person
from app.journal import entries, post
from app.ledger.models import LedgerPosting
from app.ledger.port import Accepted, Posting, Rejected, Share, TakesPayments
from app.outbox.port import Finish, Message
from app.payments.history import note
from app.payments.models import Payment, PaymentLine
from app.sources import writeback
from app.tasks.register import open_task

WIRE = "ledger"
"""What all that is said to the ledger is spoken over: a road, with the municipality."""
REJECTED = "posting_rejected"
"""The kind of task that a rejection becomes."""


@dataclass(frozen=True)
class Prepared:
    """A posting read from the tables, with what its answer will change."""

    payment: Payment
    cpr_sealed: bytes
    account: str
    amount_ore: int
    shares: tuple[Share, ...]
    paid: tuple[writeback.Paid, ...]
    is_collecting: bool

    def posting(self, *, posting_id: UUID, payer_cpr: str) -> Posting:
        """What goes over the wire. The same message always makes the same posting."""
        assert self.payment.captured_at is not None
        texts = [f"Betal din kommune, kvittering {self.payment.receipt_number}"]
        if self.is_collecting:
            texts += [f"{share.origin_system} {share.origin_ref}" for share in self.shares]
        return Posting(
            posting_id=posting_id,
            account=self.account,
            payer_cpr=payer_cpr,
            amount_ore=self.amount_ore,
            paid_at=self.payment.captured_at,
            value_on=danish_day(self.payment.captured_at),
            text_lines=tuple(texts),
            shares=self.shares,
        )


def prepare(session: Session, *, message: Message) -> Prepared:
    """Read what a message stands for: the payment's lines on one debtor account."""
    account = message.payload["account"]
    payment, cpr_sealed = session.execute(
        select(Payment, Person.cpr_sealed)
        .join(Person, Person.id == Payment.payer_id)
        .where(Payment.id == message.subject_id)
    ).one()
    rows = session.execute(
        select(PaymentLine, Claim.origin_system, Claim.origin_ref)
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id == payment.id, PaymentLine.account == account, ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
    ).all()
    is_collecting = any(line.way == "tell" for line, *_ in rows)
    # A posting made again (a bank gave back what it had taken; the ledger had said no) says how much of which lines.
    again = {UUID(share["claim_id"]): share["amount_ore"] for share in message.payload.get("shares", ())}
    amounts = again or {line.claim_id: line.amount_ore for line, *_ in rows}
    rows = [row for row in rows if row[0].claim_id in amounts]
    return Prepared(
        payment=payment,
        cpr_sealed=cpr_sealed,
        account=account,
        amount_ore=sum(amounts.values()),
        shares=tuple(
            Share(system, ref, None if is_collecting else line.ledger_claim_id, amounts[line.claim_id])
            for line, system, ref in rows
        ),
        paid=tuple(writeback.Paid(line.claim_id, line.way) for line, *_ in rows),
        is_collecting=is_collecting,
    )


def deliver(
    sessions: Sessions, *, ledger: TakesPayments, unseal: Callable[[bytes], str], message: Message, clock: Clock
) -> Finish:
    """Post one message to the ledger (speaks over a wire: takes the session factory).

    :raises LedgerError: not heard: the same is posted again, under the same UUID
    """
    with sessions.begin() as session:
        prepared = prepare(session, message=message)
    answer = ledger.post(prepared.posting(posting_id=message.id, payer_cpr=unseal(prepared.cpr_sealed)))

    def finish(session: Session) -> None:
        now = clock()
        _keep(session, message, prepared, answer, now)
        if isinstance(answer, Accepted):
            accept(session, message=message, prepared=prepared, now=now)
        else:
            _reject(session, message, prepared, answer, now)

    return finish


def _keep(session: Session, message: Message, prepared: Prepared, answer: Accepted | Rejected, now: datetime) -> None:
    rejected = answer if isinstance(answer, Rejected) else None
    session.execute(
        insert(LedgerPosting).values(
            id=message.id,
            payment_id=prepared.payment.id,
            municipality_code=message.municipality_code,
            account=prepared.account,
            amount_ore=prepared.amount_ore,
            state="rejected" if rejected else "accepted",
            answered_at=now,
            reason_code=rejected.code if rejected else None,
            reason=rejected.reason if rejected else "; ".join(getattr(answer, "remarks", ())) or None,
            stated_arrears_ore=rejected.arrears_ore if rejected else None,
            shares=[{"claim_id": str(one.claim_id), "amount_ore": share.amount_ore}
                    for one, share in zip(prepared.paid, prepared.shares, strict=True)],
        )
    )  # fmt: skip


def accept(
    session: Session, *, message: Message, prepared: Prepared, now: datetime, by_hand: Json | None = None
) -> None:
    """The ledger has the money: journal, claims, and the promise to tell the source.

    `by_hand` says who booked it there in the machine's stead, and why.
    """
    book = entries.booked_by_hand if by_hand else entries.accepted
    entry = book(municipality_code=message.municipality_code, amount_ore=prepared.amount_ore)
    post.book(
        session,
        key=f"accepted/{message.id}",
        entry=entry,
        municipality_code=message.municipality_code,
        payment_id=prepared.payment.id,
        now=now,
    )
    event = "posted_by_hand" if by_hand else "posted"
    note(session, prepared.payment, event, now, {"account": prepared.account, **(by_hand or {})})
    if not prepared.is_collecting:
        paid = zip(prepared.paid, prepared.shares, strict=True)
        shares = {one.claim_id: share.amount_ore for one, share in paid}
        register.reflected(session, shares=shares, kind="posted", now=now)
    assert prepared.payment.receipt_number is not None
    writeback.promise(
        session,
        payment_id=prepared.payment.id,
        receipt_number=prepared.payment.receipt_number,
        municipality_code=message.municipality_code,
        posting_id=message.id,
        paid=prepared.paid,
        now=now,
    )


def _reject(session: Session, message: Message, prepared: Prepared, answer: Rejected, now: datetime) -> None:
    facts: dict[str, object] = {"code": answer.code, "reason": answer.reason, "arrears_ore": answer.arrears_ore}
    note(session, prepared.payment, "rejected", now, {"account": prepared.account, **facts})
    open_task(
        session,
        key=f"posting/{message.id}",
        kind=REJECTED,
        subject_kind="payment",
        subject_id=prepared.payment.id,
        municipality_code=message.municipality_code,
        reason=f"Debitorsystemet har afvist indbetalingen: {answer.reason} ({answer.code})",
        next_step="Afklar indbetalingen med debitorsystemet, eller send pengene tilbage til borgeren",
        facts={**facts, "account": prepared.account, "amount_ore": prepared.amount_ore},
        now=now,
    )
