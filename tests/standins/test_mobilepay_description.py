"""The MobilePay stand-in held against the description the project owns, by requests made up from it.

Each operation gets the same few dozen requests every time, half of them wrong on purpose. References are those of
payments that are there, in every condition, so that what lies behind a reference is reached too.
"""

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
from schemathesis.checks import not_a_server_error
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
EXAMPLES = 20
CHECKS = [
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


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(client: Client, served: Served, name: str, mode: GenerationMode) -> None:
    path, method = OPERATIONS[name]
    operation = SCHEMA[path][method]
    if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()) and not operation.body:
        pytest.skip("there is nothing to get wrong")
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), condition=st.sampled_from(sorted(CONDITIONS)))
    def run(case: Case, condition: str) -> None:
        if "{reference}" in path:
            case.path_parameters["reference"] = CONDITIONS[condition](client)
        if case.path_parameters.get("ledgerId"):
            case.path_parameters["ledgerId"] = "302321"
        response = case.call(base_url=f"{served.url}/mobilepay", headers=headers_for(client, path), timeout=10)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    run()
    assert seen
