"""A row of the failure queue, with what it is about: the payment, its amount, its bills, and who acted last."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.jsons import Json
from app.outbox.models import DONE, OutboxMessage
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.postings import POST_TO_LEDGER
from app.tasks.models import Task
from app.tasks.queries import last_events

_NOWHERE = "-"
POSTING = "posting/"
"""How the key of a task about a rejected posting begins; the posting's id follows."""
T = TypeVar("T", Task, OutboxMessage, Refund, Payment)


@dataclass(frozen=True)
class Failure:
    """One row. `id` is the message's where there is one, else the task's."""

    id: UUID
    task_id: UUID | None
    message_id: UUID | None
    kind: str
    """The message's kind, else the task's."""
    task_kind: str | None
    since: datetime
    owner: str | None
    reason: str | None
    next_step: str | None
    facts: Json
    closed_at: datetime | None
    message_state: str | None
    error: str | None
    attempts: int
    next_at: datetime | None
    """When it is tried again by itself."""
    tried_at: datetime | None
    done_at: datetime | None
    posting_id: UUID | None
    """The posting that it is about, where it is about one that the ledger has not taken."""
    payment_id: UUID | None
    receipt_number: str | None
    amount_ore: int | None
    claim_types: tuple[str, ...]
    last_event: int
    last_by: str | None
    last_what: str | None
    last_at: datetime | None

    @property
    def seen(self) -> str:
        """What a page shows of the row's age: an act on an older picture is refused."""
        return f"{self.last_event}.{self.message_state or _NOWHERE}"

    @property
    def is_open(self) -> bool:
        """Somebody, or the worker, has still to see to it."""
        return self.closed_at is None and self.message_state != DONE


def whole(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Failure]:
    """Rows with what they are about."""
    tasks = _by_id(session, Task, [row.task_id for row in rows])
    messages = _by_id(session, OutboxMessage, [row.message_id for row in rows])
    refunds = _by_id(session, Refund, [one.subject_id for one in messages.values()])
    about = {row.id: _payment_id(tasks.get(row.task_id), messages.get(row.message_id), refunds) for row in rows}
    payments = _by_id(session, Payment, [one for one in about.values() if one])
    types = _claim_types(session, list(payments))
    acts = last_events(session, task_ids=list(tasks))
    posted = _posted_ore(session, list(messages.values()))
    found = []
    for row in rows:
        task, message = tasks.get(row.task_id), messages.get(row.message_id)
        payment, act = payments.get(about[row.id] or row.id), acts.get(row.task_id)
        refund = refunds.get(message.subject_id) if message else None
        found.append(
            Failure(
                id=row.id, task_id=row.task_id, message_id=row.message_id, kind=row.kind,
                task_kind=task.kind if task else None, since=row.since, owner=row.owner,
                reason=task.reason if task else None, next_step=task.next_step if task else None,
                facts=task.facts if task else {}, closed_at=task.closed_at if task else None,
                message_state=message.state if message else None, error=message.last_error if message else None,
                attempts=row.attempts, next_at=row.next_at, tried_at=message.taken_at if message else None,
                done_at=message.done_at if message else None, payment_id=payment.id if payment else None,
                receipt_number=payment.receipt_number if payment else None, posting_id=_posting_id(task, message),
                amount_ore=_amount_ore(task, message, refund, posted) or (payment.captured_ore if payment else None),
                claim_types=types.get(payment.id, ()) if payment else (), last_event=act.id if act else 0,
                last_by=act.by if act else None, last_what=act.what if act else None,
                last_at=act.happened_at if act else None,
            )
        )  # fmt: skip
    return found


def _by_id(session: Session, model: type[T], ids: Collection[UUID | None]) -> dict[UUID, T]:
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    rows = select(model).where(model.id.in_(wanted)).execution_options(populate_existing=True)
    return {row.id: row for row in session.scalars(rows)}


def _payment_id(task: Task | None, message: OutboxMessage | None, refunds: dict[UUID, Refund]) -> UUID | None:
    """The payment that a row is about. A message's subject is a payment, or a refund of one, or something else."""
    if message is not None:
        refund = refunds.get(message.subject_id)
        return refund.payment_id if refund else message.subject_id
    return task.subject_id if task and task.subject_kind == "payment" else None


def _posting_id(task: Task | None, message: OutboxMessage | None) -> UUID | None:
    if message is not None:
        return message.id if message.kind == POST_TO_LEDGER else None
    is_posting = task is not None and task.key.startswith(POSTING)
    return UUID(task.key.removeprefix(POSTING)) if task and is_posting else None


def _amount_ore(
    task: Task | None, message: OutboxMessage | None, refund: Refund | None, posted: dict[UUID, int]
) -> int | None:
    if message is not None:
        amount_ore = message.payload.get("amount_ore") or posted.get(message.id)
        return amount_ore or (refund.amount_ore if refund else None)
    facts = task.facts if task else {}
    found = next((facts[name] for name in ("amount_ore", "overpaid_ore", "difference_ore") if facts.get(name)), None)
    return int(found) if found is not None else None


def _posted_ore(session: Session, messages: Sequence[OutboxMessage]) -> dict[UUID, int]:
    """How much each posting is about: the shares that it names, else all of the payment's lines on its account."""
    posts = [one for one in messages if one.kind == POST_TO_LEDGER]
    if not posts:
        return {}
    lines = (
        select(PaymentLine.payment_id, PaymentLine.account, func.sum(PaymentLine.amount_ore))
        .where(PaymentLine.payment_id.in_({one.subject_id for one in posts}), ~PaymentLine.overpaid)
        .group_by(PaymentLine.payment_id, PaymentLine.account)
    )
    sums = {(payment_id, account): int(total) for payment_id, account, total in session.execute(lines)}
    return {
        one.id: sum(share["amount_ore"] for share in one.payload.get("shares", ()))
        or sums.get((one.subject_id, one.payload["account"]), 0)
        for one in posts
    }


def _claim_types(session: Session, payment_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    rows = session.execute(
        select(PaymentLine.payment_id, func.array_agg(Claim.claim_type.distinct()))
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id.in_(payment_ids))
        .group_by(PaymentLine.payment_id)
    )
    return {payment_id: tuple(types) for payment_id, types in rows}
