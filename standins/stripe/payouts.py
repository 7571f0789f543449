"""Payouts to the municipality's bank."""

from standins.stripe.account import Account
from standins.stripe.movements import balance_transaction, payout
from standins.stripe.objects import Json


def pay_out(account: Account, *, off_by: int = 0, fee: int = 0) -> Json | None:
    """Send everything that is not yet paid out to the bank; None when that is nothing.

    `fee` is what Stripe charges for itself before. With `off_by` the bank gets another sum than the movements add up
    to, which Stripe never does and nobody should have to believe.
    """
    with account.lock:
        now, currency = account.now(), "dkk"
        if fee:
            account.keep(balance_transaction("stripe_fee", "fee", -fee, currency, None, fee=0, now=now))
        waiting = [
            moved
            for moved in account.kept["balance_transaction"].values()
            if moved["type"] != "payout" and moved["id"] not in account.paid_out
        ]
        total = sum(moved["net"] for moved in waiting) + off_by
        if not waiting or total <= 0:
            return None
        made = account.keep(payout(total, waiting[0]["currency"], now=now))
        out = balance_transaction("payout", "payout", -total, made["currency"], made["id"], fee=0, now=now)
        made["balance_transaction"] = account.keep(out)["id"]
        # As at Stripe, the payout itself stands among what it pays out.
        for moved in (*waiting, out):
            moved["status"] = "available"
            account.paid_out[moved["id"]] = made["id"]
        for kind in ("payout.created", "payout.paid", "payout.reconciliation_completed"):
            account.happened(kind, made)
        return made
