"""MitID, as a broker shaped like Nets eID Broker gives it: CPR only from userinfo, and only with the scope `ssn`.

Magic values: `simulation=no-ui cpr:<number>` (or `uuid:`, `username:`) logs a person in without a page,
`simulation=abort` ends as somebody who aborts. Olga Lav has assurance Low, Erik Uden no CPR number.
"""

import time
import uuid
from datetime import date

from standins import people
from standins.frame import Place, Standin
from standins.oidc.clients import Client, portal_addresses
from standins.oidc.logins import SESSION_SECONDS, Grant, Login
from standins.oidc.provider import Claims, Provider, Shape
from standins.people import Person
from standins.world import World, today

CLIENT_ID = "betaldinkommune"
KEY_FILE = "citizen-oidc.pem"
SCOPES = frozenset({"openid", "mitid", "ssn", "profile"})
LEVELS = "https://data.gov.dk/concept/core/nsis/"
# Erik has no CPR number to read a birthday from.
BORN_WITHOUT_CPR = date(1980, 1, 1)
CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "at_hash", "sid", "acr", "amr", "idp"),
    *("loa", "aal", "ial", "identity_type", "transaction_id", "session_expiry", "dk.cpr", "mitid.uuid"),
    *("mitid.date_of_birth", "mitid.age", "mitid.identity_name", "mitid.has_cpr", "mitid.transaction_id"),
)
ABOUT = """MitID-broker. Udsteder: {issuer}
Fremmed software: klient »interop«, hemmelighed »interop-secret«,
  redirect http://localhost:4040/callback, efter log ud http://localhost:4040/out
simulation=no-ui cpr:<nummer>   logger ind uden side (også uuid: og username:)
simulation=abort                ender som en, der afbryder
Olga Lav har sikringsniveau Lav; Erik Uden har intet CPR-nummer."""


def standin(place: Place) -> Standin:
    """The broker."""
    provider = Provider(_shape(place), place)
    return provider.as_standin()


def _shape(place: Place) -> Shape:
    return Shape(
        name="mitid",
        title="MitID",
        about=ABOUT.format(issuer=f"{place.own_url}/mitid/op"),
        people=people.CITIZENS,
        find_person=lambda kind, value: _find(place.world, kind, value),
        clients=(_portal(place), _interop()),
        scopes=SCOPES,
        idps=frozenset({"mitid"}),
        claims_supported=CLAIMS,
        id_token_claims=id_token_claims,
        userinfo_claims=userinfo_claims,
        abort_description="mitid_user_aborted",
    )


def _find(world: World, kind: str, value: str) -> Person | None:
    look_ups = {"username": world.person_by_username, "cpr": world.person_by_cpr, "uuid": world.person_by_uuid}
    look_up = look_ups.get(kind)
    person = look_up(value) if look_up else None
    return person if person is not None and person.kind == "citizen" else None


def _portal(place: Place) -> Client:
    return Client(
        client_id=CLIENT_ID,
        redirect_uris=portal_addresses(place.portal_url, "/login/callback"),
        post_logout_redirect_uris=portal_addresses(place.portal_url, "/logget-af"),
        key_file=place.key_folder / KEY_FILE,
        backchannel_logout_uri=f"{place.portal_url}/hooks/oidc/backchannel-logout",
        requires_nonce=True,
        iss_on_errors=False,
    )


def _interop() -> Client:
    return Client(
        client_id="interop",
        secret="interop-secret",
        redirect_uris=("http://localhost:4040/callback",),
        post_logout_redirect_uris=("http://localhost:4040/out",),
    )


def _about_the_login(login: Login) -> dict[str, str]:
    return {
        "idp": "mitid",
        "acr": LEVELS + login.level,
        "loa": LEVELS + login.level,
        "aal": LEVELS + login.level,
        "ial": LEVELS + login.level,
        "identity_type": "private",
        "neb_sid": login.sid,
        "transaction_id": login.transaction_id,
        "idp_transaction_id": str(uuid.uuid5(uuid.UUID(login.transaction_id), "mitid")),
        "session_expiry": str(login.auth_time + SESSION_SECONDS),
    }


def id_token_claims(login: Login) -> Claims:
    """What the ID token says beyond the protocol's own members: no name, no CPR."""
    return {
        **_about_the_login(login),
        "amr": ["code_app"],
        "idtoken_type": "default",
        "subject_type": "org_mapped",
    }


def userinfo_claims(grant: Grant) -> Claims:
    """What userinfo says: every value a string, as the real broker has it."""
    person = grant.login.person
    claims = {
        **_about_the_login(grant.login),
        "session_is_active": str(time.time() < grant.login.auth_time + SESSION_SECONDS).lower(),
    }
    if "mitid" in grant.scopes:
        born = _born(person)
        day = today()
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        claims |= {
            "mitid.uuid": person.uuid,
            "mitid.date_of_birth": born.isoformat(),
            "mitid.age": str(age),
            "mitid.identity_name": person.name,
            "mitid.has_cpr": str(bool(person.cpr)).lower(),
            "mitid.transaction_id": claims["idp_transaction_id"],
        }
    if "ssn" in grant.scopes and person.cpr:
        claims["dk.cpr"] = person.cpr
    return claims


def _born(person: Person) -> date:
    if not person.cpr:
        return BORN_WITHOUT_CPR
    day, month, year = (int(person.cpr[at : at + 2]) for at in (0, 2, 4))
    this_year = today().year
    born = 2000 + year if 2000 + year <= this_year else 1900 + year
    return date(born, month, day - 60)
