"""Builders that tests of several rooms share: a small municipality, its people, and claims put in by the register."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import select

from app.claims import register
from app.claims.models import Claim
from app.claims.sighting import FoundClaim, Holder, Role
from app.claims.sightings import Sighted
from app.foundation.crypto import CprVault
from app.foundation.db import Sessions
from app.identity.register import find_or_create_person
from app.journal.queries import balances
from app.municipalities.facts import Facts
from app.outbox.models import OutboxMessage
from app.payments import checkout, review, settlement
from app.payments.models import Payment, PaymentLine
from app.payments.states import State
from app.tasks.models import Task
from app.tasks.queries import open_tasks
from tests.fakes.payment_provider import FakeProvider

CODE = "0998"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KIRSTEN, AHMED = "7503724996", "6706814995"
COLLECTING = "5f0e8f5c-8a40-4f51-9f51-0d4a3a6c1f01"
ACCOUNT, OTHER_ACCOUNT = "a1a1a1a1-0000-4000-8000-000000000001", "a1a1a1a1-0000-4000-8000-000000000002"
_KEY = "only-for-tests-only-for-tests-0123"


def text(words: str) -> dict[str, str]:
    return {"da": words, "en": words}


def claim_type(area: str, *, collecting_account: str | None = None) -> dict[str, object]:
    return {
        "area": area,
        "label": text(area),
        "explanation": text(area),
        "collecting_account": collecting_account,
    }


def facts(*, code: str = CODE, cvr: str = "99000007", name: str = "Prøveby Kommune", **more: object) -> Facts:
    """A municipality with a library and a ledger."""
    hours = {"mon": "10-15"}
    contact = {"name": text("Borgerservice"), "phone": "70 20 30 40", "email": "a@example.dk", "hours": hours}
    content: dict[str, object] = {
        "code": code,
        "name": name,
        "name_en": name,
        "cvr": cvr,
        "hosts": [f"m{code}.example"],
        "contacts": {"collections": contact, "library": contact},
        "areas": {
            "library": {"label": text("Bibliotek"), "contact": "library"},
            "daycare": {"label": text("Dagtilbud"), "contact": "collections"},
        },
        "claim_types": {
            "library-fee": claim_type("library", collecting_account=COLLECTING),
            "library-replacement": claim_type("library", collecting_account=COLLECTING),
            "library-other": claim_type("library", collecting_account=COLLECTING),
            "daycare": claim_type("daycare"),
            "other": claim_type("daycare"),
        },
        "sources": [
            {"kind": "fbs", "agency": "DK-799800", "areas": ["library"]},
            {"kind": "ledger", "areas": ["daycare"]},
        ],
        "ledger": {"sender_cvr": cvr, "sender_system": str(UUID(int=7)), "receiver_cvr": cvr},
    }
    return Facts.model_validate(content | more)


FACTS = facts()
FBS_SYSTEM, FEE_TYPE = UUID("4d8a3b77-0001-4000-8000-000000000001"), UUID("4d8a3b77-0001-4000-8000-000000000002")


def registering_facts() -> Facts:
    """The same municipality, whose ledger wants the library's fees registered before they are paid."""
    tree = FACTS.model_dump(mode="json")
    tree["claim_types"]["library-fee"] |= {"registered_before_posting": True, "sortiment": [str(FEE_TYPE)]}
    tree["ledger"]["origin_systems"] = {str(FBS_SYSTEM): "fbs"}
    return Facts.model_validate(tree)


def vault() -> CprVault:
    return CprVault([_KEY], [_KEY])


def daycare(ref: str = "d1", amount_ore: int = 150000, *, account: str = ACCOUNT, **more: object) -> FoundClaim:
    """A claim held by the ledger."""
    found = FoundClaim("ky", ref, Holder.LEDGER, "daycare", amount_ore, debtor_account=account)
    return replace(found, ledger_claim_id=f"L-{ref}", due_on=date(2026, 3, 20), **more)  # type: ignore[arg-type]


def fine(ref: str = "f1", amount_ore: int = 7500, *, patron_id: int = 17, **more: object) -> FoundClaim:
    """A fee that the library still holds."""
    evidence = {
        "kind": "fee",
        "patron_id": patron_id,
        "materials": [{"record_id": f"rec-{ref}", "item_number": f"no-{ref}", "group": "bog"}],
    }
    found = FoundClaim("fbs", ref, Holder.SOURCE, "library-fee", amount_ore, evidence=evidence)
    return replace(found, **more)  # type: ignore[arg-type]


