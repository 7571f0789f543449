"""The visitor's session: Flask's session interface on the table of login sessions.

The browser holds one opaque cookie. Nothing is read before something asks for it (a static file costs no query), a row
is made only when something is put in it, and nothing is written when nothing changed.
"""

import copy
from collections.abc import Iterator
from typing import Any, cast

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin

from app.foundation.db import transaction
from app.foundation.jsons import Json
from app.identity import sessions
from app.identity.people import Citizen, StaffMember
from app.web.visit import current_wires

COOKIE = "__Host-bdk"


class VisitorSession(SessionMixin):
    """What is known of one browser during one request: a mapping that is kept, and who is logged in.

    Values are JSON. A value changed in place is noticed only if it is also put back.
    """

    def __init__(self, cookie: str | None) -> None:
        self.modified = False
        self.accessed = False
        self.cookie = cookie
        self._sent = cookie
        self._found: sessions.Found | None = None
        self._is_read = cookie is None
        self._is_over = False
        self._data: Json = {}
        self._as_read: Json = {}

    @property
    def citizen(self) -> Citizen | None:
        """The citizen logged in, if it is one."""
        found = self._read()
        return found.citizen if found else None

    @property
    def staff(self) -> StaffMember | None:
        """The employee logged in, if it is one."""
        found = self._read()
        return found.staff if found else None

    @property
    def is_over(self) -> bool:
        """Whether this browser was logged in until it was idle, or logged in, for too long."""
        self._read()
        return self._is_over

    @property
    def login(self) -> sessions.Found | None:
        """The session as it was found, for whoever ends it."""
        return self._read()

    def moved_to(self, cookie: str) -> None:
        """The login gave a new session under another cookie; what was put in the old one is gone with it."""
        self._start_anew(cookie)
        self._is_read = False

    def ended(self) -> None:
        """The session is gone; what is put from now on opens another."""
        self._start_anew(None)
        self._is_read = True

    def save(self, response: Response) -> None:
        """Write what changed, in a short transaction of its own, and tell the browser if its cookie did."""
        put = {key: value for key, value in self._data.items() if value != self._as_read.get(key)}
        drop = [key for key in self._as_read if key not in self._data]
        if self.modified and (put or drop):
            wires = current_wires()
            with transaction(wires.sessions) as row:
                if self._found is not None:
                    sessions.keep(row, digest=self._found.digest, put=put, drop=drop)
                elif put:
                    self.cookie = sessions.open_anonymous(row, data=put, now=wires.clock())
        if self.accessed:
            response.vary.add("Cookie")
        if self.cookie is None and self._sent is not None:
            response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        elif self.cookie is not None and self.cookie != self._sent:
            response.set_cookie(COOKIE, self.cookie, path="/", secure=True, httponly=True, samesite="Lax")

    def _read(self) -> sessions.Found | None:
        self.accessed = True
        if not self._is_read and self.cookie is not None:
            wires = current_wires()
            try:
                with transaction(wires.sessions) as row:
                    self._found = sessions.find(row, cookie=self.cookie, now=wires.clock())
            except sessions.SessionOver:
                self._is_over = True
            self._is_read = True
            # The copy is what a later change is told by.
            self._data = self._found.data if self._found else {}
            self._as_read = copy.deepcopy(self._data)
        return self._found

    def _start_anew(self, cookie: str | None) -> None:
        self.accessed = True
        self.modified = False
        self.cookie = cookie
        self._found, self._is_over = None, False
        self._data, self._as_read = {}, {}

    def __getitem__(self, key: str) -> Any:
        self._read()
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._read()
        self.modified = True
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        self._read()
        del self._data[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        self._read()
        return iter(self._data)

    def __len__(self) -> int:
        self._read()
        return len(self._data)


class VisitorSessions(SessionInterface):
    """What the factory gives to Flask as `app.session_interface`."""

    def open_session(self, app: Flask, request: Request) -> VisitorSession:  # noqa: ARG002 - Flask's interface
        """The session of this request, not read yet."""
        return VisitorSession(request.cookies.get(COOKIE))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002 - as above
        """Write what changed."""
        cast("VisitorSession", session).save(response)


def install(app: Flask) -> None:
    """Let an application keep its sessions in the table of login sessions."""
    app.session_interface = VisitorSessions()


def current_visitor() -> VisitorSession:
    """The session of this request, with who is logged in."""
    return cast("VisitorSession", session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - how a proxy is opened
