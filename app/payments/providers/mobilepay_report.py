"""What has moved at Vipps MobilePay and what it has paid out, read from its Report API with accounting keys of its own.

The funds of a sales unit stand on a ledger, day by day: captures, refunds, fees, and payouts, each of which empties it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from app.foundation.clock import Clock, danish_day
from app.foundation.http import within
from app.payments.movements import Illegible, Movement, MovementKind, Payout
from app.payments.port import NoSuchPayment, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from app.payments.providers.mobilepay_notice import our_id
from app.payments.providers.mobilepay_wire import SYSTEM, Bearer, Timeouts, pool, read, read_token, send, token_wanted

PAYOUT = "payout-scheduled"
KINDS = {
    "capture": MovementKind.CAPTURE,
    "refund": MovementKind.REFUND,
    "fees-retained": MovementKind.FEE,
    "retained-disputed-capture": MovementKind.DISPUTE,
    "returned-disputed-capture": MovementKind.DISPUTE,
}
MOST_DAYS_BACK = 35
"""A payout holds at most a month: how far before the first day asked for its movements are looked for."""
MAX_PAGES = 400


@dataclass(frozen=True)
class ReportKeys:
    """The accounting keys of a merchant, who may read reports and nothing else."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class Entry:
    """One line of a ledger; `amount_ore` is what it does to the balance, which was `before_ore`."""

    on: date
    kind: str
    amount_ore: int
    before_ore: int
    reference: str
    payment_reference: str | None


class Report:
    """The reports of one sales unit."""

    def __init__(self, keys: ReportKeys, *, msn: str, base_url: str, timeouts: Timeouts, clock: Clock) -> None:
        self._keys, self._msn, self._base_url, self._timeouts = keys, msn, base_url.rstrip("/"), timeouts
        self._clock = clock
        self._pool = pool(timeouts)
        self._bearer = Bearer(self._ask_for_token)

    def payouts(self, *, since: date) -> list[Payout]:
        """Every payout since a day, that day included, oldest first.

        :raises OutcomeUnknown, ProviderUnavailable: the reports could not be read
        """
        until = danish_day(self._clock())
        days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
        found: list[Payout] = []
        with _about_reports():
            for ledger in self._ledgers():
                entries = [entry for day in days for entry in self._entries(ledger, day)]
                if any(entry.kind == PAYOUT for entry in entries):
                    found += payouts_in([*self._begun_before(ledger, since, entries), *entries], since=since)
        return found

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        """What moved on a day, oldest first; payouts, which move nothing of ours, are left out.

        :raises OutcomeUnknown, ProviderUnavailable: the report could not be read
        """
        with _about_reports():
            for ledger in self._ledgers():
                for told in self._told_on(ledger, on):
                    line = movement(told)
                    if line is not None:
                        yield line

    def _begun_before(self, ledger: str, since: date, entries: list[Entry]) -> list[Entry]:
        """What the first payout is also the sum of: the entries since the ledger last was empty."""
        before: list[Entry] = []
        for number in range(1, MOST_DAYS_BACK + 1):
            if (before or entries)[0].before_ore == 0:
                break
            before = [*self._entries(ledger, since - timedelta(days=number)), *before]
        return before

    def _ledgers(self) -> list[str]:
        told = self._call(f"/settlement/v1/ledgers?settlesForRecipientHandles=api:{quote(self._msn, safe='')}")
        return [str(one["ledgerId"]) for one in told["items"]]

    def _entries(self, ledger: str, day: date) -> list[Entry]:
        return [_entry(one) for one in self._told_on(ledger, day)]

    def _told_on(self, ledger: str, day: date) -> Iterator[Mapping[str, Any]]:
        path, cursor = f"/report/v2/ledgers/{quote(ledger, safe='')}/funds/dates/{day.isoformat()}", ""
        for _page in range(MAX_PAGES):
            told = self._call(path + (f"?cursor={quote(cursor, safe='')}" if cursor else ""))
            yield from told["items"]
            cursor = told.get("cursor") or ""
            if not told.get("hasMore") or not cursor:
                return
        raise OutcomeUnknown("mobilepay's report does not end")

    def _call(self, path: str) -> Any:
        with within(self._timeouts.total_seconds):
            token = self._bearer.get()
            answer = self._send(path, token)
            if answer.status_code == 401:
                self._bearer.forget(token)
                answer = self._send(path, self._bearer.get())
        return read(answer)

    def _send(self, path: str, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Merchant-Serial-Number": self._msn, **SYSTEM}
        return send(self._pool, "GET", f"{self._base_url}{path}", headers=headers)

    def _ask_for_token(self) -> tuple[str, float]:
        keys, form = (self._keys.client_id, self._keys.client_secret), {"grant_type": "client_credentials"}
        with token_wanted():
            return read_token(
                send(self._pool, "POST", f"{self._base_url}/miami/v1/token", auth=keys, data=form, headers=SYSTEM)
            )


def payouts_in(entries: Iterable[Entry], *, since: date) -> Iterator[Payout]:
    """The payouts among a ledger's entries (oldest first), each with what came since the one before. Pure."""
    movements: list[Movement] = []
    for entry in entries:
        if entry.kind != PAYOUT:
            movements.append(_moved(entry))
            continue
        if entry.on >= since:
            yield Payout(entry.reference, entry.on, -entry.amount_ore, tuple(movements))
        movements = []


def movement(told: Any) -> Movement | Illegible | None:
    """One entry as the port tells it; None for a payout. Pure."""
    try:
        entry = _entry(told)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        where = told.get("pspReference") if isinstance(told, Mapping) else None
        return Illegible(str(where or "?"), f"an entry that cannot be read ({type(fault).__name__})")
    return None if entry.kind == PAYOUT else _moved(entry)


def _moved(entry: Entry) -> Movement:
    kind, ours = KINDS.get(entry.kind, MovementKind.OTHER), our_id(entry.payment_reference or "")
    return Movement(entry.reference, kind, entry.payment_reference, entry.amount_ore, payment_id=ours)


def _entry(told: Mapping[str, Any]) -> Entry:
    if told["currency"] != "DKK":
        raise ValueError("a ledger in another currency")
    kind = str(told["entryType"])
    has_payment = kind != PAYOUT and KINDS.get(kind) is not MovementKind.FEE
    return Entry(
        date.fromisoformat(told["ledgerDate"]),
        kind,
        _ore(told["amount"]),
        _ore(told["balanceBefore"]),
        str(told["pspReference"]),
        str(told["reference"]) if has_payment and told.get("reference") else None,
    )


def _ore(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not an amount")
    return value


@contextmanager
def _about_reports() -> Iterator[None]:
    """A list that cannot be read is unknown, whatever the reason; only what an operator can mend is named apart."""
    try:
        yield
    except (ProviderRefused, NoSuchPayment) as fault:
        raise ProviderUnavailable(f"the report is refused: {fault}") from fault
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise OutcomeUnknown("mobilepay's report cannot be read") from fault
