"""Disputes: a citizen's bank asks for a payment's money back, or only asks about it, and decides."""

from standins.stripe.account import Account
from standins.stripe.movements import balance_transaction, dispute
from standins.stripe.objects import Json
from standins.stripe.refusals import Refusal

# Stripe's own magic cards: disputed as fraudulent, and asked about first.
DISPUTED = "4000000000000259"
ASKED_ABOUT = "4000000000001976"
OPENING = {DISPUTED: "needs_response", ASKED_ABOUT: "warning_needs_response"}
LATER_SECONDS = 5.0
FEE = 112_50

# What may become of a dispute. An inquiry may grow into one; what is decided stays so.
_NEXT = {
    "warning_needs_response": {"warning_under_review", "warning_closed", "needs_response"},
    "warning_under_review": {"warning_closed", "needs_response"},
    "needs_response": {"under_review", "won", "lost"},
    "under_review": {"won", "lost"},
}
_ENDS = {"warning_closed", "won", "lost"}


def open_dispute(account: Account, charge_id: str, *, status: str, amount: int | None = None) -> Json:
    """The bank asks for the money (`needs_response`) and takes it, or only asks (`warning_needs_response`).

    :raises Refusal: no such charge, nothing was taken, or it is disputed already
    """
    with account.lock:
        paid = account.find("charge", charge_id)
        if not paid["paid"]:
            raise Refusal("This charge was not successful, so nobody disputes it.")
        if any(one["charge"] == charge_id and one["status"] not in _ENDS for one in account.kept["dispute"].values()):
            raise Refusal("This charge is disputed already.")
        amount = paid["amount_captured"] if amount is None else amount
        made = dispute(paid, amount, reason="fraudulent", status=status, now=account.now())
        account.keep(made)
        paid["disputed"] = True
        account.happened("charge.dispute.created", made)
        if status == "needs_response":
            _take(account, made)
        return made


def move_dispute(account: Account, dispute_id: str, status: str) -> Json:
    """The bank goes on with a dispute.

    :raises Refusal: no such dispute, or it cannot come to that
    """
    with account.lock:
        found = account.find("dispute", dispute_id)
        if status not in _NEXT.get(found["status"], ()):
            raise Refusal(f"A dispute that is {found['status']} does not become {status}.")
        was_inquiry = found["status"].startswith("warning_")
        found["status"] = status
        if was_inquiry and status == "needs_response":
            _take(account, found)
        elif status == "won":
            _move(account, found, found["amount"], "dispute_reversal", 0)
            account.happened("charge.dispute.funds_reinstated", found)
        account.happened("charge.dispute.closed" if status in _ENDS else "charge.dispute.updated", found)
        return found


def _take(account: Account, found: Json) -> None:
    found["is_charge_refundable"] = False
    _move(account, found, -found["amount"], "dispute", FEE)
    account.happened("charge.dispute.funds_withdrawn", found)


def _move(account: Account, found: Json, amount: int, category: str, fee: int) -> None:
    moved = balance_transaction(
        "adjustment", category, amount, found["currency"], found["id"], fee=fee, now=account.now()
    )
    found["balance_transactions"].append(account.keep(moved))
