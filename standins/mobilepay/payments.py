"""What can happen to a payment: the user's answers, the merchant's acts, and time.

Amounts that fail when the user approves, as in the vendor's test environment (øre): 151 insufficient funds, 182
refused by the issuer, 183 suspected fraud, 184 limit exceeded, 186 expired card, 187 invalid card. The payment stays
CREATED and the user may try again; the event log gets an AUTHORIZED that did not succeed. 201: for an hour nobody
knows how the approval went; then it turns out to have succeeded (how it ends is assumed). Refunds that fail: 123 no
receiving account, 124 too late.
"""

from datetime import timedelta
from enum import StrEnum

from standins.mobilepay import merchant as names
from standins.mobilepay.bodies import CreatePayment, check_payment
from standins.mobilepay.merchant import CAPTURE_PERIOD, Json, Merchant, Payment, amount
from standins.mobilepay.refusals import refuse

LIFETIME = timedelta(minutes=10)
REFUND_PERIOD = timedelta(days=365)
UNKNOWN_FOR = timedelta(hours=1)
UNKNOWN_ORE = 201
NO_ACCOUNT_ORE, TOO_LATE_ORE = 123, 124
FAILURES = {
    151: "Der er ikke penge nok på kontoen.",
    182: "Kortudstederen afviste betalingen.",
    183: "Betalingen blev afvist, fordi den ligner misbrug.",
    184: "Beløbsgrænsen på kortet er nået.",
    186: "Kortet er udløbet.",
    187: "Kortet er ikke gyldigt.",
}


class Answered(StrEnum):
    """How an approval ended."""

    RESERVED = "reserved"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CLOSED = "closed"


def open_payment(merchant: Merchant, asked: CreatePayment, key: str | None) -> Payment:
    """A new payment for a checked body.

    :raises Refusal: the members do not fit together, or the reference is taken
    """
    with merchant.lock:
        now = merchant.clock.now()
        expires_at = check_payment(asked, now)
        if asked.reference in merchant.payments:
            raise refuse("4150")
        made = Payment(asked, now, expires_at or now + LIFETIME)
        merchant.payments[made.reference] = made
        merchant.references[made.token] = made.reference
        merchant.happened(made, names.CREATED, made.amount_ore, key=key)
        return made


def settle(merchant: Merchant, payment: Payment) -> None:
    """Let what time does to a payment be done: expiry, an answer that comes late, a reservation that is released."""
    with merchant.lock:
        now = merchant.clock.now()
        if merchant.payments.get(payment.reference) is not payment:
            return
        if payment.processing_until and now >= payment.processing_until:
            payment.processing_until = None
            _reserve(merchant, payment)
        elif payment.state == names.CREATED and payment.processing_until is None and now >= payment.expires_at:
            _close(merchant, payment, names.EXPIRED)
        if payment.authorized_at and payment.reserved_ore and now >= payment.authorized_at + CAPTURE_PERIOD:
            payment.is_released = True
            _release(merchant, payment, None)


def approve(merchant: Merchant, payment: Payment) -> Answered:
    """The user presses approve."""
    with merchant.lock:
        settle(merchant, payment)
        if payment.state != names.CREATED or payment.processing_until:
            return Answered.CLOSED
        if payment.amount_ore in FAILURES:
            merchant.happened(payment, names.AUTHORIZED, payment.amount_ore, success=False)
            return Answered.FAILED
        if payment.amount_ore == UNKNOWN_ORE:
            payment.processing_until = merchant.clock.now() + UNKNOWN_FOR
            return Answered.UNKNOWN
        _reserve(merchant, payment)
        return Answered.RESERVED


def abort(merchant: Merchant, payment: Payment) -> bool:
    """The user presses no; False when it is too late for that."""
    with merchant.lock:
        settle(merchant, payment)
        if payment.state != names.CREATED or payment.processing_until:
            return False
        _close(merchant, payment, names.ABORTED)
        return True


def expire(merchant: Merchant, payment: Payment) -> bool:
    """The user's time is up now; False when the payment is no longer open."""
    with merchant.lock:
        if payment.state == names.CREATED and payment.processing_until is None:
            payment.expires_at = min(payment.expires_at, merchant.clock.now())
        settle(merchant, payment)
        return payment.state == names.EXPIRED


def force_approve(merchant: Merchant, payment: Payment) -> None:
    """The test environment's approval without an app.

    :raises Refusal: the payment cannot be approved, or its amount is one that fails
    """
    was = payment.state
    answered = approve(merchant, payment)
    if answered is Answered.CLOSED:
        raise refuse("6230" if was == names.AUTHORIZED else "10020")
    if answered is Answered.FAILED:
        raise refuse("10010")


