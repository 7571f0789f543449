"""What each call of Stripe's API knows, version 2026-10-28.endive; whatever is not here is refused as unknown.

A test holds these tables against the parameter types that the `stripe` library carries. They are narrower than Stripe:
what the stand-in does not play, such as subscriptions, is missing here rather than accepted and ignored.
"""

from standins.stripe.form import Check, boolean, integer, list_of, metadata, moment_range, one_of, text, tree, url

API_VERSION = "2026-10-28.endive"
# The least that can be charged, in the currency's smallest unit.
MINIMUM = {"dkk": 250, "nok": 300, "sek": 300, "eur": 50, "usd": 50, "gbp": 30, "chf": 50}
MAXIMUM = 99_999_999
LOCALES = ("auto", "da", "de", "en", "en-GB", "es", "fi", "fr", "it", "nb", "nl", "pl", "sv")
METHODS = ("card", "mobilepay", "link", "klarna", "paypal", "sepa_debit")
# Numbers, which the search for CPR numbers leaves alone: an epoch second can look like one.
NUMBERS = frozenset({"expires_at", "unit_amount", "quantity", "amount", "created", "gt", "gte", "lt", "lte", "limit"})

EXPAND = list_of(text(200))
ONLY_EXPAND = tree({"expand": EXPAND})

_AMOUNT = integer(0, MAXIMUM)


def _price_data() -> Check:
    product = tree(
        {"name": text(), "description": text(), "images": list_of(url), "metadata": metadata}, required=["name"]
    )
    return tree({"currency": text(3), "unit_amount": _AMOUNT, "product_data": product}, required=["currency"])


CREATE_SESSION = tree(
    {
        "mode": one_of("payment"),
        "ui_mode": one_of("hosted_page"),
        "locale": one_of(*LOCALES),
        "currency": text(3),
        "client_reference_id": text(200),
        "customer_email": text(512),
        "line_items": list_of(tree({"quantity": integer(1, 999_999), "price_data": _price_data()})),
        "allowed_payment_method_types": list_of(one_of(*METHODS)),
        "excluded_payment_method_types": list_of(one_of(*METHODS)),
        "adaptive_pricing": tree({"enabled": boolean}),
        "allow_promotion_codes": boolean,
        "automatic_tax": tree({"enabled": boolean}, required=["enabled"]),
        "billing_address_collection": one_of("auto", "required"),
        "phone_number_collection": tree({"enabled": boolean}, required=["enabled"]),
        "customer_creation": one_of("always", "if_required"),
        "submit_type": one_of("auto", "book", "donate", "pay", "subscribe"),
        "success_url": url,
        "cancel_url": url,
        "expires_at": integer(0, 10**11),
        "metadata": metadata,
        "payment_intent_data": tree(
            {
                "capture_method": one_of("automatic", "automatic_async"),
                "description": text(1000),
                "metadata": metadata,
                "receipt_email": text(512),
                "statement_descriptor_suffix": text(22),
            }
        ),
        "expand": EXPAND,
    }
)
CREATE_REFUND = tree(
    {
        "amount": integer(1, MAXIMUM),
        "charge": text(),
        "payment_intent": text(),
        "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
        "metadata": metadata,
        "expand": EXPAND,
    }
)


def _list(**own: Check) -> Check:
    pages: dict[str, Check] = {"limit": integer(1, 100), "starting_after": text(), "ending_before": text()}
    return tree(pages | {"created": moment_range, "expand": EXPAND} | own)


LIST_SESSIONS = _list(payment_intent=text(), status=one_of("open", "complete", "expired"))
LIST_INTENTS = _list()
LIST_CHARGES = _list(payment_intent=text())
LIST_REFUNDS = _list(payment_intent=text(), charge=text())
LIST_DISPUTES = _list(payment_intent=text(), charge=text())
LIST_BALANCE = _list(payout=text(), source=text(), type=text(), currency=text(3))
LIST_PAYOUTS = _list(status=text(), arrival_date=moment_range)
LIST_EVENTS = _list(type=text(), types=list_of(text(), most=20), delivery_success=boolean)
