"""The magic cards, and what happens when one of them is tried on an open session."""

from dataclasses import dataclass
from enum import StrEnum

from standins.clockwork import Clockwork
from standins.stripe.account import Account
from standins.stripe.disputes import ASKED_ABOUT, DISPUTED, OPENING, open_dispute
from standins.stripe.disputes import LATER_SECONDS as DISPUTE_SECONDS
from standins.stripe.money_back import REFUND_FAILS, REFUNDS_SLOWLY
from standins.stripe.movements import balance_transaction
from standins.stripe.objects import MOBILEPAY, Json, charge, intent
from standins.stripe.sessions import settle_expiry

PAYS = "4242424242424242"
DECLINED = "4000000000000002"
LACKS_FUNDS = "4000000000009995"
ASKS_FIRST = "4000002760003184"
NEVER_RETURNS = "4000000000004954"
PAYS_LATE = "4000000000007726"
CARDS = frozenset(
    {PAYS, DECLINED, LACKS_FUNDS, ASKS_FIRST, NEVER_RETURNS, PAYS_LATE}
    | {REFUNDS_SLOWLY, REFUND_FAILS, DISPUTED, ASKED_ABOUT}
)
ASK_FIRST = frozenset({ASKS_FIRST, MOBILEPAY})
LATE_SECONDS = 120.0

# Code, decline code, the message for the merchant.
_FAILURES = {
    DECLINED: ("card_declined", "generic_decline", "Your card was declined."),
    LACKS_FUNDS: ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
}
_NOT_APPROVED = (
    "payment_intent_authentication_failure",
    "authentication_failed",
    "We are unable to authenticate your payment method.",
)
_NOT_SWIPED = ("payment_method_customer_decline", "customer_decline", "The customer declined the payment.")
_DANISH = {
    "generic_decline": "Kortet blev afvist. Prøv et andet kort.",
    "insufficient_funds": "Der er ikke penge nok på kontoen bag kortet. Prøv et andet kort.",
    "customer_decline": "Betalingen blev afvist i MobilePay. Prøv igen.",
    "authentication_failed": "Betalingen blev ikke godkendt. Prøv igen, eller brug et andet kort.",
}


class Outcome(StrEnum):
    """How a try with a card ended."""

    PAID = "paid"
    LATE = "late"
    DECLINED = "declined"
    ASKS = "asks"
    CLOSED = "closed"
    UNKNOWN_CARD = "unknown_card"


@dataclass(frozen=True)
class Tried:
    """The outcome of a try, with a Danish sentence for the citizen where it failed."""

    outcome: Outcome
    message: str = ""


def try_card(
    account: Account,
    clockwork: Clockwork,
    session_id: str,
    number: str,
    *,
    approved: bool | None = None,
    late_seconds: float | None = None,
) -> Tried:
    """Try a card (or MobilePay) on a session; `approved` is the answer to 3-D Secure (or in the app), None before that.

    `late_seconds` is how long what comes later waits: the late card's payment, the disputed cards' dispute.

    :raises Refusal: no such session
    """
    with account.lock:
        found = account.find("checkout.session", session_id, "session")
        settle_expiry(account, found)
        if found["status"] != "open":
            return Tried(Outcome.CLOSED, "Betalingen kan ikke længere gennemføres her.")
        if number not in _taken_by(found):
            return Tried(Outcome.UNKNOWN_CARD, "Kortnummeret kendes ikke. Brug et af øvelseskortene.")
        if number in ASK_FIRST and approved is None:
            account.cards_waiting[session_id] = number
            return Tried(Outcome.ASKS)
        account.cards_waiting.pop(session_id, None)
        payment = _intent_of(account, found)
        failure = _FAILURES.get(number)
        if number in ASK_FIRST and not approved:
            failure = _NOT_SWIPED if number == MOBILEPAY else _NOT_APPROVED
        if failure:
            return _fail(account, payment, number, failure)
        if number == PAYS_LATE:
            _complete(account, found, payment, "processing")
            wait = LATE_SECONDS if late_seconds is None else late_seconds
            clockwork.after(wait, lambda: _succeed_late(account, session_id, number))
            return Tried(Outcome.LATE)
        taken = _succeed(account, payment, number)
        found["payment_status"] = "paid"
        _complete(account, found, payment, "succeeded")
        if number in OPENING:
            wait = DISPUTE_SECONDS if late_seconds is None else late_seconds
            clockwork.after(wait, lambda: _dispute_later(account, taken["id"], OPENING[number]))
        return Tried(Outcome.PAID)


def _taken_by(found: Json) -> frozenset[str]:
    methods = found["payment_method_types"]
    return (CARDS if "card" in methods else frozenset()) | (frozenset(methods) & {MOBILEPAY})


def _intent_of(account: Account, found: Json) -> Json:
    if found["payment_intent"]:
        return account.find("payment_intent", found["payment_intent"])
    made = account.keep(intent(found, account.intent_data[found["id"]], now=account.now()))
    found["payment_intent"] = made["id"]
    account.happened("payment_intent.created", made)
    return made


def _fail(account: Account, payment: Json, number: str, failure: tuple[str, str, str]) -> Tried:
    code, decline, message = failure
    made = account.keep(charge(payment, number, failure=failure, now=account.now()))
    payment["latest_charge"] = made["id"]
    payment["last_payment_error"] = {
        "charge": made["id"],
        "code": code,
        "decline_code": decline,
        "message": message,
        "payment_method": None,
        "type": "card_error",
    }
    account.happened("charge.failed", made)
    account.happened("payment_intent.payment_failed", payment)
    return Tried(Outcome.DECLINED, _DANISH[decline])


def _dispute_later(account: Account, charge_id: str, status: str) -> None:
    with account.lock:
        if charge_id in account.kept["charge"] and not account.kept["charge"][charge_id]["disputed"]:
            open_dispute(account, charge_id, status=status)


def _succeed(account: Account, payment: Json, number: str) -> Json:
    made = account.keep(charge(payment, number, failure=None, now=account.now()))
    account.cards[made["id"]] = number
    amount, currency = made["amount"], made["currency"]
    moved = account.keep(
        balance_transaction(
            "charge", "charge", amount, currency, made["id"], fee=amount * 15 // 1000 + 180, now=account.now()
        )
    )
    made["balance_transaction"] = moved["id"]
    payment.update(
        status="succeeded",
        amount_received=amount,
        latest_charge=made["id"],
        payment_method=made["payment_method"],
        last_payment_error=None,
        processing=None,
    )
    account.captured += amount
    account.happened("charge.succeeded", made)
    account.happened("payment_intent.succeeded", payment)
    return made


def _complete(account: Account, found: Json, payment: Json, intent_status: str) -> None:
    payment["status"] = intent_status
    found["status"], found["url"] = "complete", None
    found["customer_details"] = dict.fromkeys(
        ("address", "business_name", "email", "individual_name", "name", "phone"), None
    ) | {"tax_exempt": "none", "tax_ids": []}
    if intent_status == "processing":
        account.happened("payment_intent.processing", payment)
    account.happened("checkout.session.completed", found)


def _succeed_late(account: Account, session_id: str, number: str) -> None:
    with account.lock:
        found = account.kept["checkout.session"].get(session_id)
        if found is None or found["payment_status"] == "paid":
            return
        payment = account.find("payment_intent", found["payment_intent"])
        _succeed(account, payment, number)
        found["payment_status"] = "paid"
        account.happened("checkout.session.async_payment_succeeded", found)
