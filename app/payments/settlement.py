"""Settlement: a payment is brought to the state its provider reports, with claims, journal and outbox, exactly once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim
from app.foundation.clock import danish_day
from app.journal import entries, post
from app.outbox import queue
from app.payments import postings
from app.payments.allocation import Share, Split, split
from app.payments.history import note
from app.payments.models import Payment, PaymentLine, receipt_numbers
from app.payments.port import ProviderState, Standing
from app.payments.returns import disputes, refund_truth
from app.payments.states import OPEN, WITH_MONEY, WITHOUT_MONEY, State, after
from app.tasks.register import open_task

SEND_RECEIPT = "receipt.email"
CURRENCY = "dkk"


class UnknownPayment(LookupError):
    """No payment of ours bears this reference."""


def apply(session: Session, *, provider: str, truth: ProviderState, now: datetime) -> State:
    """Bring a payment to the state its provider reports, exactly once; returns the state it then has.

    Its refunds and disputes are brought to what the provider says of them, too. Another amount or currency than was
    asked is booked as overpaid with a task, and so is money that comes late or for a claim that no longer wants it
    (domain.md, I6).

    :raises UnknownPayment: no payment bears this reference
    """
    payment = _locked(session, provider, truth)
    before = State(payment.state)
    state = after(before, _standing(payment, truth))
    payment.checked_at = now
    payment.provider_reference = payment.provider_reference or truth.reference
    payment.redirect_url = payment.redirect_url or truth.redirect_url
    if state is not before:
        _move(session, payment, truth, state, now)
    if state in WITH_MONEY:
        refund_truth.bring(session, payment, truth.refunds, now=now)
        disputes.bring(session, payment, truth.disputes, now=now)
    return State(payment.state)


def _standing(payment: Payment, truth: ProviderState) -> Standing:
    is_stopped = truth.standing is Standing.EXPIRED and payment.stop_asked_at is not None
    return Standing.CANCELLED if is_stopped else truth.standing


def _move(session: Session, payment: Payment, truth: ProviderState, state: State, now: datetime) -> None:
    before = State(payment.state)
    payment.state, payment.state_at, payment.failure_code = state, now, truth.failure_code
    facts: dict[str, object] = {"from": before}
    payment.shown_at = None  # what the payer was told before is not how it ended
    if state in WITH_MONEY:
        with session.no_autoflush:  # each changed row is written once, at the end
            facts |= _capture(session, payment, truth, is_late=before in WITHOUT_MONEY, now=now)
    elif state not in OPEN:
        _release(session, payment.id)
    note(session, payment, state, now, facts)


def _locked(session: Session, provider: str, truth: ProviderState) -> Payment:
    same = Payment.provider_reference == truth.reference
    if truth.payment_id is not None:
        same = or_(same, (Payment.id == truth.payment_id) & Payment.provider_reference.is_(None))
    chosen = select(Payment).where(Payment.provider == provider, same).with_for_update()
    payment = session.scalar(chosen.execution_options(populate_existing=True))
    if payment is None:
        raise UnknownPayment(truth.reference)
    return payment


def _release(session: Session, payment_id: UUID, *, wanted: Sequence[Share] | None = None) -> None:
    """The payment's claims are free for others; lines whose money the claims do not want are marked."""
    values: dict[str, object] = {"open": False}
    if wanted is not None:
        values["overpaid"] = PaymentLine.claim_id.not_in([share.claim_id for share in wanted])
    lines = update(PaymentLine).where(PaymentLine.payment_id == payment_id).values(values)
    session.execute(lines.execution_options(synchronize_session=False))


