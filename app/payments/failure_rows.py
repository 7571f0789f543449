"""A row of the failure queue, with what it is about: the payment, its amount, its bills, and who acted last."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Case, ColumnElement, Row, Subquery, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

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


def amount_of(rows: Subquery) -> ColumnElement[int]:
    """How much each row is about, in øre: what its message says, or its task, or all of its payment; it may be nothing.

    `rows` have a `message_id` and a `task_id`.
    """
    said = _named(OutboxMessage.payload, "amount_ore")
    of_message = (
        select(func.coalesce(said, _posted_ore(), Refund.amount_ore, Payment.captured_ore))
        .select_from(OutboxMessage)
        .outerjoin(Refund, Refund.id == OutboxMessage.subject_id)
        .outerjoin(Payment, Payment.id == func.coalesce(Refund.payment_id, OutboxMessage.subject_id))
        .where(OutboxMessage.id == rows.c.message_id)
    )
    facts = (_named(Task.facts, name) for name in ("amount_ore", "overpaid_ore", "difference_ore"))
    of_task = (
        select(func.coalesce(*facts, Payment.captured_ore))
        .select_from(Task)
        .outerjoin(Payment, and_(Task.subject_kind == "payment", Payment.id == Task.subject_id))
        .where(Task.id == rows.c.task_id)
    )
    amount = case((rows.c.message_id.is_not(None), of_message.scalar_subquery()), else_=of_task.scalar_subquery())
    return cast(amount, BigInteger)  # sums are of a wider type


def _named(told: InstrumentedAttribute[Json], name: str) -> ColumnElement[int]:
    return func.nullif(cast(told[name].as_string(), BigInteger), 0)  # nothing is no amount: the next is asked


def _posted_ore() -> Case[int]:
    """How much a posting is about: the shares that it names, else all of the payment's lines on its account."""
    share = func.jsonb_array_elements(OutboxMessage.payload["shares"], type_=JSONB).column_valued("share")
    shares = select(func.sum(cast(share["amount_ore"].as_string(), BigInteger)))
    lines = select(func.sum(PaymentLine.amount_ore)).where(
        PaymentLine.payment_id == OutboxMessage.subject_id,
        PaymentLine.account == OutboxMessage.payload["account"].as_string(),
        ~PaymentLine.overpaid,
    )
    is_posting = OutboxMessage.kind == POST_TO_LEDGER
    return case((is_posting, func.coalesce(shares.scalar_subquery(), lines.scalar_subquery())))


def whole(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Failure]:
    """Rows with what they are about."""
    tasks = _by_id(session, Task, [row.task_id for row in rows])
    messages = _by_id(session, OutboxMessage, [row.message_id for row in rows])
    refunds = _by_id(session, Refund, [one.subject_id for one in messages.values()])
    about = {row.id: _payment_id(tasks.get(row.task_id), messages.get(row.message_id), refunds) for row in rows}
    payments = _by_id(session, Payment, [one for one in about.values() if one])
    types = _claim_types(session, list(payments))
    acts = last_events(session, task_ids=list(tasks))
    found = []
    for row in rows:
        task, message = tasks.get(row.task_id), messages.get(row.message_id)
        payment, act = payments.get(about[row.id] or row.id), acts.get(row.task_id)
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
                amount_ore=row.amount_ore,
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


def _claim_types(session: Session, payment_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    rows = session.execute(
        select(PaymentLine.payment_id, func.array_agg(Claim.claim_type.distinct()))
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id.in_(payment_ids))
        .group_by(PaymentLine.payment_id)
    )
    return {payment_id: tuple(types) for payment_id, types in rows}
