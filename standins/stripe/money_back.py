"""Refunds to the citizen, and payouts to the municipality's bank."""

from standins.stripe.account import NO_REQUEST, Account
from standins.stripe.objects import Json, balance_transaction, payout, refund
from standins.stripe.refusals import Refusal, wrong_parameter


def make_refund(account: Account, asked: Json, request: Json) -> Json:
    """Send money back, all that is left or `amount` of it.

    :raises Refusal: nothing to refund, or more than is left
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
        now = account.now()
        made = account.keep(refund(paid, amount, asked, now=now))
        moved = balance_transaction("refund", "refund", -amount, paid["currency"], made["id"], fee=0, now=now)
        made["balance_transaction"] = account.keep(moved)["id"]
        paid["amount_refunded"] += amount
        paid["refunded"] = amount == left
        account.refunded += amount
        for kind, about in (("refund.created", made), ("charge.refunded", paid), ("refund.updated", made)):
            account.happened(kind, about, request)
        return made


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
    return paid


def pay_out(account: Account) -> Json | None:
    """Send everything that is not yet paid out to the bank; None when that is nothing."""
    with account.lock:
        waiting = [
            moved
            for moved in account.kept["balance_transaction"].values()
            if moved["type"] != "payout" and moved["id"] not in account.paid_out
        ]
        total = sum(moved["net"] for moved in waiting)
        if not waiting or total <= 0:
            return None
        now, currency = account.now(), waiting[0]["currency"]
        made = account.keep(payout(total, currency, now=now))
        out = account.keep(balance_transaction("payout", "payout", -total, currency, made["id"], fee=0, now=now))
        made["balance_transaction"] = out["id"]
        for moved in waiting:
            moved["status"] = "available"
            account.paid_out[moved["id"]] = made["id"]
        for kind in ("payout.created", "payout.paid", "payout.reconciliation_completed"):
            account.happened(kind, made, NO_REQUEST)
        return made
