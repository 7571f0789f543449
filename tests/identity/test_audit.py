"""The trail says who, what, whom, why and how it ended, holds no CPR, and cannot be changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions
from app.identity import audit
from app.identity.models import AuditEntry
from app.identity.people import Citizen, StaffMember
from app.identity.register import find_or_create_person

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONE = StaffMember("lone", "Lone Dahl", "0991", frozenset({"library"}))


def kirsten(sessions: Sessions) -> Citizen:
    with sessions.begin() as session:
        vault = CprVault([new_key()], [new_key()])
        person = find_or_create_person(session, vault=vault, cpr="7405842144", name="Kirsten", now=NOW)
        return Citizen(person.id, person.name)


def test_a_citizen_sees_who_looked_newest_first_and_not_their_own_logins(sessions: Sessions) -> None:
    citizen = kirsten(sessions)
    with sessions.begin() as session:
        for minute, reason in enumerate(("question at the desk", "phone")):
            audit.record(
                session,
                action="person.look_up",
                by=audit.actor_for(LONE, from_address="192.0.2.1"),
                outcome="done",
                now=NOW + timedelta(minutes=minute),
                person_id=citizen.person_id,
                reason=reason,
            )
        by = audit.actor_for(citizen)
        audit.record(session, action="login", by=by, outcome="done", now=NOW, person_id=citizen.person_id)
    with sessions() as session:
        looks = audit.looks_at(session, person_id=citizen.person_id)
        assert [(look.actor_name, look.municipality_code, look.reason) for look in looks] == [
            ("Lone Dahl", "0991", "phone"),
            ("Lone Dahl", "0991", "question at the desk"),
        ]
        assert looks[0].from_address == "192.0.2.1"
        assert len(audit.looks_at(session, person_id=citizen.person_id, at_most=1)) == 1


def test_actors_are_told_apart(sessions: Sessions) -> None:
    citizen = kirsten(sessions)
    assert audit.actor_for(citizen) == audit.Actor("citizen", str(citizen.person_id))
    assert audit.actor_for(LONE) == audit.Actor("staff", "lone", "Lone Dahl", "0991")
    assert audit.actor_for(None) == audit.NOBODY_KNOWN


@pytest.mark.parametrize("where", ["reason", "facts"])
def test_a_cpr_number_is_refused_and_not_repeated(sessions: Sessions, where: str) -> None:
    with sessions() as session, pytest.raises(audit.CprInAudit) as refused:
        audit.record(
            session,
            action="a",
            by=audit.THE_PORTAL,
            outcome="done",
            now=NOW,
            reason="spurgt om 740584-2144" if where == "reason" else None,
            facts={"n": {"x": "7405842144"}} if where == "facts" else None,
        )
    assert "2144" not in str(refused.value)


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET outcome = 'failed'", "DELETE FROM audit_entry"])
def test_the_trail_cannot_be_changed(sessions: Sessions, owner_sessions: Sessions, change: str) -> None:
    with sessions.begin() as session:
        audit.record(session, action="a", by=audit.THE_PORTAL, outcome="done", now=NOW)
    for who in (sessions, owner_sessions):
        with pytest.raises(DBAPIError), who.begin() as session:
            session.execute(text(change))
    with sessions() as session:
        assert session.scalars(select(AuditEntry.outcome)).all() == ["done"]