class Onlooker:
    """Looks into the database from inside a wire: no transaction of ours may be open then (I7)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.looks = 0

    def look(self) -> None:
        with psycopg.connect(self._url, autocommit=True, application_name="onlooker") as connection:
            open_ones, deadline = _open_transactions(connection), time.monotonic() + 1
            # One of the wire's own caller stays open as long as we are here; those of others beside us come and go.
            while open_ones and time.monotonic() < deadline:
                time.sleep(0.02)
                open_ones &= _open_transactions(connection)
        assert not open_ones, "a transaction is open while a wire is spoken"
        self.looks += 1


def _open_transactions(connection: psycopg.Connection[tuple[object, ...]]) -> set[tuple[object, ...]]:
    rows = connection.execute(
        "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'bdk' AND state LIKE 'idle in transaction%'"
    )
    return set(rows.fetchall())


@dataclass
class Town:
    """One municipality with its people, on a real database, with a payment provider in memory."""

    sessions: Sessions
    facts: Facts = FACTS
    provider: FakeProvider = field(default_factory=lambda: FakeProvider(now=NOW))
    vault: CprVault = field(default_factory=vault)

    def person(self, cpr: str = KIRSTEN) -> UUID:
        with self.sessions.begin() as session:
            return find_or_create_person(session, vault=self.vault, cpr=cpr, name=None, now=NOW).id

    def shows(
        self, person_id: UUID, *found: FoundClaim, source: str | None = None, asked_at: datetime = NOW
    ) -> list[UUID]:
        """A source's whole answer about a person goes into the register; returns the claims' ids in the order given."""
        name = source or ("fbs" if found and found[0].origin_system == "fbs" else "ledger")
        with self.sessions.begin() as session:
            sighted = Sighted(self.facts.code, person_id, name, found, asked_at)
            register.observe(session, sighted=sighted, now=asked_at)
        return [self.claim(one.origin_ref).id for one in found]

    def shared(self, first: UUID, second: UUID, *found: FoundClaim) -> list[UUID]:
        """Claims of the ledger that two people are liable for."""
        both = [replace(one, shared=True) for one in found]
        self.shows(second, *(replace(one, role=Role.CO_LIABLE) for one in both))
        return self.shows(first, *both)

    def claim(self, ref: str) -> Claim:
        with self.sessions() as session:
            chosen = select(Claim).where(Claim.origin_ref == ref, Claim.municipality_code == self.facts.code)
            return session.scalars(chosen).one()

    def review(self, person_id: UUID, *claim_ids: UUID, now: datetime = NOW) -> UUID:
        with self.sessions.begin() as session:
            shown, _ = review.make(session, person_id=person_id, facts=self.facts, claim_ids=claim_ids, now=now)
            return shown.id

    def start(
        self, person_id: UUID, review_id: UUID, *, provider: FakeProvider | None = None, now: datetime = NOW,
        receipt_email: str | None = None,
    ) -> checkout.Opened:  # fmt: skip
        return checkout.start(
            self.sessions, provider=provider or self.provider, method=min((provider or self.provider).methods),
            payer_id=person_id, review_id=review_id, facts=self.facts, locale="da",
            address_of=lambda token: f"https://m.example/{token}", now=now, receipt_email=receipt_email,
        )  # fmt: skip

    def opened(
        self, person_id: UUID, *claim_ids: UUID, now: datetime = NOW, receipt_email: str | None = None
    ) -> Payment:
        """A payment at the provider for some claims."""
        review_id = self.review(person_id, *claim_ids, now=now)
        return self.payment(self.start(person_id, review_id, now=now, receipt_email=receipt_email).token)

    def payment(self, token: str) -> Payment:
        with self.sessions() as session:
            return session.scalars(select(Payment).where(Payment.token == token)).one()

    def payments(self) -> Sequence[Payment]:
        with self.sessions() as session:
            return session.scalars(select(Payment).order_by(Payment.created_at, Payment.id)).all()

    def settle(self, payment: Payment, *, now: datetime = NOW) -> State:
        """What the provider says of a payment is settled."""
        truth = self.provider.fetch(payment.provider_reference or "")
        with self.sessions.begin() as session:
            return settlement.apply(session, provider=self.provider.name, truth=truth, now=now)

    def paid(self, person_id: UUID, *claim_ids: UUID, now: datetime = NOW, receipt_email: str | None = None) -> Payment:
        """A payment that the provider has taken the money of, settled."""
        payment = self.opened(person_id, *claim_ids, now=now, receipt_email=receipt_email)
        self.provider.pay(payment.provider_reference or "")
        self.settle(payment, now=now + timedelta(minutes=1))
        return self.payment(payment.token)

    def open_lines(self) -> list[UUID]:
        """The claims that some open payment holds."""
        with self.sessions() as session:
            return list(session.scalars(select(PaymentLine.claim_id).where(PaymentLine.open)))

    def messages(self, kind: str | None = None) -> Sequence[OutboxMessage]:
        with self.sessions() as session:
            rows = select(OutboxMessage).order_by(OutboxMessage.position)
            return session.scalars(rows.where(OutboxMessage.kind == kind) if kind else rows).all()

    def tasks(self) -> Sequence[Task]:
        """The open tasks of this municipality, oldest first."""
        with self.sessions() as session:
            return open_tasks(session, municipality_code=self.facts.code, limit=100)

    def balance(self, account: str) -> int:
        """What stands on one of the journal's accounts (`transit`, `ledger`, ...), in øre; debit is positive."""
        with self.sessions() as session:
            name = f"{account}/{self.facts.code}"
            return balances(session).get(name, 0)
