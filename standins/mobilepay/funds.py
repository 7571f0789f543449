"""The ledger of funds: what Vipps MobilePay owes the merchant, entry by entry, and the days it pays out."""

import threading
import uuid
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from standins.mobilepay.clock import Clock, stamp

DENMARK = ZoneInfo("Europe/Copenhagen")
LEDGER_ID = "302321"
FIRST_PAYOUT = 2_000_001
FEE_PERMILLE = 10


class Funds:
    """One ledger; a day is open until it is paid out, and what comes later that day belongs to the next."""

    def __init__(self, clock: Clock, msn: str) -> None:
        self._clock, self._handle = clock, f"api:{msn}"
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """The ledger is new."""
        with self._lock:
            self._entries: dict[date, list[dict[str, Any]]] = {}
            self._closed_on: date | None = None
            self._balance_ore = 0
            self._fees_ore = 0
            self._payouts = 0

    def open_on(self) -> date:
        """The ledger date that entries are given now."""
        today = self._clock.now().astimezone(DENMARK).date()
        return today if self._closed_on is None else max(today, self._closed_on + timedelta(days=1))

    def enter(self, kind: str, ore: int, *, reference: str, psp_reference: str) -> dict[str, Any]:
        """Write one movement down; a capture also adds to the fees that the next payout keeps back."""
        with self._lock:
            entry = {
                "pspReference": psp_reference,
                "time": stamp(self._clock.now()),
                "ledgerDate": self.open_on().isoformat(),
                "entryType": kind,
                "reference": reference,
                "currency": "DKK",
                "amount": ore,
                "balanceBefore": self._balance_ore,
                "balanceAfter": self._balance_ore + ore,
                "recipientHandle": self._handle,
            }
            self._balance_ore += ore
            if kind == "capture":
                self._fees_ore += ore * FEE_PERMILLE // 1000
            self._entries.setdefault(self.open_on(), []).append(entry)
            return entry

    def pay_out(self, off_by_ore: int = 0) -> dict[str, Any]:
        """Close the day: keep the fees back, send the rest to the bank, and say what was done.

        With `off_by_ore` the payout entry states that much more than the day's entries add up to. Where fees and
        refunds eat up what came in, nothing is paid out and the negative balance goes on to the next day.
        """
        with self._lock:
            on = self.open_on()
            if self._fees_ore:
                fees, self._fees_ore = self._fees_ore, 0
                self.enter("fees-retained", -fees, reference="", psp_reference=str(uuid.uuid4()))
            payout = None
            if self._balance_ore > 0:
                number = FIRST_PAYOUT + self._payouts
                self._payouts += 1
                payout = self.enter(
                    "payout-scheduled",
                    -self._balance_ore,
                    reference=f"MobilePay {number}",
                    psp_reference=f"{LEDGER_ID}-{number}",
                )
                payout["amount"] -= off_by_ore
            self._closed_on = on
            return {"ledgerId": LEDGER_ID, "ledgerDate": on.isoformat(), "payout": payout}

    def on(self, day: date) -> tuple[list[dict[str, Any]], bool]:
        """The entries of a day, oldest first, and whether it is closed."""
        with self._lock:
            is_closed = self._closed_on is not None and day <= self._closed_on
            # A day that passed without a payout is closed by the calendar.
            return list(self._entries.get(day, ())), is_closed or day < self.open_on()

    def balance(self) -> dict[str, int]:
        """What stands on the ledger, and how often it was paid out."""
        with self._lock:
            return {"balance_ore": self._balance_ore, "payouts": self._payouts}
