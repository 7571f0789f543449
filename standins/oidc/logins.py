"""Who is logged in at the provider: browser sessions, and the codes and access tokens that came of them."""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from standins.oidc.requests import Asked
from standins.oidc.shelf import Shelf
from standins.people import Person

PENDING_SECONDS = 600
CODE_SECONDS = 60
ACCESS_TOKEN_SECONDS = 10_800
SESSION_SECONDS = 16_200


@dataclass(frozen=True)
class Login:
    """One person logged in for one client: the real broker, too, keeps a session for each client."""

    person: Person
    client_id: str
    sid: str
    auth_time: int
    transaction_id: str
    level: str


@dataclass(frozen=True)
class Code:
    """What an authorization code stands for."""

    asked: Asked
    login: Login


@dataclass(frozen=True)
class Grant:
    """What an access token gives."""

    login: Login
    scopes: tuple[str, ...]


@dataclass
class Logins:
    """Everything the provider remembers; a reset forgets it all."""

    pending: Shelf[Asked] = field(default_factory=lambda: Shelf(seconds=PENDING_SECONDS))
    codes: Shelf[Code] = field(default_factory=lambda: Shelf(seconds=CODE_SECONDS))
    # The access token that came of a code, so that a code used twice takes the token with it (RFC 6749 4.1.2).
    used_codes: Shelf[str] = field(default_factory=lambda: Shelf(seconds=ACCESS_TOKEN_SECONDS))
    grants: Shelf[Grant] = field(default_factory=lambda: Shelf(seconds=ACCESS_TOKEN_SECONDS))
    sessions: Shelf[dict[str, Login]] = field(default_factory=lambda: Shelf(seconds=SESSION_SECONDS))

    def forget(self) -> None:
        """Forget everything."""
        for shelf in (self.pending, self.codes, self.used_codes, self.grants, self.sessions):
            shelf.clear()

    def hold(self, asked: Asked) -> str:
        """Keep a checked request while its person logs in; the key to fetch it with."""
        key = secrets.token_urlsafe(24)
        self.pending.put(key, asked)
        return key

    def log_in(self, session_id: str | None, person: Person, client_id: str) -> tuple[str, Login]:
        """The person is logged in for this client; the browser's new session id, and the login."""
        kept = self.sessions.take(session_id) if session_id else None
        # Another person at the same browser begins afresh.
        logins = {name: login for name, login in (kept or {}).items() if login.person == person}
        login = Login(
            person=person,
            client_id=client_id,
            sid=secrets.token_hex(16).upper(),
            auth_time=int(time.time()),
            transaction_id=str(uuid.uuid4()),
            level=person.loa,
        )
        logins[client_id] = login
        new_id = secrets.token_urlsafe(32)
        self.sessions.put(new_id, logins)
        return new_id, login

    def reusable(self, session_id: str | None, asked: Asked, is_hinted: Callable[[Login, str], bool]) -> Login | None:
        """The login that answers this request without asking anybody, if there is one that may."""
        logins = self.sessions.get(session_id) if session_id else None
        login = (logins or {}).get(asked.client.client_id)
        if login is None or asked.prompt & {"login", "select_account"} or asked.simulation:
            return None
        if asked.max_age is not None and time.time() - login.auth_time > asked.max_age:
            return None
        if asked.id_token_hint and not is_hinted(login, asked.id_token_hint):
            return None
        return login

    def new_code(self, asked: Asked, login: Login) -> str:
        """A code for the client, good once and for a minute."""
        code = secrets.token_urlsafe(32)
        self.codes.put(code, Code(asked, login))
        return code

    def use_code(self, code: str) -> Code | None:
        """What a code stands for, the first time; a second use also ends the access token of the first."""
        found = self.codes.take(code)
        if found is None:
            token = self.used_codes.take(code)
            if token is not None:
                self.grants.take(token)
        return found

    def new_access_token(self, code: str, found: Code) -> str:
        """An access token for what the code stood for."""
        token = secrets.token_urlsafe(32)
        self.grants.put(token, Grant(found.login, found.asked.scopes))
        self.used_codes.put(code, token)
        return token

    def end(self, session_id: str, client_id: str | None = None) -> list[Login]:
        """End the browser's login at one client, or at all; the logins that ended."""
        logins = self.sessions.take(session_id) or {}
        staying = {} if client_id is None else {name: kept for name, kept in logins.items() if name != client_id}
        if staying:
            self.sessions.put(session_id, staying)
        return [login for name, login in logins.items() if name not in staying]
