"""From what a broker says to who is here. Pure: tokens in, persons out; the wire and the tables are elsewhere."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.foundation.cpr import NotACpr, read_cpr

Claims = Mapping[str, object]
ClaimNames = Mapping[str, tuple[str, ...]]
"""Meaning (cpr, name, first_name, last_name, loa, cvr, privileges, email) to the claims that may carry it, in order."""


@dataclass(frozen=True)
class Citizen:
    """A citizen who is logged in. Carries no CPR: who needs it asks the register for it."""

    person_id: uuid.UUID
    name: str | None
    logged_in_at: datetime | None = None
    """When this login began; None before it has."""


@dataclass(frozen=True)
class StaffMember:
    """An employee who is logged in, for one municipality."""

    subject: str
    name: str
    municipality_code: str
    roles: frozenset[str]


@dataclass(frozen=True)
class Identified:
    """What both kinds of login have in common. `(issuer, subject)` is the identity at the broker."""

    issuer: str
    subject: str
    sid: str | None
    loa: str | None
    auth_time: datetime | None
    session_expires_at: datetime | None


@dataclass(frozen=True)
class IdentifiedCitizen(Identified):
    """A citizen as the broker vouches for them."""

    cpr: str
    name: str | None


@dataclass(frozen=True)
class IdentifiedStaff(Identified):
    """An employee as the municipality's login vouches for them. `privileges` is as it came: roles.py reads it."""

    name: str
    email: str | None
    cvr: str | None
    privileges: object


class TooLowAssurance(Exception):
    """The login is genuine but weaker than the portal accepts."""

    def __init__(self, loa: str | None) -> None:
        super().__init__("the level of assurance is not accepted")
        self.loa = loa


class NoCpr(Exception):
    """The broker vouches for a person without a CPR number."""


def read_citizen(claims: Claims, *, names: ClaimNames, accepted_loa: frozenset[str]) -> IdentifiedCitizen:
    """The citizen whom verified claims (userinfo and ID token together) speak of.

    An empty `accepted_loa` asks for no level.

    :raises TooLowAssurance: the level is missing or not among the accepted ones
    :raises NoCpr: no CPR claim, or what it holds is no CPR number
    """
    common = _common(claims, names=names, accepted_loa=accepted_loa)
    try:
        cpr = read_cpr(_text(claims, names.get("cpr", ())) or "")
    except NotACpr:
        raise NoCpr("the login carries no CPR number") from None
    return IdentifiedCitizen(**vars(common), cpr=cpr, name=_full_name(claims, names))


def read_staff(claims: Claims, *, names: ClaimNames, accepted_loa: frozenset[str]) -> IdentifiedStaff:
    """The employee whom verified claims speak of. Without a name the subject stands in for it.

    :raises TooLowAssurance: the level is missing or not among the accepted ones
    """
    common = _common(claims, names=names, accepted_loa=accepted_loa)
    return IdentifiedStaff(
        **vars(common),
        name=_full_name(claims, names) or common.subject,
        email=_text(claims, names.get("email", ())),
        cvr=_text(claims, names.get("cvr", ())),
        privileges=next((claims[name] for name in names.get("privileges", ()) if claims.get(name)), None),
    )


def _common(claims: Claims, *, names: ClaimNames, accepted_loa: frozenset[str]) -> Identified:
    loa = _text(claims, names.get("loa", ()))
    if accepted_loa and loa not in accepted_loa:
        raise TooLowAssurance(loa)
    return Identified(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        sid=_text(claims, ("sid",)),
        loa=loa,
        auth_time=moment(claims.get("auth_time")),
        session_expires_at=moment(claims.get("session_expiry")),
    )


def _text(claims: Claims, names: tuple[str, ...]) -> str | None:
    """The first of these claims that holds a text. Numbers count: some brokers send a CVR as one."""
    for name in names:
        value = claims.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None


def _full_name(claims: Claims, names: ClaimNames) -> str | None:
    whole = _text(claims, names.get("name", ()))
    if whole:
        return whole
    parts = (_text(claims, names.get("first_name", ())), _text(claims, names.get("last_name", ())))
    return " ".join(part for part in parts if part) or None


def moment(value: object) -> datetime | None:
    """A moment out of seconds since 1970, which Nets eID Broker writes as text; None when it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return datetime.fromtimestamp(float(value), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
