"""The municipalities' staff login: privileges as KOMBIT's base64 XML for some, as JSON strings for others."""

import base64
import json
from xml.sax.saxutils import escape, quoteattr

from standins import people
from standins.frame import Place, Standin
from standins.oidc.clients import Client, portal_addresses
from standins.oidc.logins import SESSION_SECONDS, Grant, Login
from standins.oidc.provider import Claims, Provider, Shape
from standins.people import Person
from standins.world import World

NAME = "personale-login"
CLIENT_ID = "betaldinkommune-personale"
SECRET = "staff-standin"
KEY_FILE = "staff-oidc.pem"
SCOPES = frozenset({"openid", "profile", "email"})
CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "at_hash", "sid", "acr", "amr", "loa"),
    *("session_expiry", "name", "email", "cvr", "privilegesIntermediate"),
)
LEVEL = "https://data.gov.dk/concept/core/nsis/Substantial"
CVR_SCOPE = "urn:dk:gov:saml:cvrNumberIdentifier:"
ABOUT = """Kommunernes medarbejderlogin. Udsteder: {issuer}
privilegesIntermediate: Lone og Carsten som base64-XML (OIO-BPP 1.2), Dorte og Nanna som JSON
simulation=no-ui username:<bruger-id>   logger ind uden side
simulation=abort                        ender som en, der afbryder"""


def standin(place: Place) -> Standin:
    """The staff login."""
    provider = Provider(_shape(place), place)
    return provider.as_standin()


def _shape(place: Place) -> Shape:
    return Shape(
        name=NAME,
        title="Medarbejderlogin",
        about=ABOUT.format(issuer=f"{place.own_url}/{NAME}/op"),
        people=people.STAFF,
        find_person=lambda kind, value: _find(place.world, kind, value),
        clients=(_portal(place),),
        scopes=SCOPES,
        idps=frozenset(),
        claims_supported=CLAIMS,
        id_token_claims=claims_of,
        userinfo_claims=_userinfo_claims,
        abort_description="user_aborted",
    )


def _find(world: World, kind: str, value: str) -> Person | None:
    if kind == "username":
        person = world.person_by_username(value)
    elif kind == "uuid":
        person = world.person_by_uuid(value)
    else:
        return None
    return person if person is not None and person.kind == "staff" else None


def _portal(place: Place) -> Client:
    return Client(
        client_id=CLIENT_ID,
        secret=SECRET,
        redirect_uris=portal_addresses(place.portal_url, "/personale/login/callback"),
        post_logout_redirect_uris=portal_addresses(
            place.portal_url, "/personale/logget-af", "/personale", "/logget-af"
        ),
        key_file=place.key_folder / KEY_FILE,
        backchannel_logout_uri=f"{place.portal_url}/hooks/oidc/backchannel-logout",
        requires_nonce=True,
        iss_on_errors=False,
    )


def claims_of(login: Login) -> Claims:
    """What ID token and userinfo say about a member of staff."""
    person = login.person
    return {
        "acr": LEVEL,
        "loa": LEVEL,
        "amr": ["pwd", "otp"],
        "session_expiry": str(login.auth_time + SESSION_SECONDS),
        "name": person.name,
        "email": person.email,
        "cvr": person.cvr,
        "privilegesIntermediate": privileges_as_xml(person)
        if person.privilege_shape == "xml"
        else privileges_as_json(person),
    }


def _userinfo_claims(grant: Grant) -> Claims:
    return claims_of(grant.login)


def privileges_as_xml(person: Person) -> str:
    """The base64 of an OIO Basic Privilege Profile 1.2 list, as the SAML attribute carries it."""
    privileges = "".join(f"<Privilege>{escape(privilege)}</Privilege>" for privilege in person.privileges)
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpp:PrivilegeList xmlns:bpp="http://digst.dk/oiosaml/basic_privilege_profile"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<PrivilegeGroup Scope={quoteattr(CVR_SCOPE + person.cvr)}>{privileges}</PrivilegeGroup>"
        "</bpp:PrivilegeList>"
    )
    return base64.b64encode(xml.encode()).decode()


def privileges_as_json(person: Person) -> list[str]:
    """One JSON object in a string for each group, as a bridge makes them of the XML."""
    return [json.dumps({"cvr": person.cvr, "p": list(person.privileges)}, separators=(",", ":"))]
