"""The MobilePay stand-in held against the description the project owns, by requests made up from it.

Each operation gets the same few dozen requests every time, half of them wrong on purpose. References are those of
payments that are there, in every condition, so that what lies behind a reference is reached too.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

from standins.frame import Served
from standins.mobilepay.merchant import EVENTS, STATES
from standins.mobilepay.webhooks import KINDS
from tests.standins.mobilepay_client import KEYS, Client, body

DESCRIPTION: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "standins" / "mobilepay" / "openapi.yaml").read_text(encoding="utf-8")
)
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS = {
    operation["operationId"]: (path, method.upper())
    for path, item in DESCRIPTION["paths"].items()
    for method, operation in item.items()
}
EXAMPLES = 16
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
CONDITIONS: dict[str, Callable[[Client], str]] = {
    "open": Client.open,
    "authorised": Client.authorised,
    "captured": Client.captured,
    "unknown": lambda _client: "nobody-knows-it",
}


@pytest.fixture
def client(visitor: httpx.Client) -> Client:
    return Client(visitor)


def headers_for(client: Client, path: str) -> dict[str, str]:
    if path == "/accesstoken/get":
        return KEYS
    if path.startswith("/miami"):
        return {"Authorization": httpx.BasicAuth("standin-accounting", "standin-accounting-secret")._auth_header}
    own = {name: KEYS[name] for name in ("Ocp-Apim-Subscription-Key", "Merchant-Serial-Number")}
    return own | {"Authorization": f"Bearer {client.token}"}


def is_wrong(case: Case[Any], where: ParameterLocation) -> bool:
    """Whether this part of the request was made so that the description does not allow it."""
    part = case.meta.components.get(where) if case.meta else None
    return part is not None and part.mode is GenerationMode.NEGATIVE


def as_the_portal_asks(made_up: Any) -> dict[str, Any]:
    """A made-up payment, nearer to one that is accepted."""
    names = {"amount", "reference", "metadata", "receipt", "customer"} & set(made_up)
    return body(**{name: made_up[name] for name in names})


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(client: Client, served: Served, name: str, mode: GenerationMode) -> None:
    path, method = OPERATIONS[name]
    operation = SCHEMA[path][method]
    answered = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), condition=st.sampled_from(sorted(CONDITIONS)))
    def run(case: Case[Any], condition: str) -> None:
        if "{reference}" in path:
            case.path_parameters["reference"] = CONDITIONS[condition](client)
        if name == "createPayment" and mode is GenerationMode.POSITIVE and condition != "unknown":
            case.body = as_the_portal_asks(case.body)
        if case.path_parameters.get("ledgerId"):
            case.path_parameters["ledgerId"] = "302321"
        response = case.call(base_url=f"{served.url}/mobilepay", headers=headers_for(client, path), timeout=10)
        nonlocal answered
        answered += 1
        case.validate_response(response, checks=CHECKS)
        if is_wrong(case, ParameterLocation.BODY):
            assert response.status_code >= 400, case.body

    run()
    assert answered >= EXAMPLES // 2


def test_every_call_of_a_payments_life_answers_as_described(client: Client) -> None:
    reference = client.authorised()
    other = client.open()
    change = {"modificationAmount": {"currency": "DKK", "value": 100}}
    user = {"customer": {"phoneNumber": "4512345678"}}
    hook = {"url": "https://portal.example/hook", "events": list(KINDS)}
    closed = client.aid("payouts").json()
    payments, hooks = "/epayment/v1/payments", "/webhooks/v1/webhooks"
    calls: list[tuple[str, str, Any, int]] = [
        ("getToken", "/accesstoken/get", None, 200),
        ("createPayment", payments, body(metadata={"a": "b"}), 201),
        ("capturePayment", f"{payments}/{reference}/capture", change, 200),
        ("refundPayment", f"{payments}/{reference}/refund", change, 200),
        ("cancelPayment", f"{payments}/{reference}/cancel", {"cancelTransactionOnly": False}, 200),
        ("getPayment", f"{payments}/{reference}", None, 200),
        ("getPaymentEventLog", f"{payments}/{reference}/events", None, 200),
        (
            "forceApprove",
            f"/epayment/v1/test/payments/{other}/approve",
            user,
            200,
        ),
        ("registerWebhook", hooks, hook, 201),
        ("listWebhooks", hooks, None, 200),
        ("deleteWebhook", f"{hooks}/5f1c0c0a-0a4f-4f0e-9a5e-5f6d1b7c2e11", None, 204),
        ("getAccountingToken", "/miami/v1/token", {"grant_type": "client_credentials"}, 200),
        ("getLedgers", "/settlement/v1/ledgers", None, 200),
        ("getFundsOfDate", f"/report/v2/ledgers/302321/funds/dates/{closed['ledgerDate']}", None, 200),
    ]
    assert {name for name, _url, _sent, _status in calls} == set(OPERATIONS)
    for number, (name, url, sent, status) in enumerate(calls):
        path, method = OPERATIONS[name]
        headers = headers_for(client, path) | {"Idempotency-Key": f"life-{number}"}
        is_form = name == "getAccountingToken"
        answer = client.visitor.request(
            method,
            f"/mobilepay{url}",
            json=None if is_form else sent,
            data=sent if is_form else None,
            headers=headers,
        )
        assert answer.status_code == status, (name, answer.text)
        SCHEMA[path][method].validate_response(answer)


def test_an_answer_that_is_not_as_described_is_caught(client: Client) -> None:
    answer = client.get(client.open())
    SCHEMA["/epayment/v1/payments/{reference}"]["GET"].validate_response(answer)
    with pytest.raises(Failure, match="array"):
        SCHEMA["/epayment/v1/payments/{reference}/events"]["GET"].validate_response(answer)


def test_the_description_knows_every_word_and_call_of_the_stand_in(served: Served) -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    assert schemas["State"]["enum"] == list(STATES)
    assert schemas["Event"]["properties"]["name"]["enum"] == list(EVENTS)
    assert schemas["EventKind"]["enum"] == list(KINDS)
    described = {(re.sub(r"\{\w+\}", "<>", path), method) for path, method in OPERATIONS.values()}
    routes = {
        (re.sub(r"<\w+>", "<>", rule.rule.removeprefix("/mobilepay")), method)
        for rule in served.app.url_map.iter_rules()
        if re.match(r"/mobilepay/(accesstoken|epayment|webhooks|miami|settlement|report)/", rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST", "DELETE"}
    }
    assert routes == described
    own = yaml.safe_load(httpx.get(f"{served.url}/mobilepay/openapi.yaml").text)
    assert own == DESCRIPTION
