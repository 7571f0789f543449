"""Postings of ours as the ledger may speak of them: also one whose accept we have not heard yet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.jsons import Json
from app.ledger.models import LedgerPosting, LedgerReversal
from app.outbox.models import DONE, OutboxMessage
from app.payments.models import PaymentLine, Refund
from app.payments.postings import POST_TO_LEDGER, REVERSE_IN_LEDGER


@dataclass(frozen=True)
class OwnPosting:
    """What we sent, or are sending, to one debtor account."""

    id: UUID
    payment_id: UUID
    municipality_code: str
    account: str
    amount_ore: int
    shares: Mapping[str, int]
    """By the ledger's id of a claim; empty for a collecting account, whose claims the ledger does not know."""

    def is_about(self, ledger_claim_id: str | None) -> bool:
        """Whether its money was meant for this claim."""
        return not self.shares or ledger_claim_id in self.shares


def own_postings(session: Session, *, ids: Collection[UUID]) -> dict[UUID, OwnPosting]:
    """Those of some payments that are postings of ours, by their id."""
    if not ids:
        return {}
    sent = select(
        OutboxMessage.id, OutboxMessage.subject_id, OutboxMessage.municipality_code, OutboxMessage.payload
    ).where(OutboxMessage.id.in_(ids), OutboxMessage.kind == POST_TO_LEDGER)
    answered = select(LedgerPosting).where(LedgerPosting.id.in_(ids))
    found = {
        row.id: _posting(session, row.id, row.subject_id, row.municipality_code, row.payload["account"],
                         row.payload.get("shares", ()))
        for row in session.execute(sent)
    }  # fmt: skip
    found |= {
        row.id: _posting(session, row.id, row.payment_id, row.municipality_code, row.account, row.shares)
        for row in session.scalars(answered)
    }
    return found


def _posting(
    session: Session, posting_id: UUID, payment_id: UUID, code: str, account: str, some: Collection[Json]
) -> OwnPosting:
    lines = session.execute(
        select(PaymentLine.claim_id, PaymentLine.amount_ore, PaymentLine.way, PaymentLine.ledger_claim_id).where(
            PaymentLine.payment_id == payment_id, PaymentLine.account == account, ~PaymentLine.overpaid
        )
    ).all()
    amounts = {UUID(one["claim_id"]): one["amount_ore"] for one in some} or {line[0]: line[1] for line in lines}
    is_collecting = any(line.way == "tell" for line in lines)
    shares = {
        line.ledger_claim_id: amounts[line.claim_id]
        for line in lines
        if line.ledger_claim_id and line.claim_id in amounts and not is_collecting
    }
    return OwnPosting(posting_id, payment_id, code, account, sum(amounts.values()), shares)


def asked_back_ore(session: Session, *, posting: OwnPosting) -> int:
    """How much of a posting we have asked the ledger to give back: what it gave, and what is on its way to it."""
    given = select(func.coalesce(func.sum(LedgerReversal.amount_ore), 0)).where(
        LedgerReversal.posting_id == posting.id, LedgerReversal.state == "accepted"
    )
    on_its_way = (
        select(OutboxMessage.payload["amount_ore"].as_integer())
        .join(Refund, Refund.id == OutboxMessage.subject_id)
        .where(
            OutboxMessage.kind == REVERSE_IN_LEDGER,
            OutboxMessage.state != DONE,
            Refund.payment_id == posting.payment_id,
            OutboxMessage.payload["account"].astext == posting.account,
        )
    )
    amounts: list[int] = list(session.scalars(on_its_way))
    return int(session.scalar(given) or 0) + sum(amounts)
