"""The two ledgers that the contract tests run against: the fake, and the wire on its stand-in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol
from uuid import UUID, uuid4

import httpx

from app.ledger.port import (
    Accepted,
    Ledger,
    LedgerClaim,
    LedgerUnavailable,
    Posting,
    Registration,
    Rejected,
    Reversal,
    Share,
)
from app.ledger.wire import WireLedger
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from standins import people
from standins.frame import Served
from standins.ledger.books import COLLECTING_ACCOUNTS, origin_system_uuid
from standins.world import claim_type_uuid
from tests.fakes.ledger import FakeLedger, Kept

DESK = Desk(Route(people.FJORDBY_CVR, UUID(int=7), people.FJORDBY_CVR), people.FJORDBY_CVR)
COLLECTING = str(next(iter(COLLECTING_ACCOUNTS)))


@dataclass(frozen=True)
class Owed:
    """A claim in the ledger."""

    account: str
    claim_id: str
    amount_ore: int


class Bench(Protocol):
    """A ledger, and what a test needs to know and do behind its back."""

    @property
    def ledger(self) -> Ledger:
        """The ledger under test."""
        ...

    def daycare(self) -> Owed:
        """A claim that can be paid."""
        ...

    def rejecting(self) -> Owed:
        """A claim whose payments are rejected, with arrears of 150,00 kr. stated."""
        ...

    def balances(self) -> dict[str, int]:
        """What was booked, by account, in øre."""
        ...

    def owes(self) -> int:
        """What is left of the claim that can be paid, in øre."""
        ...

    def unregistered(self) -> Registration:
        """A claim that the ledger does not hold yet, and may."""
        ...

    def fault(self, kind: str) -> None:
        """The next call finds the ledger `down`, or does its work and has no answer (`drop_reply`)."""
        ...


@dataclass
class FakeBench:
    """The fake."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    _owed: Owed = field(default_factory=lambda: Owed(str(uuid4()), str(uuid4()), 27_500))
    _rejecting: Owed = field(default_factory=lambda: Owed(str(uuid4()), str(uuid4()), 30_000))

    def __post_init__(self) -> None:
        self.ledger.claim_types = frozenset({claim_type_uuid("library-fee")})
        owed = self._owed
        claim = LedgerClaim(
            ledger_claim_id=owed.claim_id,
            origin_system=str(uuid4()),
            origin_ref="1",
            claim_type=str(claim_type_uuid("daycare")),
            principal_ore=owed.amount_ore,
            outstanding_ore=owed.amount_ore,
            due_on=date(2026, 3, 1),
            is_at_agency=False,
            text_lines=("Daginstitution",),
        )
        self.ledger.kept.append(Kept(owed.account, (people.SOFIE.cpr, people.LARS.cpr), claim))
        self.ledger.rejections[self._rejecting.account] = Rejected("RESTANCE_AFVIGER", "other arrears", 15_000)

    def daycare(self) -> Owed:
        return self._owed

    def rejecting(self) -> Owed:
        return self._rejecting

    def balances(self) -> dict[str, int]:
        return {posting.account: self.ledger.balance_ore(posting.account) for posting in self.ledger.booked.values()}

    def owes(self) -> int:
        return self._owed.amount_ore - self.ledger.balance_ore(self._owed.account)

    def unregistered(self) -> Registration:
        return registration("4711")

    def fault(self, kind: str) -> None:
        (self.ledger.before if kind == "down" else self.ledger.after).append(LedgerUnavailable(kind))


