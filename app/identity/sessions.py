"""Login sessions: made, found, kept alive, moved to a new id at login, ended. The browser holds only an opaque id."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ARRAY, CursorResult, Text, bindparam, delete, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from app.foundation.ids import new_token
from app.foundation.jsons import Json
from app.identity.models import LoginSession, Person, SeenLogoutToken
from app.identity.people import Citizen, Identified, StaffMember
from app.identity.tokens import LogoutOrder, TokenRefused

IDLE = timedelta(minutes=20)
"""How long somebody logged in may do nothing."""
ANONYMOUS_IDLE = timedelta(hours=2)
"""How long an unfinished login, or a form opened without login, is kept."""
ABSOLUTE = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)
"""The activity of a session is written at most this often."""
_LOGOUT_TOKENS_KEPT = timedelta(hours=1)
# Columns, not objects: this runs on every request of everybody logged in.
_AS_READ = (
    select(
        LoginSession.data,
        LoginSession.kind,
        LoginSession.person_id,
        Person.name,
        LoginSession.staff,
        LoginSession.issuer,
        LoginSession.id_token_sealed,
        LoginSession.created_at,
        LoginSession.seen_at,
        LoginSession.expires_at,
    )
    .outerjoin(Person, Person.id == LoginSession.person_id)
    .where(LoginSession.id_digest == bindparam("digest"))
)


class SessionOver(Exception):
    """The cookie stands for a session that has been idle, or open, for too long."""


class UsedBefore(TokenRefused):
    """This logout token has been obeyed already."""


@dataclass(frozen=True)
class Found:
    """A living session, as one SELECT reads it."""

    digest: bytes
    data: Json
    citizen: Citizen | None
    staff: StaffMember | None
    issuer: str | None
    id_token_sealed: bytes | None
    expires_at: datetime


def digest_of(cookie: str) -> bytes:
    """What the table knows of a cookie."""
    return hashlib.sha256(cookie.encode()).digest()


def find(session: Session, *, cookie: str, now: datetime) -> Found | None:
    """The session that a cookie stands for, or None. Notes the activity, at most once a minute.

    :raises SessionOver: idle or open for too long
    """
    digest = digest_of(cookie)
    row = session.execute(_AS_READ, {"digest": digest}).one_or_none()
    if row is None:
        return None
    idle = ANONYMOUS_IDLE if row.kind == "anonymous" else IDLE
    if now >= row.expires_at or now >= row.seen_at + idle:
        raise SessionOver("idle or open for too long")
    if now >= row.seen_at + SEEN_EVERY:
        session.execute(update(LoginSession).where(LoginSession.id_digest == digest).values(seen_at=now))
    return Found(
        digest=digest,
        data=row.data,
        citizen=Citizen(row.person_id, row.name, row.created_at) if row.person_id else None,
        staff=StaffMember(**(row.staff | {"roles": frozenset(row.staff["roles"])})) if row.staff else None,
        issuer=row.issuer,
        id_token_sealed=row.id_token_sealed,
        expires_at=row.expires_at,
    )


def open_anonymous(session: Session, *, data: Mapping[str, Any], now: datetime) -> str:
    """A session for somebody not logged in; returns the cookie."""
    return _open(session, {"kind": "anonymous", "data": dict(data)}, expires_at=now + ABSOLUTE, now=now)


def keep(session: Session, *, digest: bytes, put: Json, drop: list[str]) -> None:
    """Change a session's data key by key, so that two tabs do not lose each other's keys.

    A session that has ended meanwhile stays ended.
    """
    kept = LoginSession.data.op("-")(sql_cast(drop, ARRAY(Text)))
    changed = kept.op("||")(sql_cast(put, JSONB))
    session.execute(update(LoginSession).where(LoginSession.id_digest == digest).values(data=changed))


def log_in_citizen(
    session: Session,
    *,
    old_cookie: str | None,
    citizen: Citizen,
    identified: Identified,
    id_token_sealed: bytes | None,
    data: Mapping[str, Any],
    now: datetime,
) -> str:
    """A new session for a citizen; the old one is gone. Returns the new cookie."""
    values = {"kind": "citizen", "person_id": citizen.person_id, "data": dict(data), "id_token_sealed": id_token_sealed}
    return _log_in(session, values, old_cookie=old_cookie, identified=identified, now=now)


def log_in_staff(
    session: Session,
    *,
    old_cookie: str | None,
    staff: StaffMember,
    identified: Identified,
    id_token_sealed: bytes | None,
    data: Mapping[str, Any],
    now: datetime,
) -> str:
    """A new session for an employee, bound to one municipality; the old one is gone. Returns the new cookie."""
    values = {
        "kind": "staff",
        "staff": asdict(staff) | {"roles": sorted(staff.roles)},
        "municipality_code": staff.municipality_code,
        "data": dict(data),
        "id_token_sealed": id_token_sealed,
    }
    return _log_in(session, values, old_cookie=old_cookie, identified=identified, now=now)


def end(session: Session, *, cookie: str) -> None:
    """End the session that a cookie stands for. One that has ended already stays so."""
    session.execute(delete(LoginSession).where(LoginSession.id_digest == digest_of(cookie)))


def end_ordered(session: Session, *, order: LogoutOrder, now: datetime) -> int:
    """Obey a logout token: end the sessions that came of that login. Returns how many were ended.

    :raises UsedBefore: the very same token has been obeyed already
    """
    first_time = session.execute(
        insert(SeenLogoutToken)
        .values(issuer=order.issuer, jti=order.jti, seen_at=now)
        .on_conflict_do_nothing()
        .returning(SeenLogoutToken.jti)
    ).one_or_none()
    if first_time is None:
        raise UsedBefore("this logout token has been obeyed already")
    ending = delete(LoginSession).where(LoginSession.issuer == order.issuer, LoginSession.kind != "anonymous")
    if order.sid is not None:
        ending = ending.where(LoginSession.provider_sid == order.sid)
    if order.subject is not None:
        ending = ending.where(LoginSession.subject == order.subject)
    return cast("CursorResult[Any]", session.execute(ending)).rowcount


def end_person(session: Session, *, person_id: uuid.UUID) -> int:
    """End every session of a citizen. Returns how many were ended."""
    ending = delete(LoginSession).where(LoginSession.person_id == person_id)
    return cast("CursorResult[Any]", session.execute(ending)).rowcount


def sweep(session: Session, *, now: datetime, at_most: int = 1000) -> int:
    """Delete sessions that are over and logout tokens too old to be repeated. Returns how many sessions went.

    Sessions that have only been idle stay until `ANONYMOUS_IDLE`, so that the citizen can be told why they are out.
    """
    over = (
        select(LoginSession.id_digest)
        .where(or_(LoginSession.expires_at <= now, LoginSession.seen_at <= now - ANONYMOUS_IDLE))
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    gone = cast(
        "CursorResult[Any]", session.execute(delete(LoginSession).where(LoginSession.id_digest.in_(over)))
    ).rowcount
    session.execute(delete(SeenLogoutToken).where(SeenLogoutToken.seen_at <= now - _LOGOUT_TOKENS_KEPT))
    return gone


def _log_in(
    session: Session, values: dict[str, Any], *, old_cookie: str | None, identified: Identified, now: datetime
) -> str:
    if old_cookie is not None:
        end(session, cookie=old_cookie)
    limits = [now + ABSOLUTE]
    if identified.session_expires_at is not None:
        limits.append(identified.session_expires_at)
    values |= {"issuer": identified.issuer, "subject": identified.subject, "provider_sid": identified.sid}
    return _open(session, values, expires_at=min(limits), now=now)


def _open(session: Session, values: dict[str, Any], *, expires_at: datetime, now: datetime) -> str:
    cookie = new_token()
    session.add(LoginSession(id_digest=digest_of(cookie), created_at=now, seen_at=now, expires_at=expires_at, **values))
    session.flush()
    return cookie
