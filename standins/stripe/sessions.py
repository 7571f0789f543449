"""Checkout Sessions: opened, expired."""

from standins.stripe.account import NO_REQUEST, Account
from standins.stripe.objects import Json, line_item, session
from standins.stripe.parameters import MAXIMUM, MINIMUM
from standins.stripe.refusals import Refusal, wrong_parameter

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600


def open_session(account: Account, asked: Json) -> Json:
    """A new open session for checked parameters.

    :raises Refusal: they do not fit together
    """
    for name in ("mode", "line_items", "success_url"):
        if not asked.get(name):
            raise wrong_parameter(f"Missing required param: {name}.", name, "parameter_missing")
    lines = [_line(entry, f"line_items[{place}]") for place, entry in enumerate(asked["line_items"])]
    _check_total(asked, lines)
    now = account.now()
    if "expires_at" in asked and not now + SHORTEST_SECONDS <= asked["expires_at"] <= now + LONGEST_SECONDS:
        raise wrong_parameter(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session "
            "creation.",
            "expires_at",
            None,
        )
    with account.lock:
        made = account.keep(session(asked, lines, url_before_id=account.pay_page_url, now=now))
        account.lines[made["id"]] = lines
        account.intent_data[made["id"]] = asked.get("payment_intent_data", {})
        return made


def _line(entry: Json, name: str) -> Json:
    for key in ("price_data", "quantity"):
        if key not in entry:
            raise wrong_parameter(f"Missing required param: {name}[{key}].", f"{name}[{key}]", "parameter_missing")
    price = entry["price_data"]
    if price["currency"] not in MINIMUM:
        raise wrong_parameter(f"Invalid currency: {price['currency']}.", f"{name}[price_data][currency]", None)
    for key in ("unit_amount", "product_data"):
        if key not in price:
            full = f"{name}[price_data][{key}]"
            raise wrong_parameter(f"Missing required param: {full}.", full, "parameter_missing")
    return line_item(entry)


def _check_total(asked: Json, lines: list[Json]) -> None:
    currency = lines[0]["currency"]
    if any(line["currency"] != currency for line in lines) or asked.get("currency", currency) != currency:
        raise wrong_parameter("All line items must have the same currency.", "line_items", None)
    total = sum(line["amount_total"] for line in lines)
    if total < MINIMUM[currency]:
        raise wrong_parameter(
            f"The Checkout Session's total amount due must add up to at least {MINIMUM[currency]} {currency}.",
            "line_items[0][price_data][unit_amount]",
            "amount_too_small",
        )
    if total > MAXIMUM:
        raise wrong_parameter("The amount is too large.", "line_items[0][price_data][unit_amount]", "amount_too_large")


def expire(account: Account, session_id: str, request: Json) -> Json:
    """Close an open session for good.

    :raises Refusal: it is not open
    """
    with account.lock:
        found = account.find("checkout.session", session_id, "session")
        settle_expiry(account, found)
        if found["status"] != "open":
            raise Refusal(
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of `{found['status']}`."
            )
        _close(account, found, request)
        return found


def settle_expiry(account: Account, found: Json) -> None:
    """A session whose time is up is expired before anyone looks at it."""
    with account.lock:
        if found["status"] == "open" and account.now() >= found["expires_at"]:
            _close(account, found, NO_REQUEST)


def _close(account: Account, found: Json, request: Json) -> None:
    found["status"], found["url"] = "expired", None
    account.cards_waiting.pop(found["id"], None)
    account.happened("checkout.session.expired", found, request)
