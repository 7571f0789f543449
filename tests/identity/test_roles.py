"""KOMBIT's privileges in every shape become roles in one municipality, and nothing else does."""

import base64
import json

import pytest

from app.identity.roles import Grant, NoMunicipality, NoRole, Privilege, UnreadablePrivileges, grant, read_privileges

LIBRARY = "http://betaldinkommune.dk/roles/usersystemrole/bibliotek/1"
COLLECTIONS = "http://betaldinkommune.dk/roles/usersystemrole/opkraevning/1"
FJORDBY, SKOVLUND = "99099119", "99099208"
ROLES = {LIBRARY: "library", COLLECTIONS: "collections"}
CODES = {FJORDBY: "0991", SKOVLUND: "0992"}


NAMESPACE = "http://digst.dk/oiosaml/basic_privilege_profile"


def xml(*groups: tuple[str, str], inside: str = "", before: str = "", scope: str = "cvrNumberIdentifier") -> str:
    body = "".join(
        f'<PrivilegeGroup Scope="urn:dk:gov:saml:{scope}:{cvr}">'
        f"<Privilege>{address}</Privilege>{inside}</PrivilegeGroup>"
        for cvr, address in groups
    )
    start = f'<?xml version="1.0" encoding="UTF-8"?>{before}'
    document = f'{start}<bpp:PrivilegeList xmlns:bpp="{NAMESPACE}">{body}</bpp:PrivilegeList>'
    return base64.b64encode(document.encode()).decode()


def granted(value: object, cvr: str | None = None) -> Grant:
    return grant(read_privileges(value), cvr=cvr, roles=ROLES, municipality_of=CODES.get)


@pytest.mark.parametrize(
    "value",
    [
        xml((FJORDBY, LIBRARY)),
        [xml((FJORDBY, LIBRARY))],
        {"cvr": FJORDBY, "p": [LIBRARY]},
        [{"cvr": FJORDBY, "p": [LIBRARY], "c": []}],
        json.dumps({"cvr": FJORDBY, "p": [LIBRARY]}),
        [json.dumps({"cvr": FJORDBY, "p": [LIBRARY]})],
        json.dumps([{"cvr": FJORDBY, "p": [LIBRARY]}]),
    ],
)
def test_every_shape_gives_the_same_role(value: object) -> None:
    assert granted(value) == Grant("0991", FJORDBY, frozenset({"library"}))


@pytest.mark.parametrize("value", [LIBRARY, [LIBRARY], f"{LIBRARY} urn:other"])
def test_a_plain_address_counts_for_the_cvr_of_the_login(value: object) -> None:
    assert granted(value, FJORDBY) == Grant("0991", FJORDBY, frozenset({"library"}))
    with pytest.raises(NoMunicipality):
        granted(value)


def test_several_roles_in_one_municipality_are_all_held() -> None:
    assert granted(xml((FJORDBY, LIBRARY), (FJORDBY, COLLECTIONS), (FJORDBY, "urn:other"))).roles == set(ROLES.values())


def test_roles_in_two_municipalities_need_a_login_that_says_which() -> None:
    both = xml((FJORDBY, LIBRARY), (SKOVLUND, COLLECTIONS))
    with pytest.raises(NoMunicipality):
        granted(both)
    assert granted(both, SKOVLUND) == Grant("0992", SKOVLUND, frozenset({"collections"}))


def test_a_role_elsewhere_is_no_role_here() -> None:
    with pytest.raises(NoRole):
        granted(xml((SKOVLUND, LIBRARY)), FJORDBY)
    with pytest.raises(NoMunicipality):
        granted(xml(("12345678", LIBRARY)))


@pytest.mark.parametrize("value", [None, "", [], xml(), xml((FJORDBY, "urn:other")), LIBRARY.upper()])
def test_without_a_privilege_of_ours_there_is_no_role(value: object) -> None:
    with pytest.raises(NoRole):
        granted(value, FJORDBY)


def test_a_privilege_narrowed_by_a_constraint_gives_no_role() -> None:
    narrowed = xml((FJORDBY, LIBRARY), inside='<Constraint Name="urn:kle">1</Constraint>')
    assert read_privileges(narrowed) == (Privilege(LIBRARY, FJORDBY, is_narrowed=True),)
    for value in (narrowed, {"cvr": FJORDBY, "p": [LIBRARY], "c": [{"urn:kle": "1"}]}):
        with pytest.raises(NoRole):
            granted(value)


def test_a_scope_of_another_kind_is_no_municipality() -> None:
    raw = xml((FJORDBY, LIBRARY), scope="cprNumberIdentifier")
    assert read_privileges(raw) == ()


@pytest.mark.parametrize(
    "value",
    [
        7,
        "!!",
        "{nonsense",
        "[" * 5000,
        {"cvr": FJORDBY},
        {"cvr": [], "p": []},
        {"p": [7]},
        base64.b64encode(b"not xml").decode(),
        "<a><b></a>",
        "A" * 300_000,
        [[[[[LIBRARY]]]]],
    ],
)
def test_nonsense_is_refused_by_name(value: object) -> None:
    with pytest.raises(UnreadablePrivileges):
        read_privileges(value)


def test_entities_and_document_types_are_refused() -> None:
    evil = xml((FJORDBY, "&x;"), before='<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    with pytest.raises(UnreadablePrivileges):
        read_privileges(evil)
