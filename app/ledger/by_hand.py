"""What people do where the ledger said no, or never answered: post the money anew, or book it in the ledger by hand."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.foundation.jsons import Json
from app.ledger import push
from app.ledger.held import Amounts, held_by
from app.ledger.models import LedgerPosting
from app.outbox import by_hand as outbox
from app.outbox.models import OutboxMessage
from app.payments import postings
from app.payments.allocation import Share
from app.payments.history import note
from app.payments.models import Payment, PaymentLine
from app.payments.returns import returning
from app.payments.returns.parts import Recall, from_json
from app.payments.states import RefundState
from app.tasks.queries import open_task_of
from app.tasks.register import close_task


class UnknownPosting(LookupError):
    """No such posting in this municipality, or the ledger has taken it."""


class NothingLeft(Exception):
    """All of the posting's money has gone back."""


class GoingBack(Exception):
    """Some of the posting's money is on its way back: that must end first."""


def post_again(session: Session, *, posting_id: UUID, municipality_code: str, by: str, now: datetime) -> int:
    """Post what is left of a rejected posting anew; returns how much. Its task is closed.

    The ledger keeps its word about an UUID, so the money gets a new one. Nothing is booked twice: what is rejected is
    not booked, and never will be under the old UUID.

    :raises UnknownPosting: not a rejected posting of this municipality
    :raises NothingLeft, GoingBack: its money is elsewhere
    """
    payment, posting = _rejected(session, posting_id, municipality_code)
    shares = _left(session, payment, held_by(session, posting))
    posting.state = "replaced"
    postings.promise_again(session, payment=payment, shares=shares, now=now)
    amount_ore = sum(share.amount_ore for share in shares)
    note(session, payment, "posted_again", now, {"account": posting.account, "amount_ore": amount_ore, "by": by})
    _close(session, f"posting/{posting_id}", "Pengene er sendt til debitorsystemet igen", by=by, now=now)
    return amount_ore


def booked(session: Session, *, posting_id: UUID, municipality_code: str, by: str, why: str, now: datetime) -> int:
    """A person has booked a payment in the ledger: one that it rejected, or one whose message is dead.

    The money is the ledger's from now on, the claims are reflected and the source is told, as if it had answered.
    Returns how much was booked. Reconciliation holds it against the ledger. A refund may wait behind a dead message:
    the ledger may have all of the money in any case, and what is to go back of it is a person's to take back there.

    :raises UnknownPosting: neither rejected nor dead, or another municipality's
    :raises NothingLeft: all of its money has gone back
    :raises GoingBack: some of what was rejected is on its way back
    """
    message = session.get(OutboxMessage, posting_id, with_for_update=True, populate_existing=True)
    if message is not None and message.municipality_code == municipality_code and message.state == "dead":
        return _book_dead(session, message, by=by, why=why, now=now)
    payment, posting = _rejected(session, posting_id, municipality_code)
    shares = _left(session, payment, held_by(session, posting))
    posting.state, posting.shares = "by_hand", _stored(shares)
    posting.amount_ore = sum(share.amount_ore for share in shares)
    _accept(session, payment, posting, by=by, why=why, now=now)
    return posting.amount_ore


def _book_dead(session: Session, message: OutboxMessage, *, by: str, why: str, now: datetime) -> int:
    if message.kind != postings.POST_TO_LEDGER or session.get(LedgerPosting, message.id) is not None:
        raise UnknownPosting(message.id)
    payment = returning.locked(session, payment_id=message.subject_id)
    account = message.payload["account"]
    lines = [share for share in postings.posted(session, payment_id=payment.id) if share.account == account]
    promised = {share.claim_id: share.amount_ore for share in lines}
    if "shares" in message.payload:
        promised = postings.amounts_of(message.payload["shares"])
    # Whoever asks for some of it back waits behind this message, and is told that a person has it in the ledger.
    shares = _left(session, payment, promised, asked_back=_asked_back(session, payment, account))
    session.execute(
        insert(LedgerPosting).values(
            id=message.id, payment_id=payment.id, municipality_code=message.municipality_code, account=account,
            amount_ore=sum(share.amount_ore for share in shares), state="by_hand", answered_at=now,
            shares=_stored(shares),
        )
    )  # fmt: skip
    outbox.settle(session, message_id=message.id, now=now)
    posting = session.get_one(LedgerPosting, message.id)
    _accept(session, payment, posting, by=by, why=why, now=now)
    return posting.amount_ore


def _accept(session: Session, payment: Payment, posting: LedgerPosting, *, by: str, why: str, now: datetime) -> None:
    promised = {"account": posting.account, "shares": posting.shares}
    prepared = push.prepare(session, payment_id=payment.id, promised=promised)
    told: Json = {"by": by, "why": why, "amount_ore": posting.amount_ore}
    push.accept(session, postings={posting.id: prepared}, now=now, by_hand=told)
    for key in (f"posting/{posting.id}", f"outbox/{posting.id}"):
        _close(session, key, why, by=by, now=now)


def _rejected(session: Session, posting_id: UUID, municipality_code: str) -> tuple[Payment, LedgerPosting]:
    mine = LedgerPosting.id == posting_id, LedgerPosting.municipality_code == municipality_code
    payment_id = session.scalar(select(LedgerPosting.payment_id).where(*mine))
    if payment_id is None:
        raise UnknownPosting(posting_id)
    payment = returning.locked(session, payment_id=payment_id)
    posting = session.get_one(LedgerPosting, posting_id, with_for_update=True, populate_existing=True)
    if posting.state != "rejected":
        raise UnknownPosting(posting_id)
    if _asked_back(session, payment, posting.account):
        raise GoingBack(payment.id)
    return payment, posting


def _asked_back(session: Session, payment: Payment, account: str) -> Amounts:
    """How much of a payment's claims on an account is to go back and has still to be taken from a posting.

    Also by a refund that was stopped, while the ledger has still to answer what was asked for it.
    """
    waiting = {RefundState.ASKED, RefundState.APPROVED}
    asked: Counter[UUID] = Counter()
    for refund in returning.refunds_of(session, payment):
        for part in from_json(refund.shares) if refund.state in waiting or refund.recalls_left else ():
            if part.claim_id and part.account == account and part.recall is Recall.WAITING:
                asked[part.claim_id] += part.amount_ore
    return asked


def _left(
    session: Session, payment: Payment, amounts: Amounts, *, asked_back: Amounts = MappingProxyType({})
) -> list[Share]:
    """What of some amounts has not gone back; the payment is locked, so nothing of it can begin to."""
    lines = session.scalars(
        select(PaymentLine)
        .where(PaymentLine.payment_id == payment.id, PaymentLine.claim_id.in_(amounts), ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
        .execution_options(populate_existing=True)
    )
    shares = [
        Share(line.claim_id, left_ore, line.account, line.way)
        for line in lines
        if (left_ore := min(amounts[line.claim_id], _here_ore(line, asked_back))) > 0
    ]
    if not shares:
        raise NothingLeft(payment.id)
    return shares


def _here_ore(line: PaymentLine, asked_back: Amounts) -> int:
    return line.amount_ore - line.returned_ore + asked_back.get(line.claim_id, 0)


def _stored(shares: Sequence[Share]) -> list[Json]:
    return postings.shares_of({share.claim_id: share.amount_ore for share in shares})


def _close(session: Session, key: str, reason: str, *, by: str, now: datetime) -> None:
    task = open_task_of(session, key=key)
    if task is not None:
        close_task(session, task_id=task.id, reason=reason, by=by, now=now)
