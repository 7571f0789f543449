"""The stand-in and the adapter, held against the parameter types and object types that Stripe's own library carries."""

import importlib
import inspect
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pydantic
import pytest
import stripe
import typing_extensions

from app.payments.port import Method, Order
from app.payments.providers.stripe import StripeProvider
from standins.stripe import parameters
from standins.stripe.form import decode
from standins.stripe.refusals import Refusal

KEY = {"Authorization": "Bearer sk_test_standin"}
CREATE = "stripe.params.checkout._session_create_params"
SESSION_FORM = {
    "mode": "payment",
    "success_url": "https://portal.example/betal/x",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "dkk",
    "line_items[0][price_data][unit_amount]": "25000",
    "line_items[0][price_data][product_data][name]": "Betaling til Fjordby Kommune",
}


def strict(module_name: str, class_name: str) -> pydantic.TypeAdapter[Any]:
    """The library's type, made to refuse what it does not name."""
    module = importlib.import_module(module_name)
    for thing in vars(module).values():
        if inspect.isclass(thing) and typing_extensions.is_typeddict(thing):
            thing.__pydantic_config__ = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[attr-defined]  # how pydantic is told
    made: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(getattr(module, class_name))
    # The options of a call, which belong to no parameter, name what their module imports for type checkers only.
    options = vars(importlib.import_module("stripe._request_options")) | {"StripeContext": str}
    made.rebuild(raise_errors=True, _types_namespace=options | vars(module))
    return made


