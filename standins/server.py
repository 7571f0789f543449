"""The HTTP/1.1 server: threads, connections kept open, and a connection that can be cut in the middle."""

import io
import socket
import sys
import threading
from typing import TYPE_CHECKING, cast

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from standins.gate import Cut

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BODY = 4 * 1024 * 1024
# A browser keeps its connection open; one that has been silent this long is closed.
IDLE_SECONDS = 75
# Headers that are written with an underscore, which werkzeug drops because WSGI cannot tell it from a hyphen.
UNDERSCORED = ("client_id", "client_secret")


class Handler(WSGIRequestHandler):
    """Answers one request after another on a connection.

    Werkzeug's own way closes after each answer and waits 10 ms for unread bytes; here the body is read whole before
    the work begins, so that the next request starts where it should.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def run_wsgi(self) -> None:
        """Read the request whole, let the application work, and write its answer whole."""
        try:
            environ = self._environ()
        except (ValueError, OSError):
            self._write("400 BAD REQUEST", [], b"unreadable body", keep_open=False)
            return
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> object:
            began[:] = [(status, headers)]
            return None

        try:
            answer = self.server.app(environ, start_response)  # type: ignore[arg-type]  # nobody uses the write() it may return
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        except Cut:
            self._cut()
            return
        except Exception as fault:  # noqa: BLE001 - the last resort: one line for the developer, 500 for the caller
            print(f"stand-ins: {type(fault).__name__} in {self.command} {self.path.split('?')[0]}", file=sys.stderr)
            began[:] = [("500 INTERNAL SERVER ERROR", [])]
            body = b""
        status, headers = began[0]
        self._write(status, headers, body, keep_open=True)

    def _environ(self) -> "WSGIEnvironment":
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        if environ.pop("wsgi.input_terminated", False):
            body = _read_chunks(environ["wsgi.input"])
            del environ["HTTP_TRANSFER_ENCODING"]
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            if not 0 <= length <= MAX_BODY:
                raise ValueError("a body of that length is not read")
            body = self.rfile.read(length)
        for name in UNDERSCORED:
            environ.pop(f"HTTP_{name.upper()}", None)
            if name in self.headers:
                environ[f"HTTP_{name.upper()}"] = self.headers[name]
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["standins.body"] = body
        return environ

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes, *, keep_open: bool) -> None:
        code, _space, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if int(code) not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        if not keep_open:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the last requests stand on the front page."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - the name the standard library gave it
        """Say nothing of clients that go away."""


def _read_chunks(stream: io.RawIOBase) -> bytes:
    """A chunked body, whole.

    :raises ValueError: it is longer than is read here
    """
    body = b""
    while part := stream.read(MAX_BODY):
        body += part
        if len(body) > MAX_BODY:
            raise ValueError("a body of that length is not read")
    return body


class Server(ThreadedWSGIServer):
    """The threaded server, which remembers its open connections so that it can end them."""

    request_queue_size = 256

    def __init__(self, listening: socket.socket) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__("127.0.0.1", listening.getsockname()[1], _nothing, Handler, fd=listening.fileno())
        self.listening = listening

    def process_request(self, request: object, client_address: object) -> None:
        """Remember the connection and give it its thread."""
        with self._open_lock:
            self._open.add(cast("socket.socket", request))
        super().process_request(request, client_address)  # type: ignore[arg-type]  # socketserver's private aliases

    def shutdown_request(self, request: object) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(cast("socket.socket", request))
        super().shutdown_request(request)  # type: ignore[arg-type]  # as above

    def close_connections(self) -> None:
        """End every connection that a client keeps open."""
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def server_close(self) -> None:
        """Stop listening."""
        super().server_close()
        if hasattr(self, "listening"):
            self.listening.close()


def _nothing(_environ: object, _start_response: object) -> list[bytes]:
    raise RuntimeError("the application is set before the server serves")


def make_server(port: int) -> Server:
    """A server that listens on 127.0.0.1 (0: any free port); set its `app` before it serves.

    :raises OSError: the port is taken
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(Server.request_queue_size)
    except OSError:
        listening.close()
        raise
    return Server(listening)
