"""Beskedfordeler's login before a real broker: a token by SASL's EXTERNAL, changed into a user that RabbitMQ knows."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pika import data, frame, spec

_HEAD, _END = 7, 1
"""Bytes before and after a frame's payload."""
_METHOD = 4
"""Bytes of the class and method in front of its arguments."""


@dataclass
class Gate:
    """What it lets in, and what it was shown."""

    broker_port: int
    accepted: bytes = b""
    shown: list[bytes] = field(default_factory=list)
    port: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def let_through(self, client: socket.socket) -> None:
        """One connection, until either side ends it."""
        with socket.create_connection(("127.0.0.1", self.broker_port), 10) as broker:
            broker.sendall(_exactly(client, 8))
            start = frame.decode_frame(_frame(broker))[1].method
            client.sendall(_marshalled(spec.Connection.Start(0, 9, start.server_properties, mechanisms="EXTERNAL")))
            properties, mechanism, token = _start_ok(_frame(client))
            assert mechanism == "EXTERNAL"
            self.shown.append(token)
            password = "guest" if token == self.accepted else "not-the-password"
            answer = spec.Connection.StartOk(properties, "PLAIN", f"\0guest\0{password}", "en_US")
            broker.sendall(_marshalled(answer))
            broker.settimeout(None)
            self._open.append(client)
            back = threading.Thread(target=_pump, args=(broker, client), daemon=True)
            back.start()
            _pump(client, broker)
            back.join(10)

    def cut(self) -> None:
        """End every connection, as a broker does whose tokens have expired."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)


@contextmanager
def gate_before(broker_port: int) -> Iterator[Gate]:
    """A gate on a port of its own."""
    gate = Gate(broker_port)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            gate.let_through(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        gate.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield gate
        finally:
            gate.cut()
            server.shutdown()


def _start_ok(raw: bytes) -> tuple[dict[str, Any], str, bytes]:
    """Properties, mechanism and answer of a login; pika itself reads only its own side of one."""
    arguments = raw[_HEAD + _METHOD : -_END]
    properties, at = data.decode_table(arguments, 0)
    mechanism, at = data.decode_short_string(arguments, at)
    (length,) = struct.unpack_from(">I", arguments, at)
    return properties, mechanism, arguments[at + 4 : at + 4 + length]


def _marshalled(method: object) -> bytes:
    raw: bytes = frame.Method(0, method).marshal()
    return raw


def _frame(sender: socket.socket) -> bytes:
    head = _exactly(sender, _HEAD)
    (length,) = struct.unpack_from(">I", head, 3)
    return head + _exactly(sender, length + _END)


def _exactly(sender: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = sender.recv(count - len(found))
        assert piece, "the connection ended in the middle of a login"
        found += piece
    return found


def _pump(sender: socket.socket, receiver: socket.socket) -> None:
    with suppress(OSError):
        while piece := sender.recv(65536):
            receiver.sendall(piece)
    with suppress(OSError):
        receiver.shutdown(socket.SHUT_RDWR)
