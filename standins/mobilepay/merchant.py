"""Everything one sales unit holds, in memory behind one lock."""

import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from standins.mobilepay.bodies import CreatePayment
from standins.mobilepay.clock import Clock, stamp
from standins.mobilepay.funds import Funds
from standins.mobilepay.refusals import refuse

Json = dict[str, Any]

MSN = "123456"
CREATED, AUTHORIZED, ABORTED, EXPIRED, TERMINATED = "CREATED", "AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED"
CAPTURED, CANCELLED, REFUNDED = "CAPTURED", "CANCELLED", "REFUNDED"
STATES = (CREATED, AUTHORIZED, ABORTED, EXPIRED, TERMINATED)
EVENTS = (*STATES, CAPTURED, CANCELLED, REFUNDED)
# Denmark: what is not captured by then is given back to the user.
CAPTURE_PERIOD = timedelta(days=14)


def amount(ore: int) -> Json:
    """Money as the wire has it."""
    return {"currency": "DKK", "value": ore}


@dataclass(slots=True)
class Payment:
    """One payment; its four amounts are the truth, its state only says how the user answered."""

    asked: CreatePayment
    created_at: datetime
    expires_at: datetime
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    psp_reference: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = CREATED
    authorized_at: datetime | None = None
    processing_until: datetime | None = None  # the user has approved, and nobody knows yet how that went
    authorized_ore: int = 0
    captured_ore: int = 0
    refunded_ore: int = 0
    cancelled_ore: int = 0
    is_released: bool = False
    events: list[Json] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """The merchant's own name for it."""
        return self.asked.reference

    @property
    def amount_ore(self) -> int:
        """What the user was asked for."""
        return self.asked.amount.value

    @property
    def reserved_ore(self) -> int:
        """What can still be captured."""
        return self.authorized_ore - self.captured_ore - self.cancelled_ore

    def aggregate(self) -> Json:
        """The four amounts."""
        return {
            "authorizedAmount": amount(self.authorized_ore),
            "cancelledAmount": amount(self.cancelled_ore),
            "capturedAmount": amount(self.captured_ore),
            "refundedAmount": amount(self.refunded_ore),
        }

    def guarantee(self) -> Json:
        """Until when a capture will go through, once something is reserved."""
        if self.authorized_at is None:
            return {}
        return {"captureGuaranteedUntil": stamp(self.authorized_at + CAPTURE_PERIOD)}


class Merchant:
    """The sales unit; take `lock` (re-entrant) around what must agree."""

    def __init__(self, landing_url: str, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.landing_url, self.clock = landing_url, clock
        self.on_event: Callable[[Payment, Json], None] = lambda _payment, _event: None
        self.funds = Funds(clock, MSN)
        self.clear()

    def clear(self) -> None:
        """The sales unit is new."""
        with self.lock:
            self.payments: dict[str, Payment] = {}
            self.references: dict[str, str] = {}  # the landing page's token -> reference
            self.captured_ore = 0
            self.refunded_ore = 0
            self.funds.clear()

    def find(self, reference: str) -> Payment:
        """The payment itself.

        :raises Refusal: there is none
        """
        found = self.payments.get(reference)
        if found is None:
            raise refuse("5090")
        return found

    def landing(self, payment: Payment) -> str:
        """Where the user meets the payment."""
        return f"{self.landing_url}{payment.token}"

    def happened(
        self,
        payment: Payment,
        name: str,
        ore: int,
        *,
        key: str | None = None,
        success: bool = True,
    ) -> str:
        """Write the event down and tell whoever sends notices; the event's own pspReference."""
        event: Json = {
            "reference": payment.reference,
            "pspReference": payment.psp_reference if name == CREATED else str(uuid.uuid4()),
            "name": name,
            "amount": amount(ore),
            "timestamp": stamp(self.clock.now()),
            "success": success,
        }
        if key is not None:
            event["idempotencyKey"] = key
        payment.events.append(event)
        self.on_event(payment, event)
        return str(event["pspReference"])
