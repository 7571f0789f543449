"""Two municipalities with a library each, on a real database, for the tests of the desks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.claims.sighting import FoundClaim, Holder
from app.config import Settings
from app.factory import create_app
from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions, transaction
from app.identity import sessions as login_sessions
from app.identity.models import AuditEntry
from app.identity.people import Identified, StaffMember
from app.identity.register import find_or_create_person, find_person
from app.ledger.port import Ledger
from app.municipalities import register as municipalities
from app.municipalities.facts import Facts
from app.municipalities.register import Municipalities
from app.payments.port import PaymentProvider
from app.sources.port import Source, ToldSource
from app.sources.refresh import Person, refresh
from app.web.visitor import COOKIE
from app.wiring import Wires
from standins import people
from tests.fakes.sources import FakeCatalogue, FakeSource, FakeToldSource
from tests.web.compiled import Compiled

FJORDBY, SKOVLUND = people.FJORDBY_CODE, people.SKOVLUND_CODE
KIRSTEN = people.KIRSTEN.cpr
UNKNOWN_CPR = "6101019999"
ACCOUNT = "7d7f0a52-55c4-4b3e-9a2c-0f6f0f3f7b11"
HOSTS = {FJORDBY: "localhost", SKOVLUND: "skovlund.localhost"}
LONE = StaffMember("lone", "Lone Dahl", FJORDBY, frozenset({"library"}))
CARSTEN = StaffMember("carsten", "Carsten Bro", FJORDBY, frozenset({"collections"}))
NANNA = StaffMember("nanna", "Nanna Birk", SKOVLUND, frozenset({"library"}))
LATE = FoundClaim(
    origin_system="fbs",
    origin_ref="503",
    holder=Holder.SOURCE,
    claim_type="library-fee",
    outstanding_ore=6000,
    founded_on=date(2026, 5, 1),
    due_on=date(2026, 6, 1),
    evidence={
        "kind": "fee",
        "reason": "Gebyr (for sent)",
        "patron_id": 2,
        "materials": [{"record_id": "99910025", "item_number": "51000001", "group": "Bog", "periodical": None}],
    },
)
DAYCARE = FoundClaim(
    origin_system="daycare",
    origin_ref="D-1",
    holder=Holder.LEDGER,
    claim_type="daycare",
    outstanding_ore=219400,
    debtor_account=ACCOUNT,
)


@dataclass
class DeskClock:
    """A day on which the late fee is not due yet, and whatever a test adds to it."""

    now: datetime = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Browser(FlaskClient):
    """A browser that visits one host."""

    address = "https://localhost"

    def open(self, *args: Any, buffered: bool = False, follow_redirects: bool = False, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", self.address)
        return super().open(*args, buffered=buffered, follow_redirects=follow_redirects, **kwargs)


@dataclass
class World:
    """Everything around the desks: the wires' far ends are fakes, the database is real."""

    sessions: Sessions
    clock: DeskClock = field(default_factory=DeskClock)
    vault: CprVault = field(default_factory=lambda: CprVault([new_key()], [new_key()]))
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    library: dict[str, FakeToldSource] = field(
        default_factory=lambda: {FJORDBY: FakeToldSource(), SKOVLUND: FakeToldSource()}
    )
    ledger: FakeSource = field(default_factory=FakeSource)

    def __post_init__(self) -> None:
        self.library[FJORDBY].claims[KIRSTEN] = (LATE,)
        self.library[FJORDBY].facts[KIRSTEN] = {"patron_id": 2, "blocked": ["E"]}
        self.ledger.claims[KIRSTEN] = (DAYCARE,)
        with transaction(self.sessions) as session:
            for code in (FJORDBY, SKOVLUND):
                municipalities.load(session, facts=facts_of(code), now=self.clock())
        settings = Settings(_env_file=None, env="test")  # type: ignore[call-arg]  # pydantic-settings' own argument
        self.wires = Wires(
            settings=settings, sessions=self.sessions, clock=self.clock, vault=self.vault,
            municipalities=Municipalities(self.sessions), catalogue=self.catalogue, provider_of=_no_provider,
            provider_named=_no_provider,
            sources_of=self._sources, library_of=self._library, ledger_of=_no_ledger,
        )  # fmt: skip
        self.app = create_app(wires=self.wires)
        self.app.jinja_env.bytecode_cache = Compiled()
        self.app.config.update(WTF_CSRF_ENABLED=False)

    def browser(self, staff: StaffMember | None, *, host: str = "localhost") -> FlaskClient:
        """A browser, logged in as an employee; None: not logged in."""
        client = Browser(self.app, Response, use_cookies=True)
        client.address = f"https://{host}"
        if staff is not None:
            known = Identified("https://login.example", staff.subject, None, None, None, None)
            with transaction(self.sessions) as session:
                cookie = login_sessions.log_in_staff(
                    session, old_cookie=None, staff=staff, identified=known, id_token_sealed=None, data={},
                    now=self.clock(),
                )  # fmt: skip
            client.set_cookie(COOKIE, cookie, domain=host, secure=True)
        return client

    def log_in_citizen(self, cpr: str, *, name: str | None) -> None:
        """Let a citizen have logged in once."""
        with transaction(self.sessions) as session:
            find_or_create_person(session, vault=self.vault, cpr=cpr, name=name, now=self.clock())

    def citizen_sees_everything(self, cpr: str) -> None:
        """Let a citizen's overview in Fjordby have asked every source."""
        with transaction(self.sessions) as session:
            person = find_or_create_person(session, vault=self.vault, cpr=cpr, name=None, now=self.clock())
        refresh(
            self.sessions, sources=self._sources(facts_of(FJORDBY)), catalogue=self.catalogue, crowd=self.wires.crowd,
            person=Person(person.id, cpr), municipality_code=FJORDBY, clock=self.clock,
        )  # fmt: skip

    def trail(self, action: str) -> Sequence[AuditEntry]:
        """The audit rows of an act, oldest first."""
        with transaction(self.sessions) as session:
            chosen = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.at, AuditEntry.id)
            return session.scalars(chosen).all()

    def _sources(self, facts: Facts) -> Sequence[Source]:
        return [self.library[facts.code], self.ledger]

    def _library(self, facts: Facts) -> ToldSource:
        return self.library[facts.code]


