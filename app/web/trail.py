"""The trail of what employees did at their desks: who they are and where they sit is the same for every entry."""

from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app.foundation.jsons import Json
from app.identity import audit
from app.identity.people import StaffMember
from app.web.visit import current_wires


def keep(
    session: Session, staff: StaffMember, *, action: str, facts: Json, person_id: UUID | None = None,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Write into the trail what an employee has done, in the transaction that does it (`audit.record` says more)."""
    audit.record(
        session,
        action=action,
        by=audit.actor_for(staff, from_address=request.remote_addr),
        outcome="done",
        now=current_wires().clock(),
        person_id=person_id,
        reason=reason,
        facts=facts,
    )
