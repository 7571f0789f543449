"""Push: a captured payment is posted to the debtor ledger, one message for each debtor account."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
from app.outbox.port import Finish, Message, Together
from app.payments.history import note
from app.payments.models import Payment, PaymentLine
from app.payments.postings import amounts_of, shares_of
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

    @property
    def amounts(self) -> dict[UUID, int]:
        """By claim, in øre."""
        return {one.claim_id: share.amount_ore for one, share in zip(self.paid, self.shares, strict=True)}

    def posted(self, posting_id: UUID) -> writeback.Posted:
        """What the source is to know of it."""
        payment = self.payment
        assert payment.receipt_number is not None
        return writeback.Posted(posting_id, payment.id, payment.municipality_code, payment.receipt_number, self.paid)


def prepare(session: Session, *, payment_id: UUID, promised: Json) -> Prepared:
    """Read what was promised: the payment's lines on one debtor account, or some of them."""
    account = promised["account"]
    lines = session.execute(
        select(
            Payment, Person.cpr_sealed, PaymentLine.claim_id, PaymentLine.amount_ore, PaymentLine.way,
            PaymentLine.ledger_claim_id, Claim.origin_system, Claim.origin_ref,
        )
        .join(Person, Person.id == Payment.payer_id)
        .join(PaymentLine, PaymentLine.payment_id == Payment.id)
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(Payment.id == payment_id, PaymentLine.account == account, ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
    ).all()  # fmt: skip
    is_collecting = any(line.way == "tell" for line in lines)
    # A posting made again (a bank gave back what it had taken; the ledger had said no) says how much of which lines.
    again = amounts_of(promised.get("shares", ()))
    amounts = again or {line.claim_id: line.amount_ore for line in lines}
    meant = [line for line in lines if line.claim_id in amounts]
    return Prepared(
        payment=lines[0].Payment,
        cpr_sealed=lines[0].cpr_sealed,
        account=account,
        amount_ore=sum(amounts.values()),
        shares=tuple(
            Share(
                line.origin_system, line.origin_ref, None if is_collecting else line.ledger_claim_id,
                amounts[line.claim_id],
            )
            for line in meant
        ),
        paid=tuple(writeback.Paid(line.claim_id, line.way) for line in meant),
        is_collecting=is_collecting,
    )  # fmt: skip


def deliver(
    sessions: Sessions, *, ledger: TakesPayments, unseal: Callable[[bytes], str], message: Message, clock: Clock
) -> Finish:
    """Post one message to the ledger (speaks over a wire: takes the session factory).

    :raises LedgerError: not heard: the same is posted again, under the same UUID
    """
    with sessions.begin() as session:
        prepared = prepare(session, payment_id=message.subject_id, promised=message.payload)
    answer = ledger.post(prepared.posting(posting_id=message.id, payer_cpr=unseal(prepared.cpr_sealed)))

    return Together(_write, (Answered(message.id, prepared, answer, clock()),))


@dataclass(frozen=True)
class Answered:
    """What the ledger said of a posting, and when we heard it."""

    posting_id: UUID
    prepared: Prepared
    answer: Accepted | Rejected
    at: datetime


def _write(session: Session, answered: Sequence[Answered]) -> None:
    session.execute(insert(LedgerPosting), [_row(one) for one in answered])
    if taken := [one for one in answered if isinstance(one.answer, Accepted)]:
        accept(session, postings={one.posting_id: one.prepared for one in taken}, now=max(one.at for one in taken))
    for one in answered:
        if isinstance(one.answer, Rejected):
            _reject(session, one.posting_id, one.prepared, one.answer, one.at)


def _row(one: Answered) -> Json:
    prepared = one.prepared
    rejected = one.answer if isinstance(one.answer, Rejected) else None
    return {
        "id": one.posting_id,
        "payment_id": prepared.payment.id,
        "municipality_code": prepared.payment.municipality_code,
        "account": prepared.account,
        "amount_ore": prepared.amount_ore,
        "state": "rejected" if rejected else "accepted",
        "answered_at": one.at,
        "reason_code": rejected.code if rejected else None,
        "reason": rejected.reason if rejected else "; ".join(getattr(one.answer, "remarks", ())) or None,
        "stated_arrears_ore": rejected.arrears_ore if rejected else None,
        "shares": shares_of(prepared.amounts),
    }


def accept(session: Session, *, postings: Mapping[UUID, Prepared], now: datetime, by_hand: Json | None = None) -> None:
    """The ledger has the money of postings (by id): journal, claims, and the promise to tell the source.

    `by_hand` says who booked it there in the machine's stead, and why.
    """
    book = entries.booked_by_hand if by_hand else entries.accepted
    bookings = [
        post.Booking(
            key=f"accepted/{posting_id}",
            entry=book(municipality_code=one.payment.municipality_code, amount_ore=one.amount_ore),
            municipality_code=one.payment.municipality_code,
            payment_id=one.payment.id,
            at=now,
        )
        for posting_id, one in postings.items()
    ]
    post.book_all(session, bookings=bookings)
    event = "posted_by_hand" if by_hand else "posted"
    known: Counter[UUID] = Counter()
    for one in postings.values():
        note(session, one.payment, event, now, {"account": one.account, **(by_hand or {})})
        if not one.is_collecting:
            known.update(one.amounts)
    if known:
        register.reflected(session, shares=known, kind="posted", now=now)
    writeback.promise(session, postings=[one.posted(posting_id) for posting_id, one in postings.items()], now=now)


def _reject(session: Session, posting_id: UUID, prepared: Prepared, answer: Rejected, now: datetime) -> None:
    facts: dict[str, object] = {"code": answer.code, "reason": answer.reason, "arrears_ore": answer.arrears_ore}
    note(session, prepared.payment, "rejected", now, {"account": prepared.account, **facts})
    open_task(
        session,
        key=f"posting/{posting_id}",
        kind=REJECTED,
        subject_kind="payment",
        subject_id=prepared.payment.id,
        municipality_code=prepared.payment.municipality_code,
        reason=f"Debitorsystemet har afvist indbetalingen: {answer.reason} ({answer.code})",
        next_step="Afklar indbetalingen med debitorsystemet, eller send pengene tilbage til borgeren",
        facts={**facts, "account": prepared.account, "amount_ore": prepared.amount_ore},
        now=now,
    )