def facts_of(code: str) -> Facts:
    """A municipality with library and daycare."""
    text = {"da": "Tekst", "en": "Text"}

    def kind(area: str, label: str) -> dict[str, Any]:
        return {"area": area, "label": {"da": label, "en": label}, "explanation": text, "collecting_account": ACCOUNT}

    contact = {"name": text, "phone": "12345678", "email": "a@b.example", "hours": {"mon": "10-14"}}
    is_fjordby = code == FJORDBY
    return Facts.model_validate({
        "code": code,
        "name": "Fjordby Kommune" if is_fjordby else "Skovlund Kommune",
        "name_en": "Fjordby" if is_fjordby else "Skovlund",
        "cvr": people.FJORDBY_CVR if is_fjordby else people.SKOVLUND_CVR,
        "hosts": [HOSTS[code]],
        "contacts": {"collections": contact, "library": contact},
        "areas": {
            area: {"label": {"da": label, "en": label}, "contact": "library"}
            for area, label in (("library", "Bibliotek"), ("daycare", "Dagtilbud"), ("other", "Andet"))
        },
        "claim_types": {
            "library-fee": kind("library", "Gebyr for sen aflevering"),
            "library-replacement": kind("library", "Erstatning"),
            "library-other": kind("library", "Andet fra biblioteket"),
            "daycare": kind("daycare", "Pasning i dagtilbud"),
            "other": kind("other", "Andet"),
        },
        "sources": [
            {"kind": "fbs", "agency": people.FJORDBY_AGENCY if is_fjordby else people.SKOVLUND_AGENCY,
             "areas": ["library"]},
            {"kind": "ledger", "areas": ["daycare", "other"]},
        ],
        "ledger": {"sender_cvr": people.FJORDBY_CVR, "sender_system": ACCOUNT, "receiver_cvr": people.FJORDBY_CVR},
    })  # fmt: skip


def found_cprs(text: str) -> bool:
    """Whether any CPR number of the tests stands in a text, with or without hyphen."""
    return any(cpr in text.replace("-", "") for cpr in (KIRSTEN, UNKNOWN_CPR))


def person_of(world: World, cpr: str) -> UUID:
    """The id of a person who has been looked up."""
    with transaction(world.sessions) as session:
        person = find_person(session, vault=world.vault, cpr=cpr)
    assert person is not None
    return person.id


def _no_provider(facts: Facts, wanted: str) -> PaymentProvider:
    raise AssertionError("the desk takes no payments")


def _no_ledger(facts: Facts) -> Ledger:
    raise AssertionError("the desk posts nothing")
