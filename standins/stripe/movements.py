"""The shapes of what moves money once it is taken: balance transactions, refunds, disputes and payouts."""

from standins.stripe.objects import Json, new_id

DAY_SECONDS = 86400
PENDING_DAYS = 2
# How long the merchant has to answer a dispute.
ANSWER_DAYS = 7


def balance_transaction(
    kind: str, category: str, amount: int, currency: str, source: str | None, *, fee: int, now: int
) -> Json:
    """A movement on the account's balance; money out is negative."""
    details = [
        {"amount": fee, "application": None, "currency": currency, "description": "Stripe", "type": "stripe_fee"}
    ]
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now if kind == "payout" else now + PENDING_DAYS * DAY_SECONDS,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "available" if kind == "payout" else "pending",
        "type": kind,
    }


def refund(of_charge: Json, amount: int, asked: Json, *, status: str, now: int) -> Json:
    """Money on its way back."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": of_charge["id"],
        "created": now,
        "currency": of_charge["currency"],
        "customer": None,
        "destination_details": {"type": "card", "card": {"type": "refund", "reference_status": "pending"}},
        "failure_balance_transaction": None,
        "metadata": asked.get("metadata", {}),
        "payment_intent": of_charge["payment_intent"],
        "payment_method": of_charge["payment_method"],
        "pending_reason": "processing" if status == "pending" else None,
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }


def payout(amount: int, currency: str, *, now: int) -> Json:
    """Money sent to the municipality's bank."""
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": now - now % DAY_SECONDS,
        "automatic": True,
        "balance_transaction": None,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_standin",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid",
        "type": "bank_account",
    }


def dispute(of_charge: Json, amount: int, *, reason: str, status: str, now: int) -> Json:
    """A bank that asks for money back, or (`warning_...`) only asks."""
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": of_charge["id"],
        "created": now,
        "currency": of_charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": now + ANSWER_DAYS * DAY_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "network_reason_code": None,
        "payment_intent": of_charge["payment_intent"],
        "payment_method_details": None,
        "reason": reason,
        "status": status,
    }
