"""The Stripe adapter's worlds on the stand-in: with cards, and with MobilePay through the same Checkout."""

from datetime import datetime
from typing import Any

import httpx

from app.payments.port import DisputeStanding, Method, PaymentProvider
from app.payments.providers.stripe import StripeProvider
from app.payments.providers.stripe_wire import Timeouts
from standins.frame import Served
from standins.stripe.webhooks import signature
from tests.contracts.payment_worlds import Letterbox, Notice

SECRETS = ("whsec_old", "whsec_standin")
QUICK = Timeouts(connect_seconds=1, total_seconds=4)
STATUSES = {
    DisputeStanding.INQUIRY: "warning_needs_response",
    DisputeStanding.OPEN: "needs_response",
    DisputeStanding.WON: "won",
    DisputeStanding.LOST: "lost",
}
# Which of Stripe's addresses a method of the port does its work at.
ADDRESSES = {"start": "/checkout/sessions", "expire": "/expire", "refund": "/v1/refunds"}


class StripeWorld:
    reserves = False
    lists_events = refunds_fail = has_disputes = notices_age = True

    def __init__(self, served: Served, letterbox: Letterbox, *, method: Method = Method.CARD) -> None:
        self._url, self._letterbox, self.method = served.url, letterbox, method
        self.detail = {Method.CARD: "Visa •••• 4242", Method.MOBILEPAY: "MobilePay"}[method]
        httpx.post(f"{served.url}/control/reset").raise_for_status()
        self.provider: PaymentProvider = self._provider(f"{served.url}/stripe")

    def _provider(self, api_base: str) -> StripeProvider:
        return StripeProvider(
            "sk_test_standin",
            api_base=api_base,
            webhook_secrets=SECRETS,
            methods=frozenset({self.method}),
            timeouts=QUICK,
        )

    def _fault(self, kind: str, **more: str | float) -> None:
        body: dict[str, str | float] = {"kind": kind, "times": 1, **more}
        httpx.post(f"{self._url}/control/stripe/faults", json=body).raise_for_status()

    def _play(self, path: str, **body: Any) -> None:
        httpx.post(f"{self._url}/stripe/test/{path}", json=body).raise_for_status()

    def finish(self, reference: str) -> None:
        self._fault("duplicate")
        self._play(f"pay/{reference}")

    def run_out(self, reference: str) -> None:
        self._play(f"expire/{reference}")

    def refund_by_hand(self, reference: str, *, amount_ore: int) -> None:
        self._play(f"refunds/{reference}", amount_ore=amount_ore)

    def refund_fails(self, refund_reference: str) -> None:
        self._play(f"refund/{refund_reference}", status="failed")

    def dispute(self, reference: str, *, standing: DisputeStanding) -> None:
        self._play(f"disputes/{reference}", status=STATUSES[standing])

    def dispute_becomes(self, reference: str, *, standing: DisputeStanding) -> None:
        latest = self.provider.fetch(reference).disputes[-1].reference
        self._play(f"dispute/{latest}", status=STATUSES[standing])

    def pay_out(self, *, off_by_ore: int = 0) -> None:
        self._play("payouts", off_by_ore=off_by_ore)

    def takes_a_minute(self) -> None:
        """Nobody counts."""

    def drop_next_reply(self, call: str) -> None:
        self._fault("drop_reply", path=ADDRESSES.get(call, ""))

    def delay_next_notice(self) -> None:
        self._fault("out_of_order", seconds=0.5)

    def opened(self) -> int:
        return int(httpx.get(f"{self._url}/control/stripe/state").json()["counts"]["checkout.session"])

    def unreachable(self) -> PaymentProvider:
        return self._provider("http://127.0.0.1:9")

    def notices(self, reference: str, *, count: int = 2) -> list[Notice]:
        state = self.provider.fetch(reference)
        marks = [mark.encode() for mark in (reference, str(state.payment_id), state.charge_reference) if mark]
        return self._letterbox.wait_for(count, lambda raw: any(mark in raw for mark in marks))

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        secret = "whsec_standin" if rightly else "whsec_other"
        return {"Stripe-Signature": signature(notice[1], int(at.timestamp()), secret)}, notice[1]
