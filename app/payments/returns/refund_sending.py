"""Sending a refund: the provider is told once, and its answer is brought into our tables."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.outbox.port import Finish, Message, nothing
from app.payments.models import Payment, Refund
from app.payments.port import NoSuchPayment, PaymentProvider, ProviderRefused, RefundTruth
from app.payments.returns import refund_truth, returning
from app.payments.states import RefundState


def send(
    sessions: Sessions, *, provider_of: Callable[[str, str], PaymentProvider], message: Message, clock: Clock
) -> Finish:
    """Send one refund back to whoever paid (speaks over a wire: takes the session factory).

    `provider_of` gives the provider of (municipality code, provider's name). A provider forgets a key after some time,
    and a retry may come later than that: it is asked first whether it has made this refund already.

    :raises OutcomeUnknown, ProviderUnavailable: make the same call again, with the same key
    """
    with sessions.begin() as session:
        refund = session.get_one(Refund, message.subject_id)
        payment = session.get_one(Payment, refund.payment_id)
    if refund.state != RefundState.SENDING:
        return nothing  # a notice of the provider's came before us
    provider = provider_of(payment.municipality_code, payment.provider)
    answer = _answer(provider, payment, refund)

    def finish(session: Session) -> None:
        held = returning.locked(session, payment_id=payment.id)
        ours = session.get_one(Refund, refund.id, populate_existing=True)
        if isinstance(answer, RefundTruth):
            refund_truth.bring(session, held, [answer], now=clock())
        elif ours.state == RefundState.SENDING:
            refund_truth.refuse(session, held, ours, code=answer, now=clock())

    return finish


def _answer(provider: PaymentProvider, payment: Payment, refund: Refund) -> RefundTruth | str:
    """The provider's word, or the code it refuses with."""
    reference = payment.provider_reference or ""
    try:
        known = [one for one in provider.fetch(reference).refunds if one.refund_id == refund.id]
        if known:
            return known[-1]
        return provider.refund(reference, refund_id=refund.id, amount_ore=refund.amount_ore, key=refund.provider_key)
    except ProviderRefused as error:
        return error.code
    except NoSuchPayment:
        return "no_such_payment"
