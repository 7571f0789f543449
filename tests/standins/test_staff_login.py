"""The staff login: a second provider, with privileges in the two shapes that bridges give."""

import base64
import json
import re
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import RSAKey
from lxml import etree

from standins import people
from standins.people import Person
from tests.standins.stranger import Stranger, assertion, returned

BPP = "{http://digst.dk/oiosaml/basic_privilege_profile}PrivilegeList"


@pytest.fixture
def portal(visitor: httpx.Client) -> Stranger:
    return Stranger(
        visitor,
        path="/personale-login/op",
        client_id="betaldinkommune-personale",
        secret="staff-standin",
        redirect_uri="http://localhost:5000/personale/login/callback",
        scope="openid profile email",
    )


def test_it_is_an_issuer_of_its_own(portal: Stranger) -> None:
    found = portal.visitor.get(f"{portal.path}/.well-known/openid-configuration").json()
    assert found["issuer"] == portal.issuer
    assert found["issuer"].endswith("/personale-login/op")
    ours = portal.visitor.get(found["jwks_uri"]).json()["keys"]
    mitids = portal.visitor.get("/mitid/op/.well-known/openid-configuration/jwks").json()["keys"]
    assert {key["kid"] for key in ours}.isdisjoint(key["kid"] for key in mitids)


def test_every_member_of_staff_has_a_button_and_citizens_have_none(portal: Stranger) -> None:
    page = portal.ask()
    for person in people.STAFF:
        assert re.search(rf"<button[^>]*>{person.name}</button>", page.text)
    assert people.KIRSTEN.name not in page.text
    assert portal.press(page, username="kirsten").status_code == 422
    assert portal.code(portal.press(page, person="lone"))


@pytest.mark.parametrize("person", people.STAFF, ids=lambda person: person.username)
def test_id_token_and_userinfo_say_who_where_and_what(portal: Stranger, person: Person) -> None:
    given = portal.redeem(portal.enter(person.username)).json()
    claims = portal.claims(given["id_token"])
    userinfo = portal.userinfo(given["access_token"]).json()
    for name in ("sub", "name", "email", "cvr", "privilegesIntermediate"):
        assert claims[name] == userinfo[name]
    assert claims["name"] == person.name
    assert claims["cvr"] == person.cvr
    assert claims["email"] == person.email


@pytest.mark.parametrize(
    ("person", "role"), [(people.LONE, "bibliotek"), (people.CARSTEN, "opkraevning")], ids=["lone", "carsten"]
)
def test_some_carry_kombits_xml(portal: Stranger, person: Person, role: str) -> None:
    given = portal.redeem(portal.enter(person.username)).json()
    encoded = str(portal.claims(given["id_token"])["privilegesIntermediate"])
    tree = etree.fromstring(base64.b64decode(encoded, validate=True))
    assert tree.tag == BPP
    (group,) = tree
    assert group.get("Scope") == f"urn:dk:gov:saml:cvrNumberIdentifier:{people.FJORDBY_CVR}"
    assert [privilege.text for privilege in group] == [f"http://betaldinkommune.dk/roles/usersystemrole/{role}/1"]


@pytest.mark.parametrize(
    ("person", "role", "cvr"),
    [
        (people.DORTE, "opkraevning", people.FJORDBY_CVR),
        (people.NANNA, "bibliotek", people.SKOVLUND_CVR),
    ],
    ids=["dorte", "nanna"],
)
def test_others_carry_json_in_strings(portal: Stranger, person: Person, role: str, cvr: str) -> None:
    given = portal.redeem(portal.enter(person.username)).json()
    (group,) = portal.userinfo(given["access_token"]).json()["privilegesIntermediate"]
    assert json.loads(group) == {"cvr": cvr, "p": [f"http://betaldinkommune.dk/roles/usersystemrole/{role}/1"]}


def test_who_aborts_comes_back_so(portal: Stranger) -> None:
    back = returned(portal.ask(simulation="abort"))
    assert (back["error"], back["error_description"]) == ("access_denied", "user_aborted")


def test_citizens_and_their_numbers_are_unknown_here(portal: Stranger) -> None:
    for who in ("username:kirsten", f"cpr:{people.KIRSTEN.cpr}", f"uuid:{people.KIRSTEN.uuid}"):
        assert portal.ask(simulation=f"no-ui {who}").status_code == 400


def test_the_portal_may_prove_itself_with_its_key(portal: Stranger, key_folder: Path) -> None:
    key = RSAKey.generate_key(2048)
    (key_folder / "staff-oidc.pem").write_bytes(key.as_pem(private=True))
    signed = assertion(key, "betaldinkommune-personale", portal.issuer)
    answer = portal.redeem_bare(
        portal.enter("lone"),
        client_assertion=signed,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )
    assert answer.status_code == 200