def _capture(
    session: Session, payment: Payment, truth: ProviderState, *, is_late: bool, now: datetime
) -> dict[str, object]:
    """Book taken money; returns what the payment's history tells of it."""
    shares, receipt_number = _shares(session, payment.id)
    claims = register.lock(session, claim_ids=[share.claim_id for share in shares])
    still_wanted = frozenset(share.claim_id for share in shares if wants(claims[share.claim_id], share.amount_ore))
    foreign = truth.currency.lower() != CURRENCY
    spread = split(shares, captured_ore=truth.amount_ore, is_late=is_late or foreign, still_wanted=still_wanted)
    payment.captured_ore, payment.captured_at = truth.amount_ore, now
    payment.overpaid_ore = spread.overpaid_ore
    payment.charge_reference, payment.method_detail = truth.charge_reference, truth.method_detail
    payment.receipt_number = f"BK-{danish_day(now).year}-{receipt_number:06d}"
    _release(session, payment.id, wanted=spread.wanted)
    register.cover(
        session, shares={share.claim_id: share.amount_ore for share in spread.wanted}, payment_id=payment.id, now=now
    )
    if payment.captured_ore:
        _book(session, payment, spread, now)
    postings.promise(session, payment=payment, wanted=spread.wanted, now=now)
    if payment.receipt_email:
        _promise_receipt(session, payment, now)
    if spread.overpaid_ore or payment.captured_ore != payment.amount_ore:
        _ask_for_refund(session, payment, truth, is_late=is_late, now=now)
    return {"amount_ore": truth.amount_ore, "overpaid_ore": spread.overpaid_ore, "standing": Standing.PAID}


def _shares(session: Session, payment_id: UUID) -> tuple[tuple[Share, ...], int]:
    """A payment's lines, and the next receipt's number (drawn once for them all, in the same statement)."""
    number = select(receipt_numbers.next_value()).scalar_subquery()
    lines = (
        select(PaymentLine.claim_id, PaymentLine.amount_ore, PaymentLine.account, PaymentLine.way, number)
        .where(PaymentLine.payment_id == payment_id)
        .order_by(PaymentLine.line_no)
    )
    rows = session.execute(lines).all()
    return tuple(Share(*line) for *line, _ in rows), rows[0][-1]


def wants(claim: Claim, amount_ore: int) -> bool:
    """Whether a claim wants its share. One that has shrunk below it wants none of it: no balance goes below zero."""
    return register.may_be_covered(claim) and claim.covered_ore + amount_ore <= claim.outstanding_ore


def _book(session: Session, payment: Payment, spread: Split, now: datetime) -> None:
    entry = entries.capture(
        provider=payment.provider,
        municipality_code=payment.municipality_code,
        wanted_ore=spread.wanted_ore,
        overpaid_ore=spread.overpaid_ore,
    )
    post.book(
        session,
        key=f"capture/{payment.id}",
        entry=entry,
        municipality_code=payment.municipality_code,
        payment_id=payment.id,
        now=now,
    )


def _promise_receipt(session: Session, payment: Payment, now: datetime) -> None:
    queue.put(
        session,
        kind=SEND_RECEIPT,
        subject_id=payment.id,
        municipality_code=payment.municipality_code,
        lane=f"receipt/{payment.id}",
        payload={},
        now=now,
    )


def _ask_for_refund(session: Session, payment: Payment, truth: ProviderState, *, is_late: bool, now: datetime) -> None:
    if truth.currency.lower() != CURRENCY:
        reason = f"Beløbet er hævet i {truth.currency.upper()}, ikke i DKK"
    elif is_late:
        reason = "Pengene kom, efter at betalingen var afsluttet uden penge"
    elif truth.amount_ore != payment.amount_ore:
        reason = "Der er hævet et andet beløb, end der blev bedt om"
    else:
        reason = "En regning var i mellemtiden betalt, nedsat eller lukket"
    open_task(
        session,
        key=f"refund/{payment.id}",
        kind="refund",
        subject_kind="payment",
        subject_id=payment.id,
        municipality_code=payment.municipality_code,
        reason=reason,
        next_step="Send det overskydende beløb tilbage til borgeren",
        facts={"overpaid_ore": payment.overpaid_ore, "captured_ore": payment.captured_ore},
        now=now,
    )
