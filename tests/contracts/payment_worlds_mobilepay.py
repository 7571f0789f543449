"""The MobilePay adapter's world: a sales unit on the stand-in."""

import json
from datetime import datetime
from typing import Any

import httpx

from app.payments.port import DisputeStanding, Method, PaymentProvider
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.mobilepay_report import ReportKeys
from app.payments.providers.mobilepay_wire import Keys, Timeouts
from standins.frame import Served
from standins.mobilepay.webhooks import signed as sign
from tests.contracts.payment_worlds import Letterbox, Notice

KEYS = Keys("standin-client", "standin-secret", "standin-subscription", "123456")
REPORT = ReportKeys("standin-accounting", "standin-accounting-secret")
SECRETS = ("old", "standin-webhook")
QUICK = Timeouts(connect_seconds=1, total_seconds=4)
# Which of the vendor's addresses a method of the port does its work at.
ADDRESSES = {"start": "/payments", "expire": "/cancel", "capture": "/capture", "refund": "/refund"}


class MobilePayWorld:
    method, detail = Method.MOBILEPAY, "MobilePay"
    reserves = True
    lists_events = refunds_fail = has_disputes = notices_age = False

    def __init__(self, served: Served, letterbox: Letterbox) -> None:
        self._url, self._letterbox = served.url, letterbox
        self._hook = f"{letterbox.url}/hooks/mobilepay"
        httpx.post(f"{served.url}/control/reset").raise_for_status()
        self.provider: PaymentProvider = self._provider(f"{served.url}/mobilepay")

    def _provider(self, base_url: str) -> MobilePayProvider:
        return MobilePayProvider(
            KEYS,
            base_url=base_url,
            notice_url=self._hook,
            webhook_secrets=SECRETS,
            report_keys=REPORT,
            timeouts=QUICK,
        )

    def _fault(self, kind: str, **more: str | float) -> None:
        body: dict[str, str | float] = {"kind": kind, "times": 1, **more}
        httpx.post(f"{self._url}/control/mobilepay/faults", json=body).raise_for_status()

    def _play(self, path: str, **body: Any) -> None:
        httpx.post(f"{self._url}/mobilepay/test/{path}", json=body).raise_for_status()

    def finish(self, reference: str) -> None:
        self._fault("duplicate")
        self._play(f"approve/{reference}")

    def run_out(self, reference: str) -> None:
        self._play(f"expire/{reference}")

    def refund_by_hand(self, reference: str, *, amount_ore: int) -> None:
        self._play(f"refunds/{reference}", amount_ore=amount_ore)

    def refund_fails(self, refund_reference: str) -> None:
        raise NotImplementedError(refund_reference)

    def dispute(self, reference: str, *, standing: DisputeStanding) -> None:
        raise NotImplementedError(reference, standing)

    def dispute_becomes(self, reference: str, *, standing: DisputeStanding) -> None:
        raise NotImplementedError(reference, standing)

    def pay_out(self, *, off_by_ore: int = 0) -> None:
        self._play("payouts", off_by_ore=off_by_ore)

    def takes_a_minute(self) -> None:
        self._play("clock", seconds=61)

    def drop_next_reply(self, call: str) -> None:
        self._fault("drop_reply", path=ADDRESSES[call])

    def delay_next_notice(self) -> None:
        self._fault("out_of_order", seconds=0.5)

    def opened(self) -> int:
        counts: dict[str, int] = httpx.get(f"{self._url}/control/mobilepay/state").json()["counts"]
        return sum(counts.values())

    def unreachable(self) -> PaymentProvider:
        return self._provider("http://127.0.0.1:9")

    def notices(self, reference: str, *, count: int = 2) -> list[Notice]:
        def is_news(raw: bytes) -> bool:
            told = json.loads(raw)
            # That a payment was created is told too, as the stand-in's own registration asks for everything.
            return bool(told.get("reference") == reference and told["name"] != "CREATED")

        return self._letterbox.wait_for(count, is_news)

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        return sign(self._hook, notice[1], "standin-webhook" if rightly else "another", at), notice[1]
