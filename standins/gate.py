"""The gate before all stand-ins: keeps the last requests, puts faults in force, looks for CPR numbers in addresses."""

import io
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from standins.faults import Faults
from standins.frame import find_cpr, find_cpr_in_parameter, masked

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT_REQUESTS = 200
KEPT_VIOLATIONS = 1000
EXCERPT = 2000


class Cut(ConnectionAbortedError):
    """The connection is to end here without a byte of answer; the server does it."""


class Gate:
    """WSGI middleware around the whole application."""

    def __init__(self, faults: Faults) -> None:
        self.app: WSGIApplication
        self.watched: frozenset[str] = frozenset()
        self._faults = faults
        self._lock = threading.Lock()
        self._requests: dict[str, deque[dict[str, object]]] = {}
        self._violations: deque[dict[str, str]] = deque(maxlen=KEPT_VIOLATIONS)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Let a request through to its stand-in, or do to it what the faults in force say."""
        path: str = environ.get("PATH_INFO", "/")
        standin = path.split("/", 2)[1]
        if standin not in self.watched:
            return self.app(environ, start_response)
        query: str = environ.get("QUERY_STRING", "")
        self._look_for_cpr(standin, path, query)
        entry: dict[str, object] = {
            "method": environ["REQUEST_METHOD"],
            "path": masked(f"{path}?{query}" if query else path),
            "status": None,
            "at": datetime.now(UTC).isoformat(),
            "body": environ.get("standins.body", b"")[:EXCERPT].decode("utf-8", "replace"),
        }
        self._keep(standin, entry)

        def noting(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            entry["status"] = int(status[:3])
            return start_response(status, headers, exc_info)  # type: ignore[arg-type]  # passed through untouched

        if not self._faults.in_force(standin):
            return self.app(environ, noting)  # type: ignore[arg-type]  # the callable protocol, spelt plainly
        return self._with_faults(standin, entry, environ, noting)

    def _with_faults(
        self, standin: str, entry: dict[str, object], environ: "WSGIEnvironment", noting: object
    ) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "/")
        if self._faults.take(standin, "down", path=path):
            entry["status"] = "cut before any work"
            raise Cut
        slow = self._faults.take(standin, "slow", path=path)
        if slow:
            time.sleep(slow.seconds)
        if self._faults.take(standin, "error", path=path):
            noting("500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain"), ("Content-Length", "12")])  # type: ignore[operator]  # start_response
            return [b"fault: error"]
        if self._is_doubled(standin, path):
            raw: bytes = environ.get("standins.body", b"")
            b"".join(self.app({**environ, "wsgi.input": io.BytesIO(raw)}, lambda *_: lambda _written: None))
        answer = self.app(environ, noting)  # type: ignore[arg-type]  # as above
        if self._faults.take(standin, "drop_reply", path=path):
            for _part in answer:
                pass
            entry["status"] = f"{entry['status']}, cut before the answer"
            raise Cut
        return answer

    def _is_doubled(self, standin: str, path: str) -> bool:
        """Whether the road delivers this call twice. A fault that names no path is about notices, not about calls."""
        named = any(fault.kind == "duplicate" and fault.path for fault in self._faults.in_force(standin))
        return named and self._faults.take(standin, "duplicate", path=path) is not None

    def record_violation(self, text: str) -> None:
        """Remember that a CPR number stood where none may stand; the text says where, and never repeats it."""
        with self._lock:
            self._violations.append({"at": datetime.now(UTC).isoformat(), "what": text})

    def requests(self, standin: str) -> list[dict[str, object]]:
        """The last requests a stand-in got, oldest first."""
        with self._lock:
            return [dict(entry) for entry in self._requests.get(standin, ())]

    def violations(self) -> list[dict[str, str]]:
        """Every violation since the process began; a reset does not forget them."""
        with self._lock:
            return list(self._violations)

    def forget_requests(self) -> None:
        """Empty the lists of last requests."""
        with self._lock:
            self._requests.clear()

    def _keep(self, standin: str, entry: dict[str, object]) -> None:
        with self._lock:
            kept = self._requests.get(standin)
            if kept is None:
                kept = self._requests[standin] = deque(maxlen=KEPT_REQUESTS)
            kept.append(entry)

    def _look_for_cpr(self, standin: str, path: str, query: str) -> None:
        place = None
        if find_cpr(path):
            place = "the path"
        elif query:
            for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
                if name != "simulation" and (find_cpr_in_parameter(name, value) or find_cpr(name)):
                    place = f"the parameter {name}" if not find_cpr(name) else "a parameter's name"
                    break
        if place:
            self.record_violation(f"{standin}: a CPR number stood in {place} of a request's address")
