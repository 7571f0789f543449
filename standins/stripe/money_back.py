"""Refunds to the citizen: made over the API or on the dashboard, slow to arrive, and failing days later."""

from standins.clockwork import Clockwork
from standins.stripe.account import NO_REQUEST, Account
from standins.stripe.movements import balance_transaction, refund
from standins.stripe.objects import Json
from standins.stripe.refusals import Refusal, wrong_parameter

# Our own card whose refund waits before it succeeds, and Stripe's whose refund fails after it succeeded.
REFUNDS_SLOWLY = "4000000000000120"
REFUND_FAILS = "4000000000005126"
LATER_SECONDS = 120.0


def make_refund(account: Account, clockwork: Clockwork, asked: Json, request: Json = NO_REQUEST) -> Json:
    """Send money back, all that is left or `amount` of it.

    :raises Refusal: nothing to refund, more than is left, or the bank has the money already
    """
    with account.lock:
        paid = _charge(account, asked)
        left = paid["amount_captured"] - paid["amount_refunded"]
        if left == 0:
            raise Refusal(f"Charge {paid['id']} has already been refunded.", code="charge_already_refunded")
        amount = asked.get("amount", left)
        if amount > left:
            raise Refusal(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        now, card = account.now(), account.cards.get(paid["id"])
        status = "pending" if card == REFUNDS_SLOWLY else "succeeded"
        made = account.keep(refund(paid, amount, asked, status=status, now=now))
        moved = balance_transaction("refund", "refund", -amount, paid["currency"], made["id"], fee=0, now=now)
        made["balance_transaction"] = account.keep(moved)["id"]
        _is_sent_back(account, paid, amount)
        for kind, about in (("refund.created", made), ("charge.refunded", paid), ("refund.updated", made)):
            account.happened(kind, about, request)
        later = {REFUNDS_SLOWLY: "succeeded", REFUND_FAILS: "failed"}.get(card or "")
        if later:
            clockwork.after(LATER_SECONDS, lambda: _end_later(account, made["id"], later))
        return made


def end_refund(account: Account, refund_id: str, status: str) -> Json:
    """A refund reaches the citizen (`succeeded`), or comes back however it stood (`failed`).

    :raises Refusal: no such refund, or it cannot end so
    """
    with account.lock:
        found = account.find("refund", refund_id)
        if found["status"] == "failed" or found["status"] == status:
            raise Refusal(f"This refund has already {found['status']}.")
        found["status"], found["pending_reason"] = status, None
        if status == "failed":
            paid, amount = account.find("charge", found["charge"]), found["amount"]
            found["failure_reason"] = "expired_or_canceled_card"
            back = balance_transaction(
                "refund_failure", "refund_failure", amount, found["currency"], refund_id, fee=0, now=account.now()
            )
            found["failure_balance_transaction"] = account.keep(back)["id"]
            _is_sent_back(account, paid, -amount)
            account.happened("refund.failed", found)
        account.happened("refund.updated", found)
        return found


def _is_sent_back(account: Account, paid: Json, amount: int) -> None:
    paid["amount_refunded"] += amount
    paid["refunded"] = paid["amount_refunded"] == paid["amount_captured"]
    account.refunded += amount


def _end_later(account: Account, refund_id: str, status: str) -> None:
    with account.lock:
        found = account.kept["refund"].get(refund_id)
        if found and found["status"] != "failed" and found["status"] != status:
            end_refund(account, refund_id, status)


def _charge(account: Account, asked: Json) -> Json:
    if ("charge" in asked) == ("payment_intent" in asked):
        raise wrong_parameter("One of charge or payment_intent must be given.", "payment_intent", "parameter_missing")
    if "charge" in asked:
        paid = account.find("charge", asked["charge"], "charge")
    else:
        payment = account.find("payment_intent", asked["payment_intent"], "payment_intent")
        if payment["status"] != "succeeded":
            raise Refusal("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
        paid = account.find("charge", payment["latest_charge"])
    if not paid["paid"]:
        raise Refusal("This charge was not successful, so it cannot be refunded.", param="charge")
    disputes = [one for one in account.kept["dispute"].values() if one["charge"] == paid["id"]]
    if any(not one["is_charge_refundable"] and one["status"] != "won" for one in disputes):
        raise Refusal(f"Charge {paid['id']} has been charged back.", code="charge_disputed")
    return paid