def listed(tree: Any) -> Any:
    """Positions as lists, the way a caller writes them."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdigit() for key in tree):
        return [listed(value) for _key, value in sorted(tree.items(), key=lambda entry: int(entry[0]))]
    return {key: listed(value) for key, value in tree.items()}


@pytest.fixture(scope="module")
def session_type() -> pydantic.TypeAdapter[Any]:
    return strict(CREATE, "SessionCreateParams")


def test_the_adapter_sends_what_the_library_knows(session_type: pydantic.TypeAdapter[Any]) -> None:
    back = "https://p.example/betal/t"
    orders = [Order(uuid4(), 250, "Fjordby Kommune", back, back, loc, datetime.now(UTC)) for loc in ("da", "en", "tlh")]
    all_sent = [StripeProvider("sk_test_x").prepare(order, method=Method.CARD) for order in orders]
    for sent in all_sent:
        session_type.validate_python(sent, strict=True)
    with pytest.raises(pydantic.ValidationError):
        session_type.validate_python(all_sent[0] | {"payment_method_types": ["card"]})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"payment_method_types[0]": "card"},
        {"allowed_payment_method_types[0]": "card"},
        {"nonsense": "1"},
        {"line_items[0][price_data][unit_amount]": "many"},
        {"line_items[0][nonsense]": "1"},
        {"line_items[0][price_data][product_data][nonsense]": "1"},
        {"payment_intent_data[nonsense]": "1"},
        {"payment_intent_data[description]": "Betaling"},
        {"metadata[payment]": "1"},
        {"adaptive_pricing[enabled]": "false"},
        {"adaptive_pricing[enabled]": "perhaps"},
        {"expires_at": "soon"},
        {"expires_at": "1795370000"},
        {"customer_email": "a@example.org"},
        {"phone_number_collection[enabled]": "false"},
    ],
)
def test_stand_in_and_library_agree_on_a_form(session_type: pydantic.TypeAdapter[Any], more: dict[str, str]) -> None:
    tree = decode(str(httpx.QueryParams(SESSION_FORM | more)))
    try:
        parameters.CREATE_SESSION(tree, "")
        is_accepted = True
    except Refusal:
        is_accepted = False
    try:
        session_type.validate_python(listed(tree))
        is_known = True
    except pydantic.ValidationError:
        is_known = False
    assert is_accepted == is_known


@pytest.mark.parametrize(
    ("form", "module", "name"),
    [
        (
            "payment_intent=pi_1&amount=100&reason=duplicate&metadata[a]=b",
            "_refund_create_params",
            "RefundCreateParams",
        ),
        ("charge=ch_1&expand[]=charge", "_refund_create_params", "RefundCreateParams"),
        ("types[]=a&created[gte]=1&limit=5&delivery_success=false", "_event_list_params", "EventListParams"),
        ("type=a&created=1&starting_after=evt_1&ending_before=evt_2", "_event_list_params", "EventListParams"),
        (
            "payout=po_1&source=ch_1&type=charge&currency=dkk",
            "_balance_transaction_list_params",
            "BalanceTransactionListParams",
        ),
        ("status=paid&arrival_date[lt]=5", "_payout_list_params", "PayoutListParams"),
        ("payment_intent=pi_1", "_charge_list_params", "ChargeListParams"),
        ("payment_intent=pi_1&charge=ch_1", "_refund_list_params", "RefundListParams"),
        ("payment_intent=pi_1&charge=ch_1", "_dispute_list_params", "DisputeListParams"),
        ("payment_intent=pi_1&status=open", "checkout._session_list_params", "SessionListParams"),
    ],
)
def test_what_the_stand_in_accepts_the_library_knows(form: str, module: str, name: str) -> None:
    checks = {
        "RefundCreateParams": parameters.CREATE_REFUND,
        "EventListParams": parameters.LIST_EVENTS,
        "BalanceTransactionListParams": parameters.LIST_BALANCE,
        "PayoutListParams": parameters.LIST_PAYOUTS,
        "ChargeListParams": parameters.LIST_CHARGES,
        "RefundListParams": parameters.LIST_REFUNDS,
        "DisputeListParams": parameters.LIST_DISPUTES,
        "SessionListParams": parameters.LIST_SESSIONS,
    }
    tree, known = decode(form), strict(f"stripe.params.{module}", name)
    checks[name](tree, "")
    known.validate_python(listed(tree))
    with pytest.raises(Refusal, match="unknown"):
        checks[name](tree | {"nonsense": "1"}, "")


def members(kind: type[Any]) -> tuple[set[str], set[str]]:
    """Every member an object may have, and those it always has (perhaps as null)."""
    hints = {name: str(hint) for name, hint in kind.__annotations__.items()}
    names = {name for name in hints if not name.startswith("_") and name != "OBJECT_NAME"}
    never_null = {name for name in names if "Optional" not in hints[name] and "NoneType" not in hints[name]}
    return names, never_null


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("checkout/sessions", stripe.checkout.Session),
        ("payment_intents", stripe.PaymentIntent),
        ("charges", stripe.Charge),
        ("refunds", stripe.Refund),
        ("disputes", stripe.Dispute),
        ("balance_transactions", stripe.BalanceTransaction),
        ("payouts", stripe.Payout),
        ("events", stripe.Event),
    ],
)
def test_objects_have_the_members_that_the_library_names(visitor: httpx.Client, path: str, kind: type[Any]) -> None:
    made = visitor.post("/stripe/v1/checkout/sessions", data=SESSION_FORM, headers=KEY).raise_for_status().json()
    visitor.post(f"/stripe/test/pay/{made['id']}", json={}).raise_for_status()
    intent = visitor.get("/stripe/v1/payment_intents", headers=KEY).json()["data"][0]["id"]
    form = {"payment_intent": intent, "amount": "100"}
    refund = visitor.post("/stripe/v1/refunds", data=form, headers=KEY).raise_for_status().json()
    visitor.post(f"/stripe/test/refund/{refund['id']}", json={"status": "failed"}).raise_for_status()
    dispute = visitor.post(f"/stripe/test/disputes/{made['id']}", json={}).raise_for_status().json()
    visitor.post(f"/stripe/test/dispute/{dispute['id']}", json={"status": "won"}).raise_for_status()
    with_mobilepay = SESSION_FORM | {"allowed_payment_method_types[0]": "mobilepay"}
    other = visitor.post("/stripe/v1/checkout/sessions", data=with_mobilepay, headers=KEY).raise_for_status().json()
    visitor.post(f"/stripe/test/pay/{other['id']}", json={}).raise_for_status()
    visitor.post("/stripe/test/payouts", json={"fee_ore": 100}).raise_for_status()
    found = visitor.get(f"/stripe/v1/{path}", headers=KEY).raise_for_status().json()["data"]
    known, never_null = members(kind)
    assert found
    for thing in found:
        assert set(thing) <= known
        assert {name for name in never_null if thing.get(name) is None} == set()
