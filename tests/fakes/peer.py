"""An HTTP peer that answers what a test has written down, in order, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Peer:
    """What is to be answered next, and what was asked. With nothing left to answer it says 599."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    sessions: list[str | None] = field(default_factory=list)
    """The X-Session header of each request."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """All headers of each request, names in small letters."""
    _next: list[tuple[int, bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(self, body: object, *, status: int = 200, times: int = 1) -> None:
        """Answer with this (JSON unless bytes) the next times."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._next += [(status, raw)] * times

    def hear(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Note a request and say what it gets."""
        with self._lock:
            self.paths.append(path)
            self.bodies.append(body)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            self.sessions.append(self.headers[-1].get("x-session"))
            return self._next.pop(0) if self._next else (599, b"nothing to answer")


@contextmanager
def peer_answering() -> Iterator[Peer]:
    """A peer on a free port."""
    peer = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = peer.hear(self.path, body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_DELETE = do_GET  # noqa: N815 - as below
        do_POST = do_GET  # noqa: N815 - the name the standard library looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the standard library gave it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        peer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield peer
        finally:
            server.shutdown()
            thread.join()
