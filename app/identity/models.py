"""The tables of identity: persons, login sessions, used logout tokens and the audit trail."""

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment
from app.foundation.jsons import Json


class Person(Base):
    """Someone with a CPR number, known to the portal because they logged in or a claim names them.

    Belongs to no municipality: one person may owe several.
    """

    __tablename__ = "person"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    cpr_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    cpr_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str | None]
    created_at: Mapped[Moment]


class LoginSession(Base):
    """What one browser's cookie stands for. The cookie's value itself is not here, only its SHA-256.

    `data` is what Flask, the login dance and CSRF keep between requests; who is logged in stands in columns of its own.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("kind in ('anonymous', 'citizen', 'staff')", name="kind"),
        CheckConstraint("(kind = 'citizen') = (person_id is not null)", name="citizen_is_person"),
        CheckConstraint("(kind = 'staff') = (staff is not null)", name="staff_is_named"),
        CheckConstraint("kind <> 'staff' or municipality_code is not null", name="staff_has_municipality"),
        # How back-channel logout finds what it ends.
        Index(None, "issuer", "provider_sid", postgresql_where=text("kind <> 'anonymous'")),
        Index(None, "issuer", "subject", postgresql_where=text("kind <> 'anonymous'")),
        # How the sweep finds what is over.
        Index(None, "expires_at"),
    )

    id_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    data: Mapped[Json]
    kind: Mapped[str]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    staff: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    municipality_code: Mapped[str | None]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    provider_sid: Mapped[str | None]
    id_token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]


class SeenLogoutToken(Base):
    """A back-channel logout token that has been obeyed: the same one is refused the next time."""

    __tablename__ = "seen_logout_token"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[Moment]


class AuditEntry(Base):
    """One act that somebody may have to answer for. Append-only, kept so by the database.

    `person_id` is whom the act was about. `facts` never hold a CPR number.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("actor_kind in ('anonymous', 'citizen', 'staff', 'system')", name="actor_kind"),
        CheckConstraint("outcome in ('done', 'refused', 'failed')", name="outcome"),
        Index(None, "person_id", "at", postgresql_where=text("person_id is not null")),
        Index(None, "municipality_code", "at"),
        Index("ix_audit_entry_staff", "actor", "at", postgresql_where=text("actor_kind = 'staff'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    action: Mapped[str]
    actor_kind: Mapped[str]
    actor: Mapped[str | None]
    actor_name: Mapped[str | None]
    from_address: Mapped[str | None]
    municipality_code: Mapped[str | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
    outcome: Mapped[str]
    facts: Mapped[Json]
