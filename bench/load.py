"""A small load: one thread, several kept-alive connections, each with one request on its way at a time.

As little as possible is done here for each answer, because the load shares the machine with what it measures.
"""

import selectors
import socket
import time
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class WrongAnswer(Exception):
    """What came back is not the page that was to be measured."""


class _Connection:
    """One connection: sends the request, and knows when the answer is whole."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._got = b""

    def send(self) -> None:
        """Ask once more."""
        self._got = b""
        self.socket.sendall(self._request)

    def is_whole(self) -> bool:
        """Read what is there; whether the answer is complete."""
        part = self.socket.recv(_CHUNK)
        if not part:
            raise WrongAnswer("the connection was closed")
        self._got += part
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise WrongAnswer(head.split(b"\r\n", 1)[0].decode())
        at = head.lower().index(b"content-length:") + 15
        return len(body) >= int(head[at:].split(b"\r\n", 1)[0])


def pages_per_second(url: str, *, headers: dict[str, str], connections: int, seconds: float) -> float:
    """How many answers a second an address gives for `seconds`.

    :raises WrongAnswer: an answer was not 200
    """
    parts = urlsplit(url)
    lines = [f"GET {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    request = "\r\n".join(lines).encode()
    answered = 0
    with selectors.DefaultSelector() as waiting:
        opened = [_Connection(parts.hostname or "", parts.port or 80, request) for _ in range(connections)]
        began = time.perf_counter()
        for one in opened:
            waiting.register(one.socket, selectors.EVENT_READ, one)
            one.send()
        while (now := time.perf_counter()) - began < seconds:
            for key, _ in waiting.select(timeout=1):
                if key.data.is_whole():
                    answered += 1
                    key.data.send()
        for one in opened:
            one.socket.close()
    return answered / (now - began)
