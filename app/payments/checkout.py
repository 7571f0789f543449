"""Checkout: from a review to the provider's page. The intent is committed before the provider is called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id, new_token
from app.municipalities.facts import Facts
from app.payments import follow, queries, review, target
from app.payments.history import note
from app.payments.models import Payment, PaymentLine
from app.payments.port import (
    Method,
    NoSuchPayment,
    Order,
    OutcomeUnknown,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Started,
)
from app.payments.states import OPEN, State, move

CALL_LASTS = timedelta(seconds=20)
"""Longer than any call to a provider may take."""


class ClaimsChanged(Exception):
    """Something is not as the citizen was shown. Nothing was stored; `changed` names it."""

    def __init__(self, changed: tuple[review.Changed, ...]) -> None:
        super().__init__(f"{len(changed)} changed")
        self.changed = changed


class NothingToPay(Exception):
    """The review holds no bill."""


class TooOld(Exception):
    """The review is from too long ago."""


class BelowMinimum(Exception):
    """The provider takes no payment this small."""

    def __init__(self, minimum_ore: int) -> None:
        super().__init__(minimum_ore)
        self.minimum_ore = minimum_ore


class ProviderDown(Exception):
    """The provider certainly did nothing: no money was taken and the bills are free again."""


@dataclass(frozen=True)
class Opened:
    """An open payment; `redirect_url` is None where nobody knows yet whether the provider has opened it."""

    token: str
    redirect_url: str | None


def start(
    sessions: Sessions, *, provider: PaymentProvider, method: Method, payer_id: UUID, review_id: UUID, facts: Facts,
    locale: str, address_of: Callable[[str], str], now: datetime, receipt_email: str | None = None,
    code_id: UUID | None = None,
) -> Opened:  # fmt: skip
    """Open the payment of a review (speaks over a wire: takes the session factory). Double clicks join.

    With `code_id` it is paid by whoever holds that code, and `payer_id` is whose the claims are. `address_of` gives the
    address that a payment's token is returned to. `receipt_email` is where its payer wants a receipt, if anywhere.

    :raises review.ReviewUnknown: not this person's review
    :raises ClaimsChanged: something is not as it was shown
    :raises NothingToPay, TooOld, BelowMinimum: the review cannot be paid
    :raises ProviderDown: the provider was not reached; nothing is kept open
    """
    with sessions.begin() as session:
        shown, changed, claims = _locked(session, (payer_id, code_id), review_id=review_id, facts=facts, now=now)
        joined = _join(session, payer_id=payer_id, shown=shown, facts=facts)
        if joined:
            return Opened(joined.token, joined.redirect_url if joined.state == State.AWAITING else None)
        if shown.is_over(now=now):
            raise TooOld(review_id)
        if changed:
            raise ClaimsChanged(changed)
        if not shown.amounts:
            raise NothingToPay(review_id)
        if shown.total_ore < provider.minimum_ore:
            raise BelowMinimum(provider.minimum_ore)
        payment = _store_intent(
            session, provider=provider, method=method, payer_id=payer_id, shown=shown, claims=claims, facts=facts,
            locale=locale, address_of=address_of, now=now, receipt_email=receipt_email,
        )  # fmt: skip
    return _open_at_provider(sessions, provider=provider, payment_id=payment.id, is_first=True, now=now)


def _locked(
    session: Session, shown_to: tuple[UUID, UUID | None], *, review_id: UUID, facts: Facts, now: datetime
) -> tuple[review.Shown, tuple[review.Changed, ...], dict[UUID, Claim]]:
    """The review and its claims, locked: from here on nobody else opens a payment for them."""
    person_id, code_id = shown_to
    chosen = review.lock(session, review_id=review_id, person_id=person_id, facts=facts, code_id=code_id)
    claims = register.lock(session, claim_ids=chosen)
    shown, changed = review.find(
        session, review_id=review_id, person_id=person_id, facts=facts, now=now, code_id=code_id
    )
    return shown, changed, claims


def _join(session: Session, *, payer_id: UUID, shown: review.Shown, facts: Facts) -> Payment | None:
    """The payment that this review goes on with: its own, or the payer's open one for the very same claims.

    :raises TooOld: the review's own payment has come to nothing
    """
    own = session.scalar(select(Payment).where(Payment.review_id == shown.id))
    if own is not None:
        if State(own.state) in OPEN or own.captured_at:
            return own
        raise TooOld(shown.id)  # it ended without money: the citizen is shown the bills anew
    if shown.code_id is not None:
        return None  # a code may be in many hands: one holder never comes into another's payment
    around = queries.beside(session, person_id=payer_id, municipality_code=facts.code)
    opened = {around.by_claim.get(claim_id) for claim_id in shown.amounts}
    same = opened.pop() if len(opened) == 1 else None
    if same and same.is_mine and same.claim_ids == frozenset(shown.amounts):
        # One that was opened for other amounts than this review shows is not the payment that the citizen agreed to.
        return session.scalar(select(Payment).where(Payment.token == same.token, Payment.amount_ore == shown.total_ore))
    return None


def _store_intent(
    session: Session, *, provider: PaymentProvider, method: Method, payer_id: UUID, shown: review.Shown,
    claims: dict[UUID, Claim], facts: Facts, locale: str, address_of: Callable[[str], str], now: datetime,
    receipt_email: str | None,
) -> Payment:  # fmt: skip
    payment_id, token = new_row_id(), new_token()
    address = address_of(token)
    order = Order(
        payment_id=payment_id,
        amount_ore=shown.total_ore,
        payee=facts.name,
        return_url=address,
        cancel_url=f"{address}?afbrudt=1",
        locale=locale,
        now=now,
    )
    payment = Payment(
        id=payment_id, token=token, municipality_code=facts.code, payer_id=payer_id, review_id=shown.id,
        code_id=shown.code_id,
        method=method.value, provider=provider.name, state=State.CREATED.value, amount_ore=shown.total_ore,
        provider_call=provider.prepare(order, method=method), provider_key=f"checkout-{payment_id}", created_at=now,
        state_at=now, checked_at=now, receipt_email=receipt_email,
        receipt_language=locale if receipt_email else None,
    )  # fmt: skip
    session.add(payment)
    session.flush()
    session.add_all(
        PaymentLine(
            payment_id=payment_id, line_no=number, claim_id=claim_id, municipality_code=facts.code,
            amount_ore=amount_ore, account=target.account(claims[claim_id], facts),
            way=target.way(claims[claim_id], facts), open=True,
            ledger_claim_id=target.ledger_claim_id(claims[claim_id], facts),
        )
        for number, (claim_id, amount_ore) in enumerate(shown.amounts.items(), start=1)
    )  # fmt: skip
    note(session, payment, "created", now, {"amount_ore": shown.total_ore})
    return payment


def _open_at_provider(
    sessions: Sessions, *, provider: PaymentProvider, payment_id: UUID, is_first: bool, now: datetime
) -> Opened:
    """Make the stored call, or make it again unchanged.

    :raises ProviderDown: the provider certainly did nothing; the first call then ends the payment
    """
    with sessions.begin() as session:
        payment = session.get_one(Payment, payment_id)
        call, key = payment.provider_call, payment.provider_key
    try:
        started = provider.start(call, key=key)
    except OutcomeUnknown:
        _store_end(sessions, payment_id, State.UNKNOWN, None, now)
        return Opened(payment.token, None)
    except ProviderUnavailable as error:
        if is_first:
            _store_end(sessions, payment_id, State.FAILED, "unavailable", now)
        raise ProviderDown from error
    except (ProviderRefused, NoSuchPayment) as error:
        code = error.code if isinstance(error, ProviderRefused) else "no_such_payment"
        _store_end(sessions, payment_id, State.FAILED, code, now)
        raise ProviderDown from error
    _store_started(sessions, payment_id, started, now)
    return Opened(payment.token, started.redirect_url)


def _store_started(sessions: Sessions, payment_id: UUID, started: Started, now: datetime) -> None:
    with sessions.begin() as session:
        payment = session.get_one(Payment, payment_id, with_for_update=True)
        payment.provider_reference = started.reference
        payment.redirect_url, payment.expires_at, payment.checked_at = started.redirect_url, started.expires_at, now
        if State(payment.state) in {State.CREATED, State.UNKNOWN}:
            payment.state, payment.state_at = move(State(payment.state), State.AWAITING).value, now
            note(session, payment, State.AWAITING, now, {"reference": started.reference})


def _store_end(sessions: Sessions, payment_id: UUID, state: State, code: str | None, now: datetime) -> None:
    with sessions.begin() as session:
        payment = session.get_one(Payment, payment_id, with_for_update=True)
        payment.checked_at = now
        if State(payment.state) not in {State.CREATED, State.UNKNOWN} or State(payment.state) is state:
            return
        payment.state, payment.state_at, payment.failure_code = move(State(payment.state), state).value, now, code
        if state not in OPEN:
            session.execute(update(PaymentLine).where(PaymentLine.payment_id == payment_id).values(open=False))
        note(session, payment, state, now, {"code": code})


def look(sessions: Sessions, *, provider: PaymentProvider, payment_id: UUID, now: datetime) -> State:
    """Ask the provider how a payment stands and settle what it says (speaks over a wire: takes the session factory).

    A payment whose call was never answered is called again, unchanged.

    :raises ProviderError: no answer; the payment stands as it stood
    """
    reference = _reference(sessions, provider, payment_id, now)
    if reference is None:
        return _state_of(sessions, payment_id)
    return follow.follow(sessions, provider=provider, reference=reference, now=now)


def stop(sessions: Sessions, *, provider: PaymentProvider, payment_id: UUID, now: datetime) -> State:
    """Close a payment at its provider because its payer wants to (speaks over a wire: takes the session factory).

    The wish is kept first: the provider's own notice of the end may be here before its answer. The payment may turn
    out to have been paid: then it is.

    :raises ProviderError: no answer; the payment stands as it stood
    """
    with sessions.begin() as session:
        session.execute(update(Payment).where(Payment.id == payment_id).values(stop_asked_at=now))
    reference = _reference(sessions, provider, payment_id, now)
    if reference is None:
        return _state_of(sessions, payment_id)
    return follow.bring(sessions, provider=provider, truth=provider.expire(reference), now=now)


def _reference(sessions: Sessions, provider: PaymentProvider, payment_id: UUID, now: datetime) -> str | None:
    """The provider's reference of an open payment; None when there is nothing to ask about (yet)."""
    with sessions.begin() as session:
        payment = session.get_one(Payment, payment_id)
        state, reference = State(payment.state), payment.provider_reference
    # A call just made may still be on the wire: it is not made again beside itself.
    may_replay = state is State.UNKNOWN or (state is State.CREATED and now - payment.created_at > CALL_LASTS)
    if reference is not None or not may_replay:
        return reference
    try:
        _open_at_provider(sessions, provider=provider, payment_id=payment_id, is_first=False, now=now)
    except ProviderDown as error:
        if isinstance(error.__cause__, ProviderUnavailable):
            raise error.__cause__ from error
    with sessions.begin() as session:
        return session.get_one(Payment, payment_id).provider_reference


def _state_of(sessions: Sessions, payment_id: UUID) -> State:
    with sessions.begin() as session:
        return State(session.get_one(Payment, payment_id).state)
