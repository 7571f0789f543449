"""The shapes of what a payment is made of at Stripe, with the members that the API's version gives them."""

import secrets
from typing import Any

from standins.stripe.parameters import API_VERSION

Json = dict[str, Any]
# What stands in the place of a card's number where the citizen pays with MobilePay.
MOBILEPAY = "mobilepay"

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _nulls(names: str) -> Json:
    return dict.fromkeys(names.split())


# Members that the API always names and that are null here, at least to begin with.
_SESSION_NULLS = _nulls(
    "after_expiration client_secret consent consent_collection customer customer_details invoice "
    "origin_context payment_intent payment_link recovered_from redirect_on_completion setup_intent "
    "shipping_address_collection shipping_cost subscription wallet_options"
)
_INTENT_NULLS = _nulls(
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason "
    "customer last_payment_error latest_charge next_action on_behalf_of payment_method payment_record "
    "processing review setup_future_usage shipping source statement_descriptor transfer_data "
    "transfer_group"
)
_CHARGE_NULLS = _nulls(
    "application application_fee balance_transaction customer "
    "failure_balance_transaction on_behalf_of receipt_email receipt_number receipt_url review shipping "
    "source source_transfer statement_descriptor statement_descriptor_suffix transfer transfer_data "
    "transfer_group"
)


def new_id(prefix: str, length: int = 24) -> str:
    """A fresh id such as `pi_...`."""
    return prefix + "_" + "".join(secrets.choice(_LETTERS) for _ in range(length))


def line_item(asked: Json) -> Json:
    """One line of a session."""
    price, quantity = asked["price_data"], asked.get("quantity", 1)
    total = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "quantity": quantity,
    }


def session(asked: Json, lines: list[Json], *, url_before_id: str, now: int) -> Json:
    """An open Checkout Session for these parameters."""
    session_id = new_id("cs_test", 58)
    total = sum(line["amount_total"] for line in lines)
    methods = [m for m in asked.get("allowed_payment_method_types", ["card"]) if m in {"card", "mobilepay"}]
    return _SESSION_NULLS | {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": asked.get("adaptive_pricing", {}).get("enabled", True)},
        "allow_promotion_codes": asked.get("allow_promotion_codes"),
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": asked.get("billing_address_collection"),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": now,
        "currency": lines[0]["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance"),
        ),
        "customer_creation": asked.get("customer_creation", "if_required"),
        "customer_email": asked.get("customer_email"),
        "discounts": [],
        "excluded_payment_method_types": asked.get("excluded_payment_method_types"),
        "expires_at": asked.get("expires_at", now + 24 * 3600),
        "livemode": False,
        "locale": asked.get("locale"),
        "metadata": asked.get("metadata", {}),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": methods or ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": asked.get("phone_number_collection", {"enabled": False}),
        "shipping_options": [],
        "status": "open",
        "submit_type": asked.get("submit_type"),
        "success_url": asked.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": url_before_id + session_id,
    }


def intent(of_session: Json, asked: Json, *, now: int) -> Json:
    """The payment that a session makes when the first card is tried."""
    intent_id = new_id("pi")
    return _INTENT_NULLS | {
        "id": intent_id,
        "object": "payment_intent",
        "amount": of_session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": asked.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{secrets.token_hex(12)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": of_session["currency"],
        "description": asked.get("description"),
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "payment_method_options": {},
        "payment_method_types": of_session["payment_method_types"],
        "receipt_email": asked.get("receipt_email"),
        "statement_descriptor_suffix": asked.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
    }


def charge(of_intent: Json, means: str, *, failure: tuple[str, str, str] | None, now: int) -> Json:
    """One try with a card's number or with MobilePay; `failure` is code, decline code and message."""
    code, decline, message = failure or (None, None, None)
    return _CHARGE_NULLS | {
        "id": new_id("ch"),
        "object": "charge",
        "amount": of_intent["amount"],
        "amount_captured": 0 if failure else of_intent["amount"],
        "amount_refunded": 0,
        "billing_details": dict.fromkeys(("address", "email", "name", "phone", "tax_id")),
        "captured": not failure,
        "created": now,
        "currency": of_intent["currency"],
        "description": of_intent["description"],
        "disputed": False,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(of_intent["metadata"]),
        "outcome": {
            "network_status": "declined_by_network" if failure else "approved_by_network",
            "reason": decline,
            "risk_level": "normal",
            "seller_message": message or "Payment complete.",
            "type": "issuer_declined" if failure else "authorized",
        },
        "paid": not failure,
        "payment_intent": of_intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": _details(means),
        "refunded": False,
        "status": "failed" if failure else "succeeded",
    }


def _details(means: str) -> Json:
    card = {"brand": "visa", "country": "DK", "exp_month": 12, "exp_year": 2034}
    if means == MOBILEPAY:
        return {"type": "mobilepay", "mobilepay": {"card": card | {"last4": "4242"}}}
    more = {
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "funding": "debit",
        "last4": means[-4:],
        "network": "visa",
        "three_d_secure": None,
        "wallet": None,
    }
    return {"type": "card", "card": card | more}


def event(kind: str, about: Json, *, request: Json, now: int) -> Json:
    """Something that happened, with the object as it was then."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": about},
        "livemode": False,
        "pending_webhooks": 0,
        "request": request,
        "type": kind,
    }
