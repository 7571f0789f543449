"""Write-back: the source of a paid claim is told (or the ledger tells it), and asked until it shows the claim paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim, ClaimSighting
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json
from app.outbox import queue
from app.outbox.port import Finish, Later, Message, nothing
from app.payments.models import PaymentLine
from app.sources.models import WriteBack
from app.sources.port import Told, ToldSource
from app.tasks.register import close_if_open, open_task

TELL = "source.tell"
OBSERVE = "source.observe"
FIRST_LOOK = timedelta(seconds=1)
SHORTEST_BETWEEN_LOOKS = timedelta(seconds=1)
LONGEST_BETWEEN_LOOKS = timedelta(minutes=10)


@dataclass(frozen=True)
class Paid:
    """One claim that the ledger has taken the money for: `way` is `tell` or `observe`."""

    claim_id: UUID
    way: str


@dataclass(frozen=True)
class Posted:
    """A posting that the ledger has, and the claims that it paid."""

    posting_id: UUID
    payment_id: UUID
    municipality_code: str
    receipt_number: str
    paid: Sequence[Paid]

    @property
    def order_id(self) -> str:
        """What the source is told that the payment is called: made here, kept over every retry."""
        return f"{self.receipt_number}-{self.posting_id.hex[-6:]}"


def promise(session: Session, *, postings: Sequence[Posted], now: datetime) -> None:
    """Promise to let the sources know: one order a posting, and a message an order.

    A claim that was promised before (the money is posted anew) is not told twice.
    """
    its = WriteBack.payment_id.in_({one.payment_id for one in postings})
    promised = {tuple(row) for row in session.execute(select(WriteBack.payment_id, WriteBack.claim_id).where(its))}
    orders = [
        (posted, concerned)
        for posted in postings
        if (concerned := [one for one in posted.paid
                          if one.way in {"tell", "observe"} and (posted.payment_id, one.claim_id) not in promised])
    ]  # fmt: skip
    session.add_all(
        WriteBack(
            id=new_row_id(), payment_id=posted.payment_id, claim_id=one.claim_id,
            municipality_code=posted.municipality_code, source="fbs", way=one.way, order_id=posted.order_id,
            state="waiting", created_at=now,
        )
        for posted, concerned in orders
        for one in concerned
    )  # fmt: skip
    queue.put_many(
        session, promises=[_promise_of(posted, is_told=concerned[0].way == "tell", now=now)
                           for posted, concerned in orders], now=now,
    )  # fmt: skip


def _promise_of(posted: Posted, *, is_told: bool, now: datetime) -> queue.Promise:
    return queue.Promise(
        TELL if is_told else OBSERVE,
        posted.payment_id,
        posted.municipality_code,
        f"order/{posted.order_id}",
        {"order_id": posted.order_id},
        now if is_told else now + FIRST_LOOK,
    )


def withdraw(session: Session, *, payment_id: UUID, shares: Mapping[UUID, int]) -> None:
    """What goes back whole (claim id to øre) before its source knows of it is not told, nor looked for, any more."""
    whole = select(PaymentLine.claim_id).where(
        PaymentLine.payment_id == payment_id,
        or_(*((PaymentLine.claim_id == one) & (PaymentLine.amount_ore == ore) for one, ore in shares.items())),
    )
    session.execute(
        update(WriteBack)
        .where(WriteBack.payment_id == payment_id, WriteBack.state == "waiting", WriteBack.claim_id.in_(whole))
        .values(state="withdrawn")
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class _Order:
    """What a message stands for: one order's claims, by the source's own refs, and whose they are there."""

    rows: dict[str, UUID]
    patron_id: int | None


def tell(sessions: Sessions, *, source: ToldSource, message: Message, clock: Clock) -> Finish:
    """Tell the source of one order and keep its answer per claim (speaks over a wire: takes the session factory).

    :raises SourceError: not heard: tell the same again
    """
    order = _order(sessions, message)
    order_id = message.payload["order_id"]
    if not order.rows:
        return nothing
    if order.patron_id is None:
        raise Later("the library does not say whose account this is")
    answers = source.tell_paid(patron_id=order.patron_id, order_id=order_id, origin_refs=tuple(order.rows))

    def finish(session: Session) -> None:
        now = clock()
        accepted = []
        for ref, answer in answers.items():
            row = session.get_one(WriteBack, order.rows[ref], with_for_update=True)
            row.said, row.confirmation_id, row.told_at = answer.said, answer.confirmation_id, now
            if row.state == "withdrawn":
                if answer.outcome is Told.REGISTERED:
                    _ask_a_person(session, row, None, now)  # it was told while the money went back
                continue
            if answer.outcome in {Told.REGISTERED, Told.BY_OTHER_ORDER}:
                row.state = "told"
                accepted.append(row.claim_id)
            else:
                row.state = "refused"
            if answer.outcome is not Told.REGISTERED:
                _ask_a_person(session, row, answer.outcome, now)
        if accepted:
            shares = dict.fromkeys(accepted, 0) | _shares(session, message.subject_id, accepted)
            register.reflected(session, shares=shares, kind="source_told", now=now)
            _look_later(session, message, now)

    return finish


def _shares(session: Session, payment_id: UUID, claim_ids: Sequence[UUID]) -> dict[UUID, int]:
    its = PaymentLine.payment_id == payment_id, PaymentLine.claim_id.in_(claim_ids)
    rows = session.execute(select(PaymentLine.claim_id, PaymentLine.amount_ore).where(*its))
    return {row.claim_id: row.amount_ore for row in rows}


def observe(sessions: Sessions, *, source: ToldSource, message: Message, clock: Clock) -> Finish:
    """Ask whether the source shows an order's claims as paid (speaks over a wire: takes the session factory).

    :raises Later: some are not shown as paid yet
    :raises SourceError: not heard
    """
    order = _order(sessions, message)
    if not order.rows:
        return nothing
    if order.patron_id is None:
        raise Later("the library does not say whose account this is")
    shown = source.shows_paid(patron_id=order.patron_id, origin_refs=tuple(order.rows))
    known = [row_id for ref, row_id in order.rows.items() if shown.get(ref)]
    if len(known) < len(order.rows):
        if known:
            with sessions.begin() as session:
                know(session, known, clock())
        # Half as long again as it has waited: attempts would also count those of workers that died with it in hand.
        wait = (clock() - message.patient_from) / 2
        wait = min(max(wait, SHORTEST_BETWEEN_LOOKS), LONGEST_BETWEEN_LOOKS)
        raise Later("the library does not show the claim as paid yet", after=wait, heard=True)
    return lambda session: know(session, known, clock())


def _order(sessions: Sessions, message: Message) -> _Order:
    rows = (
        select(WriteBack.id, Claim.origin_ref, ClaimSighting.seen["evidence"]["patron_id"])
        .join(Claim, Claim.id == WriteBack.claim_id)
        .join(ClaimSighting, (ClaimSighting.claim_id == Claim.id) & (ClaimSighting.source == "fbs"), isouter=True)
        .where(
            WriteBack.order_id == message.payload["order_id"],
            WriteBack.state.in_(["waiting", "told"]),
        )
    )
    with sessions.begin() as session:
        found = session.execute(rows).all()
    patrons = [patron for _, _, patron in found if patron is not None]
    return _Order({ref: row_id for row_id, ref, _ in found}, int(patrons[0]) if patrons else None)


def _look_later(session: Session, message: Message, now: datetime) -> None:
    queue.put(
        session,
        kind=OBSERVE,
        subject_id=message.subject_id,
        municipality_code=message.municipality_code,
        lane=message.lane,
        payload=message.payload,
        now=now,
    )


def know(session: Session, row_ids: Sequence[UUID], now: datetime) -> None:
    """The source shows these claims as paid: they are known there, and closed here."""
    for row_id in row_ids:
        row = session.get_one(WriteBack, row_id, with_for_update=True)
        if row.state == "known":
            continue
        row.state, row.known_at = "known", now
        close_if_open(session, key=written_off_key(row.claim_id), reason="Biblioteket har lukket gebyret", now=now)
        register.close_paid(session, claim_id=row.claim_id, source=row.source, now=now)


def written_off_key(claim_id: UUID) -> str:
    """The task to close a fee at the library that the municipality has written off."""
    return f"written-off/{claim_id}"


def _ask_a_person(session: Session, row: WriteBack, outcome: Told | None, now: datetime) -> None:
    facts: Json = {"claim_id": str(row.claim_id), "order_id": row.order_id, "said": row.said}
    reason, step = {
        None: (
            "Biblioteket har registreret betalingen, mens pengene gik tilbage til borgeren",
            "Åbn gebyret igen i bibliotekets eget system, hvis det stadig skyldes",
        ),
        Told.NOT_ALLOWED: (
            "Biblioteket afviser at registrere betalingen (paymentNotAllowedByClient)",
            "Luk gebyret i bibliotekets eget system; pengene står på debitorsystemets samlekonto",
        ),
        Told.BY_OTHER_ORDER: (
            "Biblioteket har allerede gebyret som betalt med en anden ordre",
            "Find den anden betaling: den ene af de to skal tilbage til borgeren",
        ),
    }.get(
        outcome,
        ("Biblioteket har ikke registreret betalingen", "Luk gebyret i bibliotekets eget system, eller spørg hvorfor"),
    )
    open_task(
        session,
        key=f"source/{row.order_id}/{row.claim_id}",
        kind="source_refused",
        subject_kind="payment" if row.payment_id else "claim",
        subject_id=row.payment_id or row.claim_id,
        municipality_code=row.municipality_code,
        reason=reason,
        next_step=step,
        facts=facts,
        now=now,
    )
