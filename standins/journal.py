"""What a stand-in with a process of its own finds again after it was killed: its memory, and the calls since.

A call that changes anything is written down before it is carried out, one at a time, so that nothing is answered, and
nobody outside is told anything, of which a later life would not know. A start reads the last memory that was kept,
carries the calls since then out again at the moments they came, keeps the memory anew and begins a new list of calls.
This outlives the process, not the machine: nothing waits for the disk.
"""

import io
import json
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)
# What is needed to carry a call out again, besides its address and its body.
_HEADERS = ("CONTENT_TYPE", "HTTP_SOAPACTION")


def this_moment() -> datetime:
    """Now; inside a call that is in a journal, the moment when it came, however often it is carried out again."""
    return _as_of.get() or datetime.now(UTC)


def _no_note(_kind: str, _value: object) -> None:
    """What happens without being asked need not be written down where everything ends with the process."""


@dataclass
class Memory:
    """What of a stand-in must outlive its process, which otherwise ends with everything it knows."""

    kept: tuple[tuple[object, tuple[str, ...]], ...] = ()
    """Objects with their attributes that hold data; what several of them share stays shared."""
    reads: frozenset[str] = frozenset()
    """The SOAPActions that change nothing."""
    heard: Mapping[str, Callable[[object], None]] = field(default_factory=dict)
    """By kind of note: what it changes when it is read again."""
    resume: Callable[[], None] = lambda: None
    """What is done when everything is known again, and not before: such as telling others."""
    note: Callable[[str, object], None] = _no_note
    """Writes down what happened without a call; a journal takes its place."""


class Journal:
    """WSGI middleware around one stand-in's application: writes calls down, and knows how to begin again."""

    def __init__(self, path: Path, name: str, memory: Memory, app: "WSGIApplication") -> None:
        self._path, self._memory, self._app = path, memory, app
        self._changing = (f"/{name}/", f"/control/{name}/act/", "/control/reset")
        self._lock = threading.RLock()
        memory.note = self._note

    def begin(self) -> int:
        """Know again what an earlier life knew; how many calls were carried out again."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        number, held = self._remembered()
        for (thing, names), values in zip(self._memory.kept, held, strict=False):
            for name in names:
                setattr(thing, name, values[name])
        again = 0
        for line in _whole_lines(self._calls(number)):
            again += 1
            self._carry_out_again(json.loads(line))
        self._keep(number + 1)
        self._file = self._calls(number + 1).open("ab", buffering=0)
        self._calls(number).unlink(missing_ok=True)
        self._memory.resume()
        return again

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Let a call through; one that may change anything is written down first, and waits for those before it."""
        if not self._may_change(environ):
            return self._app(environ, start_response)
        with self._lock, _at(datetime.now(UTC)) as now:
            self._write({
                "at": now.isoformat(),
                "path": environ["PATH_INFO"],
                "headers": {name: environ[name] for name in _HEADERS if name in environ},
                "body": environ.get("standins.body", b"").decode("utf-8", "surrogateescape"),
            })  # fmt: skip
            return [b"".join(self._app(environ, start_response))]

    def _may_change(self, environ: "WSGIEnvironment") -> bool:
        action = environ.get("HTTP_SOAPACTION", "").strip('"')
        is_ours = environ.get("PATH_INFO", "").startswith(self._changing)
        return is_ours and environ["REQUEST_METHOD"] == "POST" and action not in self._memory.reads

    def _note(self, kind: str, value: object) -> None:
        with self._lock:
            self._write({"note": kind, "value": value})

    def _write(self, entry: Mapping[str, object]) -> None:
        self._file.write(json.dumps(entry).encode() + b"\n")

    def _carry_out_again(self, entry: Mapping[str, object]) -> None:
        if "note" in entry:
            self._memory.heard[str(entry["note"])](entry["value"])
            return
        body = str(entry["body"]).encode("utf-8", "surrogateescape")
        headers = entry["headers"]
        assert isinstance(headers, dict)
        environ = _environ(str(entry["path"]), body) | headers
        with _at(datetime.fromisoformat(str(entry["at"]))):
            b"".join(self._app(environ, lambda *_: lambda _written: None))

    def _calls(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _remembered(self) -> tuple[int, list[dict[str, object]]]:
        if not self._path.exists():
            return 0, []
        with self._path.open("rb") as file:
            number, held = pickle.load(file)  # noqa: S301 - what an earlier life of this very program has written
        return number, held

    def _keep(self, number: int) -> None:
        """Keep the memory as it is now, before the calls of this number; all of it or, when killed, as before."""
        held = [{name: getattr(thing, name) for name in names} for thing, names in self._memory.kept]
        unfinished = self._path.with_name(f"{self._path.name}.new")
        with unfinished.open("wb") as file:
            pickle.dump((number, held), file)
        unfinished.rename(self._path)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a list of calls; the last one may have been cut off by the kill, and then nothing followed it."""
    if path.exists():
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))


@contextmanager
def _at(then: datetime) -> Iterator[datetime]:
    token = _as_of.set(then)
    try:
        yield then
    finally:
        _as_of.reset(token)


def _environ(path: str, body: bytes) -> "WSGIEnvironment":
    return {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "0", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)), "standins.body": body,
    }  # fmt: skip