@dataclass
class StandinBench:
    """The wire, and the stand-in at its other end."""

    served: Served
    ledger: WireLedger

    def _owed(self, cpr: str) -> Owed:
        debt = self.served.place.world.debts_by_cpr[cpr][0]
        return Owed(str(debt.account_id), str(debt.claim_id), debt.outstanding_ore)

    def daycare(self) -> Owed:
        return self._owed(people.SOFIE.cpr)

    def rejecting(self) -> Owed:
        return self._owed(people.METTE.cpr)

    def owes(self) -> int:
        return self.served.place.world.debts_by_cpr[people.SOFIE.cpr][0].outstanding_ore

    def balances(self) -> dict[str, int]:
        found: dict[str, int] = httpx.get(f"{self.served.url}/control/ledger/state").json()["accounts"]
        return found

    def unregistered(self) -> Registration:
        fees = self.served.place.world.fees.values()
        return registration(next(str(fee.fee_id) for fee in fees if fee.cpr == people.AHMED.cpr))

    def fault(self, kind: str) -> None:
        httpx.post(f"{self.served.url}/control/ledger/faults", json={"kind": kind, "times": 1}).raise_for_status()


@contextmanager
def standin_bench(served: Served) -> Iterator[StandinBench]:
    """The stand-in, just reset, with a road to it."""
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    road = ServiceplatformRoad(base_url=f"{served.url}/ledger")
    try:
        yield StandinBench(served, WireLedger(road=road, desk=DESK, deadline_seconds=2.0))
    finally:
        road.close()


def posting(owed: Owed, *, amount_ore: int | None = None, posting_id: UUID | None = None) -> Posting:
    """A payment of what is owed, or of another amount."""
    amount = owed.amount_ore if amount_ore is None else amount_ore
    return Posting(
        posting_id or uuid4(),
        owed.account,
        people.SOFIE.cpr,
        amount,
        datetime(2026, 3, 4, 12, tzinfo=UTC),
        date(2026, 3, 4),
        ("Kvittering K-1", "Æblehaven & Søn"),
        (Share("daginstitution", "1", owed.claim_id, amount),),
    )


def reversal(of: Posting, *, amount_ore: int | None = None, reversal_id: UUID | None = None) -> Reversal:
    """A payment taken back: whole, or an amount of it."""
    amount = of.amount_ore if amount_ore is None else amount_ore
    return Reversal(
        reversal_id or uuid4(),
        of.posting_id,
        of.account,
        amount,
        amount_ore is None,
        tuple(replace(share, amount_ore=amount) for share in of.shares),
        datetime(2026, 3, 5, 12, tzinfo=UTC),
        "Tilbagebetaling af kvittering K-1",
    )


def registration(origin_ref: str) -> Registration:
    """A late fee of Ahmed's, which the library holds."""
    return Registration(
        account=str(uuid4()),
        ledger_claim_id=str(uuid4()),
        claim_type=claim_type_uuid("library-fee"),
        origin_system=origin_system_uuid("fbs"),
        origin_ref=origin_ref,
        debtor_cpr=people.AHMED.cpr,
        principal_ore=6_000,
        founded_on=date(2026, 2, 1),
        due_on=date(2026, 3, 1),
        text_lines=("Gebyr (for sent)", "Fyret ved Sandodde"),
        registered_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
    )


def paying(of: Registration, amount_ore: int) -> Posting:
    """A payment of a registered claim."""
    return Posting(
        uuid4(),
        of.account,
        of.debtor_cpr,
        amount_ore,
        datetime(2026, 3, 4, 12, tzinfo=UTC),
        date(2026, 3, 4),
        ("Kvittering K-3",),
        (Share("fbs", of.origin_ref, of.ledger_claim_id, amount_ore),),
    )


def collecting(amount_ore: int) -> Posting:
    """A payment for claims that a source holds."""
    return Posting(
        uuid4(),
        COLLECTING,
        people.AHMED.cpr,
        amount_ore,
        datetime(2026, 3, 4, 12, tzinfo=UTC),
        date(2026, 3, 4),
        ("Kvittering K-2", "fbs 4711"),
        (Share("fbs", "4711", None, amount_ore),),
    )


def accepted(answer: Accepted | Rejected) -> Accepted:
    """The answer, which must be an accept."""
    assert isinstance(answer, Accepted)
    return answer
