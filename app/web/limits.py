"""How often one visitor may knock at which door: one table, counted with Flask-Limiter where all hosts can see it."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Protocol, cast

from flask import Flask, Response, request, session
from flask_limiter import Limiter
from werkzeug.routing import Rule

from app.config import Settings
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.payments import codes
from app.web import limit_storage

if TYPE_CHECKING:
    from app.web.visitor import VisitorSession

HOOKS = "/hooks/"
HOOK_LIMIT = "3000/minute"
GUESSED = "/kode"
"""Where codes are typed, and might be guessed."""


class LimitWires(Protocol):
    """What counting needs of the wires."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102 - named after what it is
    @property
    def sessions(self) -> Sessions: ...  # noqa: D102 - as above
    @property
    def clock(self) -> Clock: ...  # noqa: D102 - as above


class NoSuchDoor(Exception):
    """The table limits paths of which the portal has none: a limit would be missing without anybody seeing it."""


def by_address() -> str:
    """The client's address (the factory's ProxyFix has seen to it); of IPv6 the /64, which one client has whole."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


def by_session() -> str:
    """The login session, which the guard reads anyway; for one who has none, the address."""
    login = cast("VisitorSession", session).login
    return f"session:{login.digest.hex()}" if login else by_address()


def by_code_prefix() -> str:
    """The first characters of the code that is tried: many addresses that guess together are slowed too."""
    try:
        return f"code:{codes.read(request.form.get('code', ''))[: codes.PREFIX]}"
    except codes.NotACode:
        return by_address()  # opens nothing, and is not counted


def is_wrong_guess(response: Response) -> bool:
    """Only codes that nobody has are counted: a library's computers share an address, and many pay there."""
    return response.status_code == 404


@dataclass(frozen=True)
class Limit:
    """At least one of the paths must exist; each has a count of its own."""

    paths: tuple[str, ...]
    methods: frozenset[str]
    at_most: str
    key: Callable[[], str] = by_address
    counts: Callable[[Response], bool] | None = None
    """Which answers count; None: every request does, before it is answered."""


GET, POST = frozenset({"GET"}), frozenset({"POST"})
LIMITS = (
    Limit(("/login",), GET, "10/minute"),
    Limit(("/personale/login",), GET, "10/minute"),
    Limit(("/login/callback",), GET, "20/minute"),
    Limit(("/personale/login/callback",), GET, "20/minute"),
    Limit(("/betal",), POST, "10/minute", by_session),
    # Each PDF costs a second of a processor.
    Limit(("/kvittering/<token>.pdf",), GET, "10/minute"),
    Limit(("/regninger/<uuid:claim_id>/indbetalingskort.pdf",), GET, "10/minute", by_session),
    Limit(("/betalinger/<int:year>.pdf",), GET, "10/minute", by_session),
    Limit(("/kvittering/<token>/mail",), POST, "10/minute"),
    Limit((GUESSED,), POST, "10/hour", by_address, is_wrong_guess),
    Limit((GUESSED,), POST, "10/hour", by_code_prefix, is_wrong_guess),
    Limit(("/kode/kontrol", "/kode/betal"), POST, "10/minute", by_session),
    Limit(("/personale/bibliotek", "/personale/bibliotek/borger"), POST, "30/minute", by_session),
    Limit(("/hooks/oidc/backchannel-logout",), POST, "60/minute"),
)


def init_limits(app: Flask, wires: LimitWires) -> Limiter:
    """Count the routes of the table, and every other hook; call it when all routes are there. Others cost nothing.

    When counting fails the request goes on, and the log says so. A breach raises 429 for the app's error page.

    :raises NoSuchDoor: none of the paths of a limit exists
    """
    rate_limit_url = wires.settings.rate_limit_url
    uri, options = f"{limit_storage.SCHEME}://", {"sessions": wires.sessions, "clock": wires.clock}
    if rate_limit_url is not None:
        uri, options = rate_limit_url.get_secret_value(), {}
    limiter = Limiter(
        by_address,
        app=app,
        storage_uri=uri,
        storage_options=cast("dict[str, str | int]", options),
        strategy="fixed-window",
        swallow_errors=True,
        headers_enabled=False,
    )
    rules = list(app.url_map.iter_rules())
    counted: set[str] = set()
    for limit in LIMITS:
        found = [rule for rule in rules if rule.rule in limit.paths and limit.methods & (rule.methods or set())]
        if not found:
            raise NoSuchDoor(f"no route for {' or '.join(limit.paths)} ({', '.join(limit.methods)})")
        counted |= {_count(app, limiter, rule, limit) for rule in found}
    for rule in rules:
        if rule.rule.startswith(HOOKS) and rule.endpoint not in counted:
            counted.add(_count(app, limiter, rule, Limit((rule.rule,), POST, HOOK_LIMIT)))
    app.after_request(_say_when_again)
    return limiter


def _count(app: Flask, limiter: Limiter, rule: Rule, limit: Limit) -> str:
    endpoint: str = rule.endpoint
    view: Callable[..., Any] = app.view_functions[endpoint]
    methods = sorted(limit.methods)
    counted = limiter.limit(limit.at_most, key_func=limit.key, methods=methods, deduct_when=limit.counts)
    app.view_functions[endpoint] = counted(view)
    return endpoint


def _say_when_again(response: Response) -> Response:
    """Every window but that of guesses is a minute, so after a minute a visitor may surely come again."""
    if response.status_code == 429:
        response.headers.setdefault("Retry-After", "3600" if request.path == GUESSED else "60")
    return response
