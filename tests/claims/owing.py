"""People and what sources show of them, for the register's tests."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Text, literal_column, select

from app.claims import register
from app.claims.models import Claim, ClaimEvent, ClaimLiability, ClaimSighting
from app.claims.sighting import FoundClaim, Holder
from app.claims.sightings import Sighted
from app.foundation.db import Sessions
from app.foundation.ids import new_row_id
from app.identity.models import Person

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLES = (Claim, ClaimLiability, ClaimSighting, ClaimEvent)

IN_LIBRARY = FoundClaim(
    origin_system="fbs",
    origin_ref="7001",
    holder=Holder.SOURCE,
    claim_type="library-fee",
    outstanding_ore=6000,
    founded_on=date(2026, 11, 1),
    evidence={"kind": "fee", "reason": "Gebyr (for sent)", "patron_id": 12, "materials": []},
)
LIBRARY_COPY = replace(IN_LIBRARY, holder=Holder.LEDGER)
IN_LEDGER = replace(
    IN_LIBRARY,
    holder=Holder.LEDGER,
    founded_on=date(2026, 11, 3),
    due_on=date(2026, 12, 1),
    principal_ore=6500,
    debtor_account="0b0cbeb5-41cf-4e1d-9b4f-6f3b7f4bb4a1",
    ledger_claim_id="a3a6f8c3-6b7e-4f3c-8f9d-6f2f0f5a4b11",
    evidence={"text_lines": ["Gebyr"]},
)
WITH_AGENCY = replace(IN_LEDGER, holder=Holder.AGENCY, agency_on=date(2026, 11, 20))


@dataclass
class Register:
    """The register as one municipality's people come to it, on a clock that goes a minute a step."""

    sessions: Sessions
    now: datetime = NOON

    def person(self) -> UUID:
        made = new_row_id()
        with self.sessions.begin() as session:
            session.add(Person(id=made, cpr_digest=made.bytes, cpr_sealed=b"sealed", name=None, created_at=NOON))
        return made

    def sees(self, who: UUID, source: str, *claims: FoundClaim, asked_at: datetime | None = None) -> None:
        """One source's whole answer about a person."""
        self.now += timedelta(minutes=1)
        sighted = Sighted("0991", who, source, claims, asked_at or self.now - timedelta(seconds=1))
        with self.sessions.begin() as session:
            register.observe(session, sighted=sighted, now=self.now)

    def claim(self, ref: str = "7001") -> Claim:
        with self.sessions() as session:
            return session.scalars(select(Claim).where(Claim.origin_ref == ref)).one()

    def liable(self) -> set[UUID]:
        with self.sessions() as session:
            return set(session.scalars(select(ClaimLiability.person_id)))

    def events(self, ref: str = "7001") -> list[str]:
        with self.sessions() as session:
            rows = select(ClaimEvent.kind).join(Claim, Claim.id == ClaimEvent.claim_id)
            return list(session.scalars(rows.where(Claim.origin_ref == ref).order_by(ClaimEvent.id)))

    def pays(self, amount_ore: int | None = None, *, ref: str = "7001") -> UUID:
        """The claim is paid here: covered, nothing posted yet."""
        claim = self.claim(ref)
        self.now += timedelta(minutes=1)
        with self.sessions.begin() as session:
            register.lock(session, claim_ids=[claim.id])
            register.cover(
                session,
                shares={claim.id: claim.outstanding_ore if amount_ore is None else amount_ore},
                payment_id=new_row_id(),
                now=self.now,
            )
        return claim.id

    def reflects(self, amount_ore: int | None = None, *, ref: str = "7001") -> None:
        """The holder has taken the payment in, or a part of what was paid."""
        self.now += timedelta(minutes=1)
        with self.sessions.begin() as session:
            claim = self.claim(ref)
            share_ore = claim.covered_ore if amount_ore is None else amount_ore
            register.reflected(session, shares={claim.id: share_ore}, kind="posted", now=self.now)

    def rows(self) -> dict[str, list[Any]]:
        """Every row of the register's tables, hidden system columns too: a row written anew looks different."""
        with self.sessions() as session:
            return {
                model.__tablename__: sorted(
                    tuple(map(str, row))
                    for row in session.execute(
                        select(literal_column(f"{model.__tablename__}.xmin").cast(Text), *model.__table__.columns)
                    )
                )
                for model in TABLES
            }
