"""Builders for tests of money going back: asking, deciding, the ledger's answers, and the sending."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import select

from app.journal.queries import balances
from app.outbox.models import OutboxMessage
from app.outbox.port import Message
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.returns import refund_sending, refunds
from app.payments.states import RefundState
from tests.demo import NOW, Town

LATER = NOW + timedelta(hours=1)
NO_LIMIT = 10**12


def ask(
    town: Town, payment: Payment, shares: Mapping[UUID | None, int], *, by: str = "carsten",
    alone_up_to_ore: int = NO_LIMIT, refund_id: UUID | None = None, now: datetime = LATER,
) -> UUID:  # fmt: skip
    """A refund that somebody at the desk asks for."""
    refund_id = refund_id or uuid4()
    with town.sessions.begin() as session:
        refunds.ask(
            session, refund_id=refund_id, payment_id=payment.id, municipality_code=town.facts.code, shares=shares,
            reason="Betalt to gange", by=by, alone_up_to_ore=alone_up_to_ore, now=now,
        )  # fmt: skip
    return refund_id


def refund(town: Town, refund_id: UUID) -> Refund:
    with town.sessions() as session:
        return session.get_one(Refund, refund_id)


def state(town: Town, refund_id: UUID) -> RefundState:
    return RefundState(refund(town, refund_id).state)


def recalls(town: Town) -> list[OutboxMessage]:
    return list(town.messages("ledger.reverse"))


def asked_for(message: OutboxMessage) -> dict[UUID, int]:
    """How much a message asks for, by claim."""
    return {UUID(share["claim_id"]): share["amount_ore"] for share in message.payload["shares"]}


def gives_back(
    town: Town, message: OutboxMessage, *, source: Literal["ledger", "transit"] = "ledger", now: datetime = LATER
) -> None:
    """The ledger gives back what a message asks for."""
    with town.sessions.begin() as session:
        refunds.recalled(
            session, refund_id=message.subject_id, recall_id=message.id, shares=asked_for(message), source=source,
            now=now,
        )  # fmt: skip


def keeps(town: Town, message: OutboxMessage, *, now: datetime = LATER) -> None:
    """The ledger does not give back what a message asks for."""
    with town.sessions.begin() as session:
        refunds.not_recalled(
            session, refund_id=message.subject_id, recall_id=message.id, account=message.payload["account"],
            shares=asked_for(message), code="NO", reason="nej", now=now,
        )  # fmt: skip


def send(town: Town, refund_id: UUID, *, now: datetime = LATER) -> None:
    """The promise to send a refund is kept."""
    (row,) = [one for one in town.messages(refunds.SEND) if one.subject_id == refund_id]
    message = Message(row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW)
    finish = refund_sending.send(
        town.sessions, provider_of=lambda _code, _name: town.provider, message=message, clock=lambda: now
    )
    with town.sessions.begin() as session:
        finish(session)


def book(town: Town) -> dict[str, int]:
    """The town's balances that are not zero, by account without the municipality."""
    with town.sessions() as session:
        raw = balances(session, municipality_code=town.facts.code)
    return {account.rsplit("/", 1)[0]: total for account, total in raw.items() if total}


def returned(town: Town, payment: Payment) -> dict[UUID, int]:
    """By claim, how much of a line is going back or has gone."""
    with town.sessions() as session:
        lines = session.scalars(select(PaymentLine).where(PaymentLine.payment_id == payment.id))
        return {line.claim_id: line.returned_ore for line in lines if line.returned_ore}
