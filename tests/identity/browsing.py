"""The steps of a login, as a browser takes them, and what they leave in the tables."""

from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.identity.models import AuditEntry, LoginSession
from tests.identity.fake_op import FakeOp
from tests.identity.portal import wires_of


def begin(client: FlaskClient, address: str = "/login") -> str:
    """Press *log in*; the address at the provider that the browser is sent to."""
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def come_back(client: FlaskClient, params: dict[str, str], path: str = "/login/callback") -> TestResponse:
    """Return from the provider with what it gave."""
    return client.get(f"{path}?{urlencode(params)}")


def log_in(op: FakeOp, client: FlaskClient, address: str = "/login") -> TestResponse:
    """The whole login of a citizen."""
    return come_back(client, op.authorize(begin(client, address)))


def staff_log_in(op: FakeOp, client: FlaskClient, address: str = "/personale/login") -> TestResponse:
    """The whole login of an employee."""
    return come_back(client, op.authorize(begin(client, address)), "/personale/login/callback")


def rows(app: Flask, kind: str) -> int:
    """How many sessions of a kind there are."""
    with wires_of(app).sessions() as session:
        return session.scalar(select(func.count()).where(LoginSession.kind == kind)) or 0


def refusals(app: Flask) -> list[Any]:
    """Outcome and reason of every entry in the trail, oldest first."""
    with wires_of(app).sessions() as session:
        return [(e.outcome, e.facts.get("why")) for e in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
