"""What an employee may do, read from KOMBIT's privileges. Pure.

The privileges arrive as base64 XML (OIO Basic Privilege Profile), as the JSON that FoxIDs makes of it
(`{"cvr": "...", "p": ["..."], "c": [...]}`), or as a plain list of addresses.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

_CVR_SCOPE = "urn:dk:gov:saml:cvrnumberidentifier:"
_LONGEST = 200_000


class UnreadablePrivileges(ValueError):
    """The privileges are in none of the shapes known, or far too long."""


class NoRole(Exception):
    """None of the privileges gives a role in the portal."""


class NoMunicipality(Exception):
    """The roles are for no municipality, or for several, and the login does not say which."""


@dataclass(frozen=True)
class Privilege:
    """One right, and the organisation (by CVR) that it is for; None: whichever the login is for.

    `is_narrowed`: it comes with a constraint (a subject area, a department). The portal's roles cannot be
    narrowed, so a narrowed privilege gives none of them.
    """

    address: str
    cvr: str | None = None
    is_narrowed: bool = False


@dataclass(frozen=True)
class Grant:
    """The roles held, in the one municipality that the login is for."""

    municipality_code: str
    cvr: str
    roles: frozenset[str]


def grant(
    privileges: tuple[Privilege, ...],
    *,
    cvr: str | None,
    roles: Mapping[str, str],
    municipality_of: Callable[[str], str | None],
) -> Grant:
    """The roles that the privileges give, in one municipality.

    `cvr` is the login's own CVR claim, where it has one; `roles` maps privilege addresses to roles; `municipality_of`
    knows the municipality code of a CVR.

    :raises NoRole: no privilege maps to a role
    :raises NoMunicipality: the CVR is missing, unknown, or one of several
    """
    held = [one for one in privileges if one.address in roles and not one.is_narrowed]
    if cvr is not None:
        held = [one for one in held if one.cvr in (None, cvr)]
    if not held:
        raise NoRole("no privilege gives a role here")
    places = {one.cvr or cvr for one in held}
    place = places.pop()
    code = municipality_of(place) if place and not places else None
    if place is None or code is None:
        raise NoMunicipality("the login is not for exactly one municipality of the portal")
    return Grant(municipality_code=code, cvr=place, roles=frozenset(roles[one.address] for one in held))


def read_privileges(value: object) -> tuple[Privilege, ...]:
    """The privileges in a claim, whichever of the known shapes it has. None and an empty text are no privileges.

    :raises UnreadablePrivileges: another shape
    """
    return tuple(_privileges_in(value, depth=0))


def _privileges_in(value: object, *, depth: int) -> Iterator[Privilege]:
    if value is None or value == "":
        return
    if depth > 3:
        raise UnreadablePrivileges("nested too deep")
    if isinstance(value, str):
        yield from _in_text(value.strip(), depth=depth)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _privileges_in(one, depth=depth + 1)
    elif isinstance(value, dict):
        yield from _in_json_object(value)
    else:
        raise UnreadablePrivileges("neither text, list nor object")


def _in_text(text: str, *, depth: int) -> Iterator[Privilege]:
    if len(text) > _LONGEST:
        raise UnreadablePrivileges("too long")
    if text.startswith(("{", "[")):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            raise UnreadablePrivileges("not JSON") from None
        yield from _privileges_in(parsed, depth=depth + 1)
    elif ":" in text and not text.startswith("<"):
        # An address (urn:... or http://...): neither base64 nor JSON has a colon so early.
        yield from (Privilege(one) for one in text.split())
    else:
        yield from _in_xml(_decoded(text))


def _in_json_object(group: dict[str, object]) -> Iterator[Privilege]:
    addresses, cvr = group.get("p"), group.get("cvr")
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise UnreadablePrivileges('an object without a list "p"')
    if cvr is not None and not isinstance(cvr, str | int):
        raise UnreadablePrivileges('"cvr" is no number')
    for address in addresses:
        yield Privilege(address, cvr=str(cvr) if cvr is not None else None, is_narrowed=bool(group.get("c")))


def _decoded(text: str) -> bytes:
    if text.startswith("<"):
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnreadablePrivileges("neither an address, JSON, XML nor base64") from None


def _in_xml(document: bytes) -> Iterator[Privilege]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        raise UnreadablePrivileges("not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadablePrivileges("a document type is not accepted")
    for group in root.iter("{*}PrivilegeGroup"):
        scope = (group.get("Scope") or "").strip()
        if not scope.lower().startswith(_CVR_SCOPE):
            # Scopes of another kind (a person, a production unit) are not a municipality.
            continue
        is_narrowed = next(group.iter("{*}Constraint"), None) is not None
        for privilege in group.iter("{*}Privilege"):
            address = (privilege.text or "").strip()
            yield Privilege(address, cvr=scope[len(_CVR_SCOPE) :], is_narrowed=is_narrowed)
