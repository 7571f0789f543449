"""Sources and a catalogue in memory; they pass the same contract tests as the real connectors (tests/contracts)."""

import threading
import time
from dataclasses import dataclass, field

from app.claims.sighting import FoundClaim
from app.foundation.jsons import Json
from app.sources.port import (
    Answer,
    SourceNonsense,
    SourceRefused,
    SourceUnavailable,
    Telling,
    Title,
    Told,
)


@dataclass
class Switches:
    """What may be wrong with a fake: each test turns on what it needs."""

    down: bool = False
    slow_seconds: float = 0.0
    nonsense: bool = False
    refuses: bool = False
    drop_replies: int = 0
    """How many of the next calls do their work and are then not heard."""

    def before(self, deadline_seconds: float) -> None:
        if self.down:
            raise SourceUnavailable("fake: down")
        if self.slow_seconds > deadline_seconds:
            time.sleep(deadline_seconds)
            raise SourceUnavailable("fake: too slow")
        time.sleep(self.slow_seconds)
        if self.refuses:
            raise SourceRefused("fake: refuses")
        if self.nonsense:
            raise SourceNonsense("fake: fees.0.amount: nonsense")

    def after(self) -> None:
        if self.drop_replies > 0:
            self.drop_replies -= 1
            raise SourceUnavailable("fake: the answer was lost")


@dataclass
class FakeSource:
    """A source that says what it was given; nobody it was not told of is known to it."""

    name: str = "ledger"
    areas: frozenset[str] = frozenset({"daycare"})
    switches: Switches = field(default_factory=Switches)
    claims: dict[str, tuple[FoundClaim, ...]] = field(default_factory=dict)
    """By CPR number."""
    facts: dict[str, Json] = field(default_factory=dict)
    unknown_facts: Json = field(default_factory=dict)
    """What is said of a person who is not known."""
    asked: list[str] = field(default_factory=list)
    """The CPR numbers asked about, in order."""

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        self.asked.append(cpr)
        self.switches.before(deadline_seconds)
        answer = Answer(claims=self.claims.get(cpr, ()), facts=self.facts.get(cpr, self.unknown_facts))
        self.switches.after()
        return answer


@dataclass
class FakeToldSource(FakeSource):
    """A library: claims can be told paid; `not_allowed` are those it refuses to close."""

    name: str = "fbs"
    areas: frozenset[str] = frozenset({"library"})
    unknown_facts: Json = field(default_factory=lambda: {"patron_id": None, "blocked": []})
    not_allowed: set[str] = field(default_factory=set)
    orders: dict[str, str | None] = field(default_factory=dict)
    """By ref: the order that closed it; None where another system said that it was paid."""
    telling_seconds: float = 10.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell_paid(self, *, patron_id: int, order_id: str, origin_refs: tuple[str, ...]) -> dict[str, Telling]:
        if not origin_refs:
            return {}
        self.switches.before(self.telling_seconds)
        with self._lock:
            told = {ref: self._tell(patron_id, order_id, ref) for ref in origin_refs}
        self.switches.after()
        return told

    def shows_paid(self, *, patron_id: int, origin_refs: tuple[str, ...]) -> dict[str, bool]:
        if not origin_refs:
            return {}
        self.switches.before(self.telling_seconds)
        with self._lock:
            shown = {ref: not self._is_owed(patron_id, ref) for ref in origin_refs}
        self.switches.after()
        return shown

    def paid_elsewhere(self, ref: str) -> None:
        """Another system (the debtor ledger) has told the source that a claim is paid."""
        with self._lock:
            self._close(ref, order_id=None)

    def _tell(self, patron_id: int, order_id: str, ref: str) -> Telling:
        if ref in self.orders:
            if self.orders[ref] == order_id:
                return Telling(Told.REGISTERED, said="paymentRegistered", confirmation_id=f"{order_id}/{ref}")
            return Telling(Told.BY_OTHER_ORDER, said="paymentRegisteredByDifferentOrderId")
        if not self._is_owed(patron_id, ref):
            return Telling(Told.NOT_REGISTERED, said="feeNotFound")
        if ref in self.not_allowed:
            return Telling(Told.NOT_ALLOWED, said="paymentNotAllowedByClient")
        self._close(ref, order_id=order_id)
        return Telling(Told.REGISTERED, said="paymentRegistered", confirmation_id=f"{order_id}/{ref}")

    def _is_owed(self, patron_id: int, ref: str) -> bool:
        return any(
            claim.origin_ref == ref and claim.evidence.get("patron_id") == patron_id
            for claims in self.claims.values()
            for claim in claims
        )

    def _close(self, ref: str, *, order_id: str | None) -> None:
        self.orders[ref] = order_id
        self.claims = {
            cpr: tuple(claim for claim in claims if claim.origin_ref != ref) for cpr, claims in self.claims.items()
        }


@dataclass
class FakeCatalogue:
    """A catalogue of the titles it was given."""

    known: dict[str, Title] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    asked: list[frozenset[str]] = field(default_factory=list)

    def titles(self, record_ids: frozenset[str]) -> dict[str, Title]:
        self.asked.append(record_ids)
        self.switches.before(1.0)
        return {record_id: self.known[record_id] for record_id in record_ids if record_id in self.known}
