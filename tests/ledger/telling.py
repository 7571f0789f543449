"""A ledger that tells of what it does, for tests of what comes back: one claim, and what the portal hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.claims import register
from app.claims.models import Claim, ClaimEvent
from app.claims.sighting import FoundClaim
from app.claims.sightings import Sighted
from app.ledger import coverage
from app.ledger.coming_back import Kind, Movement
from app.ledger.models import LedgerCoverage
from app.sources.models import SourceHearing
from tests.demo import KIRSTEN, NOW, Town, daycare


def movement(
    kind: Kind, amount_ore: int, *, of: FoundClaim, at: datetime = NOW, payment_id: UUID | None = None,
    reduces: UUID | None = None, reason: str | None = None,
) -> Movement:  # fmt: skip
    """One object of OpretDækningAfskrivning about a claim; a coverage by a bank's payment unless another is named."""
    if kind is Kind.COVERAGE:
        payment_id = payment_id or uuid4()
    return Movement(
        id=uuid4(), kind=kind, account=of.debtor_account or "", ledger_claim_id=of.ledger_claim_id,
        payment_id=payment_id, reduces=reduces, amount_ore=amount_ore, registered_at=at, reason=reason,
    )  # fmt: skip


@dataclass
class Telling:
    """What the portal hears of one person's claim in the ledger, on a clock of the test's own."""

    town: Town
    found: FoundClaim = field(default_factory=lambda: daycare("d1", 10_000))
    now: datetime = NOW + timedelta(hours=1)
    cpr: str = KIRSTEN

    def __post_init__(self) -> None:
        self.person = self.town.person(self.cpr)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def lists(self, *found: FoundClaim, asked_at: datetime) -> None:
        """An answer of the ledger about the person, taken in as `sources.refresh` does."""
        with self.town.sessions.begin() as session:
            row = insert(SourceHearing).values(
                person_id=self.person, municipality_code=self.town.facts.code, source="ledger", asked_at=asked_at,
                answered_at=self.tick(), facts={},
            )  # fmt: skip
            newer = row.on_conflict_do_update(
                index_elements=["person_id", "municipality_code", "source"], set_={"asked_at": asked_at},
                where=SourceHearing.asked_at <= asked_at,
            )  # fmt: skip
            if session.scalar(newer.returning(SourceHearing.source)):
                sighted = Sighted(self.town.facts.code, self.person, "ledger", found, asked_at)
                register.observe(session, sighted=sighted, now=self.now)

    def tells(self, *movements: Movement) -> None:
        with self.town.sessions.begin() as session:
            coverage.take_in(session, movements=movements, municipality_code=self.town.facts.code, now=self.tick())

    def looks_again(self, *, later: timedelta = timedelta(0)) -> int:
        self.now += later
        with self.town.sessions.begin() as session:
            return coverage.look_again(session, now=self.tick())

    def claim(self) -> Claim:
        return self.town.claim(self.found.origin_ref)

    def events(self) -> list[str]:
        with self.town.sessions() as session:
            rows = select(ClaimEvent.kind).where(ClaimEvent.claim_id == self.claim().id).order_by(ClaimEvent.id)
            return list(session.scalars(rows))

    def states(self) -> Sequence[str]:
        with self.town.sessions() as session:
            return session.scalars(select(LedgerCoverage.state).order_by(LedgerCoverage.registered_at)).all()

    def owed(self, amount_ore: int) -> FoundClaim:
        """The claim as the ledger lists it with so much left."""
        return replace(self.found, outstanding_ore=amount_ore, principal_ore=self.found.outstanding_ore)
