"""The whole portal for tests: the real factory on a real database, fakes at the ends of the wires, a clock to set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.claims.sighting import FoundClaim
from app.config import Settings
from app.factory import create_app
from app.foundation.db import Base, Sessions
from app.identity import sessions as login_sessions
from app.identity.people import Citizen, Identified, StaffMember
from app.identity.register import find_or_create_person
from app.municipalities import register as municipalities
from app.municipalities.facts import Facts
from app.payments.port import Hint, Method, PaymentProvider
from app.web.visitor import COOKIE
from app.wiring import Wires
from tests.demo import KIRSTEN, NOW, Town, daycare, facts, fine
from tests.fakes.ledger import FakeLedger
from tests.fakes.mailer import FakeMailer
from tests.fakes.payment_provider import FakeProvider
from tests.fakes.sources import FakeCatalogue, FakeSource, FakeToldSource
from tests.web.compiled import Compiled

HOST, NEIGHBOUR_HOST = "localhost", "skovlund.localhost"
HERE = facts(code="0991", name="Fjordby Kommune", hosts=[HOST])
NEIGHBOUR = facts(code="0992", cvr="10000009", name="Skovlund Kommune", hosts=[NEIGHBOUR_HOST])
METRICS_TOKEN = "only-for-tests"
FINE, DAYCARE = fine(), daycare()
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_PASSING = re.compile(r'(name="csrf_token" value=")[^"]+|[0-9A-F]{4}-[0-9A-F]{4}')


@dataclass
class SteeredClock:
    """Stands still at noon until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Browser(FlaskClient):
    """A browser that visits one host, and sends forms with the token that the portal gave it."""

    address = f"http://{HOST}"
    _csrf: str | None = None

    def open(self, *args: Any, buffered: bool = True, follow_redirects: bool = False, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", self.address)
        return super().open(*args, buffered=buffered, follow_redirects=follow_redirects, **kwargs)

    @property
    def csrf(self) -> str:
        """The token in the forms of this session's pages."""
        if self._csrf is None:
            found = _TOKEN.search(self.get("/kode").text)
            assert found, "a page that has a form for everybody"
            self._csrf = found[1]
        return self._csrf

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send a form as the page would, with its token."""
        return self.post(path, data={"csrf_token": self.csrf, **fields})


@dataclass
class Portal:
    """Everything around the doors: the wires' far ends are fakes, the database and the application are real."""

    sessions: Sessions
    changes: dict[str, Any] = field(default_factory=dict)
    """Settings other than the usual ones."""
    clock: SteeredClock = field(default_factory=SteeredClock)
    provider: FakeProvider = field(default_factory=lambda: FakeProvider(now=NOW))
    merchants: list[PaymentProvider] = field(default_factory=list)
    """Whose notices come to the hook; empty: the provider's."""
    mobilepay: FakeProvider | None = None
    """Where MobilePay is paid; None: it is not offered."""
    library: FakeToldSource = field(default_factory=FakeToldSource)
    ledger_source: FakeSource = field(default_factory=FakeSource)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    mailer: FakeMailer = field(default_factory=FakeMailer)

    def __post_init__(self) -> None:
        self.town = Town(self.sessions, facts=HERE, provider=self.provider)
        with self.sessions.begin() as session:
            for place in (HERE, NEIGHBOUR):
                municipalities.load(session, facts=place, now=self.clock())
        self.wires = Wires(
            settings=settings(**self.changes), sessions=self.sessions, clock=self.clock, vault=self.town.vault,
            municipalities=municipalities.Municipalities(self.sessions), catalogue=self.catalogue,
            provider_of=self._provider, provider_named=self._provider_named,
            sources_of=lambda _facts: [self.library, self.ledger_source],
            library_of=lambda _facts: self.library, ledger_of=lambda _facts: self.ledger,
            mailer=self.mailer,
        )  # fmt: skip
        self.app: Flask = create_app(wires=self.wires)
        self.app.jinja_env.bytecode_cache = Compiled()

    def _provider(self, _place: Facts, method: Method) -> PaymentProvider:
        if self.mobilepay and method is Method.MOBILEPAY:
            return self.mobilepay
        return self.merchants[0] if self.merchants else self.provider

    def _provider_named(self, place: Facts, name: str) -> PaymentProvider:
        return self._provider(place, Method.MOBILEPAY if name == "mobilepay" else Method.CARD)

    def browser(self, *, host: str = HOST, scheme: str = "http") -> Browser:
        """A browser that nobody is logged in with."""
        client = Browser(self.app, Response, use_cookies=True)
        client.address = f"{scheme}://{host}"
        return client

    def citizen(self, cpr: str = KIRSTEN, *, name: str | None = "Kirsten Lund", host: str = HOST) -> Browser:
        """A browser in which a citizen has just logged in."""
        known = Identified("https://broker.example", cpr[::-1], None, None, None, None)
        with self.sessions.begin() as session:
            person = find_or_create_person(session, vault=self.town.vault, cpr=cpr, name=name, now=self.clock())
            cookie = login_sessions.log_in_citizen(
                session, old_cookie=None, citizen=Citizen(person.id, name), identified=known, id_token_sealed=None,
                data={}, now=self.clock(),
            )  # fmt: skip
        return self._with(cookie, host)

    def employee(
        self, *roles: str, host: str = HOST, code: str = HERE.code, subject: str = "lone", name: str = "Lone Dahl"
    ) -> Browser:
        """A browser in which an employee has just logged in."""
        staff = StaffMember(subject, name, code, frozenset(roles or {"library"}))
        known = Identified("https://login.example", staff.subject, None, None, None, None)
        with self.sessions.begin() as session:
            cookie = login_sessions.log_in_staff(
                session, old_cookie=None, staff=staff, identified=known, id_token_sealed=None, data={},
                now=self.clock(),
            )  # fmt: skip
        return self._with(cookie, host)

    def _with(self, cookie: str, host: str) -> Browser:
        client = self.browser(host=host)
        client.set_cookie(COOKIE, cookie, domain=host, secure=True)
        return client

    def owes(self, *found: FoundClaim, cpr: str = KIRSTEN) -> list[UUID]:
        """What the sources show of a person from now on, and in the register already; the ids in the order given."""
        person_id = self.town.person(cpr)
        self.library.claims[cpr] = tuple(one for one in found if one.origin_system == "fbs")
        self.ledger_source.claims[cpr] = tuple(one for one in found if one.origin_system != "fbs")
        for source in (self.library, self.ledger_source):
            self.town.shows(person_id, *source.claims[cpr], source=source.name, asked_at=self.clock())
        return [self.town.claim(one.origin_ref).id for one in found]

    def counts(self, *, but: Sequence[str] = ()) -> dict[str, int]:
        """How many rows every table has, but for those that a mere visit may write."""
        tables = [name for name in sorted(Base.metadata.tables) if name not in but]
        query = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)  # noqa: S608 - our own names
        with self.sessions.begin() as session:
            return {row[0]: row[1] for row in session.execute(text(query))}

    def forgets_knocks(self) -> None:
        """Nobody has knocked too often."""
        with self.sessions.begin() as session:
            session.execute(text("DELETE FROM rate_limit"))

    def notice(self, hint: Hint) -> dict[str, Any]:
        """What the provider's notice about an event is sent with."""
        headers, raw = self.provider.notice(hint, at=self.clock())
        return {"headers": headers, "data": raw, "content_type": "application/json"}


def settings(**changes: Any) -> Settings:
    """Settings of a test; the brokers are where nobody answers."""
    values = {
        "env": "test",
        "public_url": f"http://{HOST}",
        "citizen_oidc_issuer": "http://127.0.0.1:9/op",
        "staff_oidc_issuer": "http://127.0.0.1:9/staff",
        "metrics_token": METRICS_TOKEN,
        "provider_hosts": "pay.example",
    } | changes
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]  # pydantic-settings' own argument


def lasting(page: str) -> str:
    """A page without what differs each time it is made: the tokens of its forms and the number to quote."""
    return _PASSING.sub(r"\1", page)
