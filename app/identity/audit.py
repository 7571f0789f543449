"""The audit trail: who did what, to whose data, why, and how it ended. Written once, never changed."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.foundation.cpr import has_cpr
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json
from app.identity.models import AuditEntry
from app.identity.people import Citizen, StaffMember

Outcome = Literal["done", "refused", "failed"]


class CprInAudit(ValueError):
    """Something that looks like a CPR number was about to be written to the trail. The message does not repeat it."""


@dataclass(frozen=True)
class Actor:
    """Who acts. `actor` is the staff subject or the citizen's person id; None for whoever nobody knows."""

    kind: Literal["anonymous", "citizen", "staff", "system"]
    actor: str | None = None
    name: str | None = None
    municipality_code: str | None = None
    from_address: str | None = None


NOBODY_KNOWN = Actor("anonymous")
THE_PORTAL = Actor("system", name="Betal din kommune")


def actor_for(who: Citizen | StaffMember | None, *, from_address: str | None = None) -> Actor:
    """The actor that somebody logged in is, or the unknown one."""
    if isinstance(who, StaffMember):
        return Actor("staff", who.subject, who.name, who.municipality_code, from_address)
    if isinstance(who, Citizen):
        # The citizen's name stands in the register; the trail, which nobody can edit, holds only the id.
        return Actor("citizen", str(who.person_id), from_address=from_address)
    return Actor("anonymous", from_address=from_address)


def record(
    session: Session,
    *,
    action: str,
    by: Actor,
    outcome: Outcome,
    now: datetime,
    municipality_code: str | None = None,
    person_id: uuid.UUID | None = None,
    reason: str | None = None,
    facts: Json | None = None,
) -> uuid.UUID:
    """Append one entry and return its id.

    `action` is a verb in dotted words (`login`, `person.look_up`); `person_id` is whom it is about; `reason` is what a
    staff member gave as theirs. `municipality_code` defaults to the actor's own.

    :raises CprInAudit: reason or facts hold something that looks like a CPR number
    """
    facts = facts or {}
    if has_cpr(f"{reason or ''} {facts}"):
        raise CprInAudit("no CPR number may stand in the audit trail")
    entry = AuditEntry(
        id=new_row_id(),
        at=now,
        action=action,
        actor_kind=by.kind,
        actor=by.actor,
        actor_name=by.name,
        from_address=by.from_address,
        municipality_code=municipality_code or by.municipality_code,
        person_id=person_id,
        reason=reason,
        outcome=outcome,
        facts=facts,
    )
    session.add(entry)
    session.flush()
    return entry.id


def looks_at(session: Session, *, person_id: uuid.UUID, at_most: int = 100) -> Sequence[AuditEntry]:
    """Which staff looked at a person, newest first, refused attempts too: what the citizen may see."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.person_id == person_id, AuditEntry.actor_kind == "staff")
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(at_most)
    ).all()


def names_of(session: Session, *, actors: Collection[str]) -> dict[str, str]:
    """What the people behind some staff ids were last called in the trail; an id without a name is left out."""
    rows = session.execute(
        select(AuditEntry.actor, AuditEntry.actor_name)
        .where(AuditEntry.actor.in_(set(actors)), AuditEntry.actor_kind == "staff", AuditEntry.actor_name.is_not(None))
        .ext(distinct_on(AuditEntry.actor))
        .order_by(AuditEntry.actor, AuditEntry.at.desc())
    )
    return {actor: name for actor, name in rows if actor and name}
