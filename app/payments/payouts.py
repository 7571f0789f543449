"""Payouts: what providers have paid to the bank is fetched, joined to our payments and booked, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from app.foundation.clock import danish_day
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.journal import entries, post
from app.payments.models import Payment, PayoutMovement, PayoutRow
from app.payments.movements import Movement, MovementKind, Payout
from app.payments.port import PaymentProvider
from app.tasks import queries as tasks
from app.tasks.register import close_task, open_task

LOOK_BACK = timedelta(days=14)
"""Lists are read this much further back than the newest payout known: one may be listed days late."""
FIRST_LOOK_BACK = timedelta(days=90)
PAYMENTS_AT_A_TIME = 1000
# A payment that the provider says it paid out otherwise than we hold it to be captured.
_MUST_BE_OURS = (MovementKind.CAPTURE, MovementKind.REFUND, MovementKind.DISPUTE)


@dataclass(frozen=True)
class Known:
    """One payment of ours that a movement is about."""

    id: UUID
    municipality_code: str
    captured_ore: int


@dataclass(frozen=True)
class Findings:
    """What is wrong with a payout; all zero where everything adds up."""

    difference_ore: int
    """What was paid minus the sum of its movements."""
    unknown: int
    """Movements of money that belong to no payment of ours."""
    differing: int
    """Captures of another amount than ours."""

    @property
    def is_clean(self) -> bool:
        """Whether nobody has to look."""
        return self == Findings(0, 0, 0)


def examine(payout: Payout, known: Mapping[str, Known]) -> Findings:
    """Hold a payout against its own movements, and those against our payments (by provider's reference). Pure."""
    net_ore = sum(one.gross_ore - one.fee_ore for one in payout.movements)
    about_payments = [one for one in payout.movements if one.kind in _MUST_BE_OURS]
    differing = [
        one
        for one in about_payments
        if one.kind is MovementKind.CAPTURE
        and (ours := known.get(one.payment_reference or ""))
        and ours.captured_ore != one.gross_ore
    ]
    unknown = [one for one in about_payments if (one.payment_reference or "") not in known]
    return Findings(payout.amount_ore - net_ore, len(unknown), len(differing))


def fetch(sessions: Sessions, *, provider: PaymentProvider, municipality_code: str, now: datetime) -> int:
    """Fetch and book what a merchant was paid since the last time (speaks over a wire: takes the session factory).

    `municipality_code` is who a movement without a payment of ours is booked on. Returns how many payouts were new.
    One that is fetched again is booked once; one that did not add up is held against its movements anew.

    :raises ProviderError: the lists could not be read
    """
    with sessions.begin() as session:
        since = _since(session, provider.name, municipality_code, danish_day(now))
    new = 0
    for payout in provider.payouts(since=since):
        with sessions.begin() as session:
            new += keep(session, provider=provider.name, payout=payout, municipality_code=municipality_code, now=now)
    return new


def keep(session: Session, *, provider: str, payout: Payout, municipality_code: str, now: datetime) -> bool:
    """Store and book one payout once, and open (or close) the task about what does not add up; whether it was new."""
    known = _known(session, provider, payout.movements)
    found = examine(payout, known)
    payout_id = _stored(session, provider, payout, municipality_code, found, now)
    if payout_id is not None:
        _store_movements(session, payout_id, payout, municipality_code, known)
        _book(session, payout_id, provider, payout, municipality_code, known, now)
    chosen = (PayoutRow.provider == provider, PayoutRow.reference == payout.reference)
    row = session.scalars(select(PayoutRow).where(*chosen).with_for_update()).one()
    row.difference_ore = found.difference_ore
    _see_to(session, row, found, now)
    return payout_id is not None


def _since(session: Session, provider: str, municipality_code: str, today: date) -> date:
    last = session.scalar(
        select(func.max(PayoutRow.paid_on)).where(
            PayoutRow.provider == provider, PayoutRow.municipality_code == municipality_code
        )
    )
    return last - LOOK_BACK if last else today - FIRST_LOOK_BACK


def _known(session: Session, provider: str, movements: Sequence[Movement]) -> dict[str, Known]:
    """Our payments by the reference that the movements name them by."""
    names = sorted({one.payment_reference for one in movements if one.payment_reference})
    found: dict[str, Known] = {}
    for start in range(0, len(names), PAYMENTS_AT_A_TIME):
        some = names[start : start + PAYMENTS_AT_A_TIME]
        rows = session.execute(
            select(
                Payment.id, Payment.municipality_code, Payment.captured_ore, Payment.provider_reference,
                Payment.charge_reference,
            ).where(
                Payment.provider == provider,
                or_(Payment.provider_reference.in_(some), Payment.charge_reference.in_(some)),
            )
        )  # fmt: skip
        for payment_id, code, captured_ore, *references in rows:
            found |= {name: Known(payment_id, code, captured_ore) for name in references if name}
    return found


def _stored(
    session: Session, provider: str, payout: Payout, municipality_code: str, found: Findings, now: datetime
) -> UUID | None:
    row = insert_once(PayoutRow).values(
        id=new_row_id(),
        municipality_code=municipality_code,
        provider=provider,
        reference=payout.reference,
        paid_on=payout.paid_on,
        amount_ore=payout.amount_ore,
        difference_ore=found.difference_ore,
        fetched_at=now,
    )
    return session.scalar(row.on_conflict_do_nothing(index_elements=["provider", "reference"]).returning(PayoutRow.id))


def _store_movements(
    session: Session, payout_id: UUID, payout: Payout, municipality_code: str, known: Mapping[str, Known]
) -> None:
    rows = []
    for number, one in enumerate(payout.movements, start=1):
        ours = known.get(one.payment_reference or "")
        rows.append(
            {
                "payout_id": payout_id,
                "line_no": number,
                "municipality_code": ours.municipality_code if ours else municipality_code,
                "kind": one.kind.value,
                "reference": one.reference,
                "payment_id": ours.id if ours else None,
                "gross_ore": one.gross_ore,
                "fee_ore": one.fee_ore,
            }
        )
    if rows:
        session.execute(insert(PayoutMovement), rows)


def _book(
    session: Session, payout_id: UUID, provider: str, payout: Payout, municipality_code: str,
    known: Mapping[str, Known], now: datetime,
) -> None:  # fmt: skip
    """One entry for each municipality whose money it is; what does not add up is on the merchant's own."""
    gross: dict[str, int] = {municipality_code: 0}
    fees: dict[str, int] = {municipality_code: 0}
    for one in payout.movements:
        ours = known.get(one.payment_reference or "")
        code = ours.municipality_code if ours else municipality_code
        gross[code] = gross.get(code, 0) + one.gross_ore
        fees[code] = fees.get(code, 0) + one.fee_ore
    gross[municipality_code] += payout.amount_ore - sum(gross.values()) + sum(fees.values())
    for code in sorted(gross):
        if gross[code] or fees[code]:
            entry = entries.payout(provider=provider, municipality_code=code, gross_ore=gross[code], fee_ore=fees[code])
            key = f"payout/{payout_id}/{code}"
            post.book(session, key=key, entry=entry, municipality_code=code, payment_id=None, now=now)


def _see_to(session: Session, row: PayoutRow, found: Findings, now: datetime) -> None:
    key = f"payout/{row.provider}/{row.reference}"
    if found.is_clean:
        if waiting := tasks.open_task_of(session, key=key):
            close_task(session, task_id=waiting.id, reason="Udbetalingen stemmer nu", by=None, now=now)
        return
    facts = {"difference_ore": found.difference_ore, "unknown": found.unknown, "differing": found.differing}
    seen_to = [one for one in tasks.tasks_about(session, subject_kind="payout", subject_id=row.id) if one.closed_at]
    if any(one.facts == facts for one in seen_to):
        return  # somebody has explained it, and it is read again for days
    open_task(
        session,
        key=key,
        kind="payout_difference",
        subject_kind="payout",
        subject_id=row.id,
        municipality_code=row.municipality_code,
        reason=f"Udbetalingen {row.reference} fra {row.provider} stemmer ikke",
        next_step="Sammenlign udbetalingen med betalingsudbyderens egen opgørelse, og ret eller forklar forskellen",
        facts=facts,
        now=now,
    )
