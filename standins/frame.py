"""What every stand-in is to the process that serves it, and the one Flask application they are mounted in."""

import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import flask

from standins import people
from standins.faults import Faults
from standins.journal import Journal, Memory
from standins.tokens import Turnstile
from standins.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Ten digits, with or without hyphen, whose first four can be a day (also day + 60) and a month. A UUID is matched
# first and left alone, and so are digits inside a longer word: the hexadecimal of a random id means nothing.
_CPR_SHAPE = re.compile(
    r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?<![0-9A-Za-z])(?:[0-2]\d|3[01]|6[1-9]|[78]\d|9[01])(?:0[1-9]|1[0-2])\d{2}[- ]?\d{4}(?![0-9A-Za-z])"
)
# Parameters, or the innermost parts of such as `created[gte]`, that say a moment in epoch seconds.
_MOMENTS = frozenset({"created", "arrival_date", "gt", "gte", "lt", "lte"})
_KNOWN_CPRS = re.compile("|".join(person.cpr for person in people.CITIZENS if person.cpr))


def find_cpr(text: str) -> str | None:
    """What in the text looks like a CPR number or is one of the demo world's, or None."""
    known = _KNOWN_CPRS.search(text)
    if known:
        return known.group()
    return next((found.group() for found in _CPR_SHAPE.finditer(text) if not found["uuid"]), None)


def find_cpr_in_parameter(name: str, value: str) -> str | None:
    """As `find_cpr`, for a parameter of an address: a moment in epoch seconds looks like a CPR number on some days."""
    last = urllib.parse.unquote_plus(name).replace("]", "").rpartition("[")[2]
    is_moment = last in _MOMENTS and value.isascii() and value.isdigit() and not _KNOWN_CPRS.search(value)
    return None if is_moment else find_cpr(value)


@dataclass(frozen=True)
class Place:
    """What a stand-in is given: where it stands, where the portal stands, and what all stand-ins share."""

    own_url: str  # such as http://localhost:5100, without the stand-in's own name
    portal_url: str  # such as http://localhost:5000
    world: World
    faults: Faults
    violations: Callable[[str], None]  # record that a CPR number stood where none may stand (never repeat it)
    key_folder: Path  # where the supervisor keeps the keys that portal and stand-ins both need
    turnstile: Turnstile = field(default_factory=lambda: Turnstile(is_wanted=False))  # before the ledger's services
    library_url: str | None = None  # where the library's stand-in is, when it has another process than the ledger's


class BadAct(Exception):
    """What an act was asked to do makes no sense; the text says why."""


Act = Callable[[Mapping[str, object]], object]
"""Something a test or a demonstration may make a stand-in do: given JSON, answers JSON; raises BadAct."""


@dataclass(frozen=True)
class Standin:
    """One stand-in: its blueprint is mounted at `/<name>` and its routes are written without that prefix."""

    name: str
    title: str
    about: str  # plain text for the front page: what it plays, and its magic values
    blueprint: flask.Blueprint
    reset: Callable[[], None]
    state: Callable[[], object]  # anything JSON can carry, for /control/<name>/state
    acts: Mapping[str, Act] = field(default_factory=dict)  # by name, for POST /control/<standin>/act/<name>
    memory: Memory | None = None  # what it finds again after a kill, when it is given a journal


@dataclass(frozen=True)
class Alone:
    """A stand-in that has a process to itself, so that it can be killed: its books are in a file."""

    name: str
    journal: Path
    library_url: str  # the process of the others


def build(
    port: int, portal_url: str, key_folder: Path, *, alone: Alone | None = None, wants_tokens: bool = False
) -> flask.Flask:
    """The application with every stand-in of `standins.table` mounted, its world filled with the demo claims.

    One that is `alone` is the only one, and its world holds what it is told and what its journal remembers.
    """
    from standins.control import control_blueprint
    from standins.gate import Gate

    world, faults = World(is_empty=alone is not None), Faults()
    world.reset()
    gate = Gate(faults)
    place = Place(
        own_url=f"http://localhost:{port}",
        portal_url=portal_url.rstrip("/"),
        world=world,
        faults=faults,
        violations=gate.record_violation,
        key_folder=key_folder,
        turnstile=Turnstile(is_wanted=wants_tokens),
        library_url=alone.library_url if alone else None,
    )
    standins = {made.name: made for made in (make(place) for make in _makers(alone))}
    app = flask.Flask("standins", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it; its base class says nothing
    for standin in standins.values():
        app.register_blueprint(standin.blueprint, url_prefix=f"/{standin.name}")
    app.register_blueprint(control_blueprint(place, standins, gate))
    app.extensions["place"] = place
    # Behind the gate, so that the journal holds only what is let through.
    gate.app = place.turnstile.before(_remembering(app.wsgi_app, alone, standins) if alone else app.wsgi_app)
    gate.watched = frozenset(standins)
    app.wsgi_app = gate  # type: ignore[method-assign]  # how Flask's documentation wraps an application
    return app


def _makers(alone: Alone | None) -> tuple[Callable[[Place], Standin], ...]:
    if alone is None:
        from standins.table import STANDINS

        return STANDINS
    # The others are not even read, so that a killed one is back the sooner.
    make: Callable[[Place], Standin] = import_module(f"standins.{alone.name}").standin
    return (make,)


def _remembering(app: "WSGIApplication", alone: Alone, standins: Mapping[str, Standin]) -> Journal:
    memory = standins[alone.name].memory
    if memory is None:
        raise ValueError(f"{alone.name} has no memory that a journal could keep")
    journal = Journal(alone.journal, alone.name, memory, app)
    journal.begin()
    return journal


def masked(path_and_query: str) -> str:
    """An address fit for a list of requests: every CPR number in it is masked, also the permitted `simulation=`."""
    path, mark, query = path_and_query.partition("?")
    parts = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if name == "simulation":
            words = urllib.parse.unquote_plus(value)
            parts.append("simulation=" + re.sub(r"(cpr:\s*\d{6})[- ]?\d{4}", r"\1-****", words).replace(" ", "+"))
        else:
            shown = _hide_cprs(value) if find_cpr_in_parameter(name, value) else value
            parts.append(_hide_cprs(name) + equals + shown)
    return _hide_cprs(path) + mark + "&".join(parts)


def _hide_cprs(text: str) -> str:
    return _CPR_SHAPE.sub(lambda found: found["uuid"] or "[cpr]", _KNOWN_CPRS.sub("[cpr]", text))


@dataclass(frozen=True)
class Served:
    """Stand-ins that are being served in a thread of this process."""

    url: str
    port: int
    app: flask.Flask
    place: Place  # for tests that look behind the wire


@contextmanager
def serve_in_thread(portal_url: str = "http://localhost:5000", key_folder: Path = Path("var/keys")) -> Iterator[Served]:
    """Serve all stand-ins on a free port from a thread, for tests; yields where, and stops them at the end."""
    import threading

    from standins.server import make_server

    with make_server(0) as server:
        app = build(server.port, portal_url, key_folder)
        server.app = app
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Served(f"http://localhost:{server.port}", server.port, app, app.extensions["place"])
        finally:
            server.shutdown()
            thread.join()
            server.close_connections()