def capture(merchant: Merchant, payment: Payment, ore: int, key: str | None) -> Json:
    """Take money that is reserved, all or part of it.

    :raises Refusal: not so much is reserved
    """
    with merchant.lock:
        settle(merchant, payment)
        if payment.state != names.AUTHORIZED:
            raise refuse({names.CREATED: "6080", names.TERMINATED: "6070"}.get(payment.state, "6200"))
        if payment.is_released:
            raise refuse("6100")
        if payment.reserved_ore == 0:
            raise refuse("6070" if payment.cancelled_ore else "6170")
        if ore > payment.reserved_ore:
            raise refuse("6090")
        payment.captured_ore += ore
        merchant.captured_ore += ore
        psp_reference = merchant.happened(payment, names.CAPTURED, ore, key=key)
        merchant.funds.enter("capture", ore, reference=payment.reference, psp_reference=psp_reference)
        return modified(payment)


def refund(merchant: Merchant, payment: Payment, ore: int, key: str | None) -> Json:
    """Give captured money back, all or part of it; done when this returns.

    :raises Refusal: not so much is captured, it is too late, or the user cannot be paid
    """
    with merchant.lock:
        settle(merchant, payment)
        if payment.authorized_at is None:
            raise refuse("6020")
        if payment.captured_ore == 0:
            raise refuse("6210")
        if payment.captured_ore == payment.refunded_ore:
            raise refuse("6180")
        if ore > payment.captured_ore - payment.refunded_ore:
            raise refuse("6150")
        if ore == TOO_LATE_ORE or merchant.clock.now() >= payment.authorized_at + REFUND_PERIOD:
            raise refuse("6220")
        if ore == NO_ACCOUNT_ORE:
            merchant.happened(payment, names.REFUNDED, ore, key=key, success=False)
            raise refuse("5100")
        payment.refunded_ore += ore
        merchant.refunded_ore += ore
        psp_reference = merchant.happened(payment, names.REFUNDED, ore, key=key)
        merchant.funds.enter("refund", -ore, reference=payment.reference, psp_reference=psp_reference)
        return modified(payment)


def cancel(merchant: Merchant, payment: Payment, key: str | None, *, only_open: bool) -> Json:
    """End a payment that nobody has approved, or release all that is reserved.

    :raises Refusal: there is nothing to cancel, or the approval is being processed
    """
    with merchant.lock:
        settle(merchant, payment)
        if payment.processing_until:
            raise refuse("6250")
        if payment.state == names.CREATED:
            payment.cancelled_ore = payment.amount_ore
            _close(merchant, payment, names.TERMINATED, key)
            return modified(payment)
        if payment.state != names.AUTHORIZED:
            raise refuse("6190" if payment.state == names.TERMINATED else "6050")
        if only_open:
            raise refuse("6060")
        if payment.reserved_ore == 0:
            raise refuse("6190" if payment.cancelled_ore else "6040")
        _release(merchant, payment, key)
        return modified(payment)


def fail_capture(merchant: Merchant, payment: Payment, ore: int, key: str | None) -> None:
    """Write down that a capture was tried and did not go through."""
    with merchant.lock:
        merchant.happened(payment, names.CAPTURED, ore, key=key, success=False)


def shown(merchant: Merchant, payment: Payment) -> Json:
    """The answer to get."""
    settle(merchant, payment)
    body: Json = {
        "aggregate": payment.aggregate(),
        "amount": amount(payment.amount_ore),
        "state": payment.state,
        "paymentMethod": {"type": "WALLET"},
        "profile": {},
        "pspReference": payment.psp_reference,
        "reference": payment.reference,
        **payment.guarantee(),
    }
    if payment.state == names.CREATED:
        body["redirectUrl"] = merchant.landing(payment)
    if payment.asked.metadata:
        body["metadata"] = payment.asked.metadata
    return body


def modified(payment: Payment) -> Json:
    """The answer to capture, refund and cancel; `amount` is the whole payment's, and so is the pspReference."""
    return {
        "amount": amount(payment.amount_ore),
        "state": payment.state,
        "aggregate": payment.aggregate(),
        "pspReference": payment.psp_reference,
        "reference": payment.reference,
    }


def _reserve(merchant: Merchant, payment: Payment) -> None:
    payment.state = names.AUTHORIZED
    payment.authorized_ore = payment.amount_ore
    payment.authorized_at = merchant.clock.now()
    merchant.happened(payment, names.AUTHORIZED, payment.amount_ore)


def _close(merchant: Merchant, payment: Payment, state: str, key: str | None = None) -> None:
    payment.state = state
    merchant.happened(payment, state, payment.amount_ore, key=key)


def _release(merchant: Merchant, payment: Payment, key: str | None) -> None:
    released = payment.reserved_ore
    payment.cancelled_ore += released
    merchant.happened(payment, names.CANCELLED, released, key=key)
