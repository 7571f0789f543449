"""A small portal around the real sign-in door, for tests: real database, real settings, a clock that can be set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask, session
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from app.config import Settings
from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions
from app.identity.people import Citizen, StaffMember
from app.municipalities.register import UnknownMunicipality
from app.web import visit, visitor
from app.web.guards import citizen_required, open_to_all, signed_in_staff_required, staff_required
from app.web.hooks.backchannel_logout import bp as backchannel_logout
from app.web.signin import bp as signin
from app.wiring import Wires as RealWires
from tests.identity.fake_op import CLIENT_ID, SECRET

TEMPLATES = Path(__file__).parents[2] / "templates"
_BASE = (
    "<title>{% block title %}{% endblock %}</title>{% block head %}{% endblock %}"
    "<main>{% block content %}{% endblock %}</main>"
)


@dataclass
class SettableClock:
    """Now, and whatever a test adds to it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Place:
    code: str
    cvr: str
    host: str


class Municipalities:
    """Fjordby and Skovlund, as the register tells them apart."""

    _every = (Place("0991", "99099119", "localhost"), Place("0992", "99099208", "skovlund.localhost"))

    def by_host(self, host: str, *, now: datetime) -> Place:  # noqa: ARG002 - the register's shape
        return self._one("host", host)

    def by_cvr(self, cvr: str, *, now: datetime) -> Place:  # noqa: ARG002 - the register's shape
        return self._one("cvr", cvr)

    def _one(self, name: str, value: str) -> Place:
        for place in self._every:
            if getattr(place, name) == value:
                return place
        raise UnknownMunicipality(value)


@dataclass
class Wires:
    settings: Settings
    sessions: Sessions
    clock: SettableClock = field(default_factory=SettableClock)
    municipalities: Municipalities = field(default_factory=Municipalities)
    vault: CprVault = field(default_factory=lambda: CprVault([new_key()], [new_key()]))


def settings_for(issuer: str, **changes: Any) -> Settings:
    """Settings under which both logins go to one provider."""
    values: Mapping[str, Any] = {
        "env": "test",
        "citizen_oidc_issuer": issuer,
        "citizen_oidc_client_id": CLIENT_ID,
        "citizen_oidc_client_secret": SECRET,
        "staff_oidc_issuer": issuer,
        "staff_oidc_client_id": CLIENT_ID,
        "staff_oidc_client_secret": SECRET,
        "staff_oidc_scopes": "openid profile email",
    } | changes
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]  # pydantic-settings' own argument


def portal(sessions: Sessions, settings: Settings) -> Flask:
    """The portal, with a page for each guard."""
    app = Flask(__name__)
    app.secret_key = "only for tests"
    app.testing = True
    app.jinja_loader = ChoiceLoader([DictLoader({"base.html": _BASE}), FileSystemLoader(TEMPLATES)])
    visitor.install(app)
    # Of the wires only those that the door uses.
    visit.install(app, cast("RealWires", Wires(settings, sessions)))
    Babel(app, default_locale="da")
    app.register_blueprint(signin)
    app.register_blueprint(backchannel_logout)
    _pages(app)
    return app


def _pages(app: Flask) -> None:
    @app.route("/regninger", methods=["GET", "POST"])
    @citizen_required
    def bills(citizen: Citizen) -> ResponseReturnValue:
        return f"bills of {citizen.name}"

    @app.get("/personale")
    @signed_in_staff_required
    def desk(staff: StaffMember) -> ResponseReturnValue:
        return f"{staff.name} {staff.municipality_code} {sorted(staff.roles)}"

    @app.get("/personale/bibliotek")
    @staff_required("library")
    def library(staff: StaffMember) -> ResponseReturnValue:
        return f"library of {staff.municipality_code}"

    @app.get("/personale/opkraevning")
    @staff_required("collections")
    def collections(staff: StaffMember) -> ResponseReturnValue:
        return f"collections of {staff.municipality_code}"

    @app.get("/open")
    @open_to_all("a test")
    def open_page() -> ResponseReturnValue:
        return "open"

    @app.get("/put/<key>/<value>")
    @open_to_all("a test")
    def put(key: str, value: str) -> ResponseReturnValue:
        session[key] = value
        return "put"

    @app.get("/drop/<key>")
    @open_to_all("a test")
    def drop(key: str) -> ResponseReturnValue:
        session.pop(key, None)
        return "dropped"

    @app.get("/all")
    @open_to_all("a test")
    def all_data() -> ResponseReturnValue:
        return dict(session)


def wires_of(app: Flask) -> Wires:
    wires = app.extensions["bdk.wires"]
    assert isinstance(wires, Wires)
    return wires


def browser(app: Flask) -> FlaskClient:
    """A browser with no cookie yet."""
    return app.test_client()
