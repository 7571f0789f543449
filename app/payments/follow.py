"""Follow: how a payment stands at its provider is fetched and settled, and reserved money is taken or let go."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.claims import register
from app.foundation.db import Sessions
from app.payments import settlement
from app.payments.history import note
from app.payments.models import Payment, PaymentLine
from app.payments.port import NoSuchPayment, PaymentProvider, ProviderRefused, ProviderState, Standing
from app.payments.states import OPEN, WITH_MONEY, State, after

HEARD_OF_WITHIN = timedelta(hours=25)
"""Longer than any provider keeps a payment open: one that it does not know after that, nobody can pay."""


def follow(sessions: Sessions, *, provider: PaymentProvider, reference: str, now: datetime) -> State:
    """Fetch the truth about a payment and do what it asks for (speaks over a wire: takes the session factory).

    :raises OutcomeUnknown, ProviderUnavailable: not heard; the payment is followed again later, with the same keys
    :raises NoSuchPayment: the provider does not know it, and may yet
    :raises settlement.UnknownPayment: not a payment of ours
    """
    try:
        truth = provider.fetch(reference)
    except NoSuchPayment:
        state = _end_if_old(sessions, provider.name, reference, now)
        if state is None:
            raise
        return state
    return bring(sessions, provider=provider, truth=truth, now=now)


def bring(sessions: Sessions, *, provider: PaymentProvider, truth: ProviderState, now: datetime) -> State:
    """Settle a truth; money that it says is reserved is taken at once, or let go when nobody wants it any more.

    Speaks over a wire: takes the session factory.

    :raises OutcomeUnknown, ProviderUnavailable: as `follow`
    :raises settlement.UnknownPayment: not a payment of ours
    """
    with sessions.begin() as session:
        state = settlement.apply(session, provider=provider.name, truth=truth, now=now)
        if truth.standing is not Standing.AUTHORISED or state in WITH_MONEY:
            return state
        payment = session.scalars(_bearing(provider.name, truth.reference)).one()
        wanted = state is State.AUTHORISED and _is_wanted(session, payment, truth)
    if not wanted:
        # Also where the payment had ended without money: what is reserved after that is nobody's.
        answer = provider.release(truth.reference, key=f"release-{payment.id}")
    else:
        answer = _take(provider, payment, truth)
    with sessions.begin() as session:
        state = settlement.apply(session, provider=provider.name, truth=answer, now=now)
    if wanted and state is State.FAILED:
        provider.release(truth.reference, key=f"release-{payment.id}")
    return state


def _take(provider: PaymentProvider, payment: Payment, truth: ProviderState) -> ProviderState:
    """How the payment stands when we have tried to take its money; FAILED when it cannot be taken, ever."""
    try:
        return provider.capture(truth.reference, amount_ore=payment.amount_ore, key=f"capture-{payment.id}")
    except ProviderRefused as error:
        stands = provider.fetch(truth.reference)  # it may have been taken, or have run out, beside us
        if stands.standing is not Standing.AUTHORISED:
            return stands
        return replace(stands, standing=Standing.FAILED, failure_code=error.code)


def _is_wanted(session: Session, payment: Payment, truth: ProviderState) -> bool:
    """Whether the money that is reserved is what was asked for, and a claim still wants its share of it."""
    if truth.amount_ore != payment.amount_ore or truth.currency.lower() != settlement.CURRENCY:
        return False
    lines = session.execute(
        select(PaymentLine.claim_id, PaymentLine.amount_ore).where(PaymentLine.payment_id == payment.id)
    ).all()
    claims = register.lock(session, claim_ids=[line.claim_id for line in lines])
    return any(settlement.wants(claims[line.claim_id], line.amount_ore) for line in lines)


def _end_if_old(sessions: Sessions, provider: str, reference: str, now: datetime) -> State | None:
    """End an open payment that its provider has never heard of, when nobody can pay it any more."""
    with sessions.begin() as session:
        payment = session.scalar(_bearing(provider, reference).with_for_update())
        if payment is None or State(payment.state) not in OPEN or now - payment.created_at < HEARD_OF_WITHIN:
            return None
        payment.state, payment.state_at, payment.checked_at = after(State(payment.state), Standing.EXPIRED), now, now
        payment.failure_code = "never_heard_of"
        session.execute(update(PaymentLine).where(PaymentLine.payment_id == payment.id).values(open=False))
        note(session, payment, State.EXPIRED, now, {"code": "never_heard_of"})
        return State.EXPIRED


def _bearing(provider: str, reference: str) -> Select[Payment]:
    return select(Payment).where(Payment.provider == provider, Payment.provider_reference == reference)
