"""What a payment promises the ledger: registrations, postings, postings taken back, and the lane that orders them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation.jsons import Json
from app.outbox import queue
from app.payments.allocation import Share, by_account
from app.payments.models import Payment, PaymentLine

REGISTER_IN_LEDGER = "ledger.register"
POST_TO_LEDGER = "ledger.post"
REVERSE_IN_LEDGER = "ledger.reverse"


def promise(session: Session, *, payment: Payment, wanted: Sequence[Share], now: datetime) -> None:
    """One message for each debtor account. A message's id is the UUID of what the ledger books: made once, here.

    Before it, in the same lane, stands the registration of a claim that gets its account only now.
    """
    promises = []
    for account, shares in by_account(wanted).items():
        lane = _lane(payment, shares)
        promises += [
            queue.Promise(
                REGISTER_IN_LEDGER, payment.id, payment.municipality_code, lane, {"claim_id": str(share.claim_id)}
            )
            for share in shares
            if share.is_registered_first
        ]
        promises.append(
            queue.Promise(POST_TO_LEDGER, payment.id, payment.municipality_code, lane, {"account": account})
        )
    queue.put_many(session, promises=promises, now=now)


def promise_again(session: Session, *, payment: Payment, shares: Sequence[Share], now: datetime) -> None:
    """Post shares that the ledger had given back, or rejected, under a new UUID.

    The message says which shares: they need not be all of the payment's.
    """
    all_of_it = by_account(posted(session, payment_id=payment.id))
    queue.put_many(
        session,
        promises=[
            queue.Promise(
                POST_TO_LEDGER,
                payment.id,
                payment.municipality_code,
                _lane(payment, all_of_it[account]),
                {"account": account, "shares": shares_of(_amounts(some))},
            )
            for account, some in by_account(shares).items()
        ],
        now=now,
    )


def recall(session: Session, *, payment: Payment, refund_id: UUID, shares: Sequence[Share], now: datetime) -> int:
    """Ask the ledger to give back shares, a message for each debtor account, behind the postings they were part of.

    Returns how many answers will come.
    """
    all_of_it = by_account(posted(session, payment_id=payment.id))
    asked = by_account(shares)
    queue.put_many(
        session,
        promises=[
            queue.Promise(
                REVERSE_IN_LEDGER,
                refund_id,
                payment.municipality_code,
                _lane(payment, all_of_it[account]),
                to_take_back(account=account, amounts=_amounts(some)),
            )
            for account, some in asked.items()
        ],
        now=now,
    )
    return len(asked)


def to_take_back(*, account: str, amounts: Mapping[UUID, int]) -> Json:
    """What a message that asks for amounts (claim id to øre) on one account says."""
    return {"account": account, "amount_ore": sum(amounts.values()), "shares": shares_of(amounts)}


def shares_of(amounts: Mapping[UUID, int]) -> list[Json]:
    """Amounts (claim id to øre) as messages, postings and what is taken back of them keep them."""
    return [{"claim_id": str(claim_id), "amount_ore": ore} for claim_id, ore in amounts.items()]


def amounts_of(shares: Iterable[Json]) -> dict[UUID, int]:
    """What `shares_of` has made, read again."""
    return {UUID(share["claim_id"]): int(share["amount_ore"]) for share in shares}


def posted(session: Session, *, payment_id: UUID) -> tuple[Share, ...]:
    """The lines of a captured payment whose money was promised to the ledger."""
    lines = (
        select(PaymentLine.claim_id, PaymentLine.amount_ore, PaymentLine.account, PaymentLine.way)
        .where(PaymentLine.payment_id == payment_id, ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
    )
    return tuple(Share(*line) for line in session.execute(lines))


def _lane(payment: Payment, shares: Sequence[Share]) -> str:
    """Postings to a debtor account keep their order; the collecting account is everybody's, and needs none."""
    collecting = any(share.way == "tell" for share in shares)
    return f"payment/{payment.id}" if collecting else f"account/{shares[0].account}"


def _amounts(shares: Sequence[Share]) -> dict[UUID, int]:
    return {share.claim_id: share.amount_ore for share in shares}
