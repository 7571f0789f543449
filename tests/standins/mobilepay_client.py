"""A merchant's own calls to the MobilePay stand-in, written from the documentation alone."""

import secrets
from typing import Any

import httpx

KEYS = {
    "client_id": "standin-client",
    "client_secret": "standin-secret",
    "Ocp-Apim-Subscription-Key": "standin-subscription",
    "Merchant-Serial-Number": "123456",
}
BACK = "https://portal.example/betal/x"


def new_reference() -> str:
    return f"bdk-{secrets.token_hex(8)}-1"


def body(**change: Any) -> dict[str, Any]:
    """A right create body, with members changed; None leaves one out where it may be."""
    return {
        "amount": {"currency": "DKK", "value": 25_000},
        "paymentMethod": {"type": "WALLET"},
        "reference": new_reference(),
        "userFlow": "WEB_REDIRECT",
        "returnUrl": BACK,
        "paymentDescription": "Fjordby Kommune",
    } | change


def code_of(answer: httpx.Response) -> str | None:
    """The number of the error, if it bears one."""
    details = answer.json().get("extraDetails", []) if answer.content else []
    return next((one["reason"] for one in details if one["name"] == "ErrorCode"), None)


def kept(headers: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value is not None}


class Client:
    """One sales unit's client, with a token in hand."""

    def __init__(self, visitor: httpx.Client) -> None:
        self.visitor = visitor
        self.keys: dict[str, str] = dict(KEYS)
        self.renew()

    def ask_token(self, **headers: str | None) -> httpx.Response:
        return self.visitor.post("/mobilepay/accesstoken/get", headers=kept({**self.keys, **headers}))

    def renew(self) -> None:
        self.token = self.ask_token().raise_for_status().json()["access_token"]

    @property
    def headers(self) -> dict[str, str | None]:
        own = {name: self.keys[name] for name in ("Ocp-Apim-Subscription-Key", "Merchant-Serial-Number")}
        return {**own, "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    def post(
        self,
        path: str,
        sent: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str | None] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        all_headers = kept({**self.headers, "Idempotency-Key": key or secrets.token_hex(12), **(headers or {})})
        url = f"/mobilepay/epayment/v1{path}"
        if content is not None or sent is None:
            return self.visitor.post(url, content=content, headers=all_headers)
        return self.visitor.post(url, json=sent, headers=all_headers)

    def create(self, headers: dict[str, str | None] | None = None, **change: Any) -> httpx.Response:
        return self.post("/payments", body(**change), headers=headers)

    def open(self, ore: int = 25_000, **change: Any) -> str:
        made = self.create(amount={"currency": "DKK", "value": ore}, **change).raise_for_status()
        return str(made.json()["reference"])

    def authorised(self, ore: int = 25_000) -> str:
        reference = self.open(ore)
        assert self.aid(f"approve/{reference}").json()["outcome"] == "reserved"
        return reference

    def captured(self, ore: int = 25_000) -> str:
        reference = self.authorised(ore)
        self.change(reference, "capture", ore).raise_for_status()
        return reference

    def change(self, reference: str, act: str, ore: int | None = None, key: str | None = None) -> httpx.Response:
        sent = None if ore is None else {"modificationAmount": {"currency": "DKK", "value": ore}}
        return self.post(f"/payments/{reference}/{act}", sent, key=key)

    def get(self, reference: str, more: str = "") -> httpx.Response:
        return self.visitor.get(f"/mobilepay/epayment/v1/payments/{reference}{more}", headers=kept(self.headers))

    def shown(self, reference: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(reference).raise_for_status().json()
        return answer

    def amounts(self, reference: str) -> dict[str, int]:
        aggregate = self.shown(reference)["aggregate"]
        return {name.removesuffix("Amount"): one["value"] for name, one in aggregate.items()}

    def events(self, reference: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.get(reference, "/events").raise_for_status().json()
        return answer

    def names(self, reference: str) -> list[str]:
        return [event["name"] if event["success"] else f"{event['name']} failed" for event in self.events(reference)]

    def aid(self, path: str, **sent: Any) -> httpx.Response:
        return self.visitor.post(f"/mobilepay/test/{path}", json=sent or None)

    def push_clock(self, seconds: int) -> None:
        self.aid("clock", seconds=seconds).raise_for_status()

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.visitor.get("/control/mobilepay/state").json()
        return answer
