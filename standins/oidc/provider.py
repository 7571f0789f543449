"""The provider itself: what it is made of, what it remembers, and its blueprint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import flask
import httpx

from standins.frame import Place, Standin
from standins.oidc import tokens
from standins.oidc.clients import ASSERTION_ALGORITHMS, Authenticator, Client
from standins.oidc.logins import Grant, Login, Logins
from standins.people import Person

BACKCHANNEL_TIMEOUT_SECONDS = 5.0
KEPT_NOTICES = 50

Claims = Mapping[str, object]


@dataclass(frozen=True)
class Shape:
    """What makes one provider different from another."""

    name: str  # where it is mounted
    title: str
    about: str
    people: tuple[Person, ...]  # who has a button on the login page
    find_person: Callable[[str, str], Person | None]  # ("username" | "cpr" | "uuid", value)
    clients: tuple[Client, ...]
    scopes: frozenset[str]
    idps: frozenset[str]
    claims_supported: tuple[str, ...]
    id_token_claims: Callable[[Login], Claims]
    userinfo_claims: Callable[[Grant], Claims]
    abort_description: str


class Provider:
    """One OpenID provider."""

    def __init__(self, shape: Shape, place: Place) -> None:
        self.shape = shape
        self.place = place
        self.issuer = f"{place.own_url}/{shape.name}/op"
        self.cookie = f"{shape.name}_session"
        self.cookie_path = f"/{shape.name}/op"
        self.token_endpoint = f"{self.issuer}/connect/token"
        self.push_endpoint = f"{self.issuer}/connect/par"
        self.authenticator = Authenticator(shape.clients, (self.issuer, self.token_endpoint, self.push_endpoint))
        self.logins = Logins()
        self.keys = tokens.SigningKeys()
        self.notices: list[dict[str, object]] = []

    def blueprint(self) -> flask.Blueprint:
        """All of the provider's routes."""
        from standins.oidc import authorize, logout, pushed, token

        blueprint = flask.Blueprint(self.shape.name, __name__)
        authorize.add_routes(blueprint, self)
        pushed.add_routes(blueprint, self)
        token.add_routes(blueprint, self)
        logout.add_routes(blueprint, self)
        return blueprint

    def as_standin(self) -> Standin:
        """The provider as the frame mounts it."""
        return Standin(self.shape.name, self.shape.title, self.shape.about, self.blueprint(), self.reset, self.state)

    def reset(self) -> None:
        """Forget every login; keys stay."""
        self.logins.forget()
        self.authenticator.forget()
        self.notices.clear()

    def state(self) -> dict[str, object]:
        """For the control interface: who is logged in where, and which back-channel notices were sent."""
        return {
            "logins": [
                {"person": login.person.username, "client_id": login.client_id, "sid": login.sid}
                for logins in self.logins.sessions.things()
                for login in logins.values()
            ],
            "backchannel_logouts": list(self.notices),
        }

    def discovery(self) -> dict[str, object]:
        """What this provider can do, and nothing it cannot."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/connect/authorize",
            "token_endpoint": self.token_endpoint,
            "userinfo_endpoint": f"{self.issuer}/connect/userinfo",
            "pushed_authorization_request_endpoint": self.push_endpoint,
            "require_pushed_authorization_requests": False,
            "end_session_endpoint": f"{self.issuer}/connect/endsession",
            "jwks_uri": f"{self.issuer}/.well-known/openid-configuration/jwks",
            "scopes_supported": sorted(self.shape.scopes),
            "claims_supported": list(self.shape.claims_supported),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [tokens.ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "select_account"],
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "claims_parameter_supported": False,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }

    def is_hinted(self, login: Login, id_token: str) -> bool:
        """Whether an ID token of ours names the person of this login."""
        claims = self.keys.read_own(id_token, self.issuer)
        return claims is not None and claims.get("sub") == login.person.subject

    def tell_of_logout(self, login: Login) -> str:
        """Send the login's client a logout token, if it wants one; a line about how that went."""
        client = self.authenticator.clients[login.client_id]
        if client.backchannel_logout_uri is None:
            return f"{client.client_id}: ønsker ingen besked"
        token = tokens.logout_token(
            self.keys, issuer=self.issuer, client_id=client.client_id, sub=login.person.subject, sid=login.sid
        )
        times = 2 if self.place.faults.take(self.shape.name, "duplicate") else 1
        answer = ""
        for _time in range(times):
            answer = _post_notice(client.backchannel_logout_uri, token)
            self.notices.append({"client_id": client.client_id, "sid": login.sid, "answer": answer})
        del self.notices[:-KEPT_NOTICES]
        return f"{client.client_id}: {answer}"


def _post_notice(address: str, token: str) -> str:
    try:
        answer = httpx.post(address, data={"logout_token": token}, timeout=BACKCHANNEL_TIMEOUT_SECONDS)
    except httpx.HTTPError as fault:
        return type(fault).__name__
    return str(answer.status_code)
