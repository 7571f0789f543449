"""The one way to make an HTTP client: TLS verified, no redirects, every wait bounded, and one deadline over many calls.

httpx bounds each single wait, so a peer that sends a byte now and then is never timed out. Inside `within(seconds)`
every wait of this thread is cut to what is left, over all calls together.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any

import httpcore
import httpx

MAX_ANSWER_BYTES = 20 * 1024 * 1024

_ends_at: ContextVar[float | None] = ContextVar("http_ends_at", default=None)


class AnswerTooLong(httpx.ReadError):
    """The peer sent more than any honest answer holds."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything this thread says over a client made here, inside the block, has ended after `seconds`.

    A call that is cut off raises `httpx.TimeoutException`. A block inside a block can only shorten the time. Looking up
    a host name is the system's own and is not cut.
    """
    outer = _ends_at.get()
    own = monotonic() + seconds
    token = _ends_at.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left() -> float | None:
    """What is left of this thread's deadline (below zero when it has passed); None where there is none."""
    return _left(None)


def new_client(
    base_url: str = "",
    *,
    timeout_seconds: float = 10.0,
    connect_seconds: float = 3.0,
    connections: int = 20,
    tls: ssl.SSLContext | None = None,
    headers: Mapping[str, str] | None = None,
    max_answer_bytes: int = MAX_ANSWER_BYTES,
) -> httpx.Client:
    """A client for one peer; it is thread safe and lives as long as the process.

    `timeout_seconds` bounds each wait (an answer, a free connection); a total needs `within`. `tls` is for peers that
    want our certificate; without it the peer is verified against the usual authorities. Proxies and credentials of the
    environment are not read: config.py is the only reader of the environment.
    """
    transport = _BoundedTransport(tls or httpx.create_ssl_context(), connections, max_answer_bytes)
    return httpx.Client(
        base_url=base_url,
        transport=transport,
        timeout=httpx.Timeout(timeout_seconds, connect=connect_seconds),
        follow_redirects=False,
        trust_env=False,
        # Compressed answers would make the limit on their length mean nothing.
        headers={"user-agent": "betal-din-kommune", "accept-encoding": "identity", **(headers or {})},
    )


def _left(timeout: float | None) -> float | None:
    """The shorter of a wait and what the deadline leaves; not above zero when there is no time left."""
    ends_at = _ends_at.get()
    if ends_at is None:
        return timeout
    left = ends_at - monotonic()
    return left if timeout is None else min(timeout, left)


class _BoundedStream(httpcore.NetworkStream):
    """A connection on which each wait ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout)
        if left is not None and left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(timeout)
        if left is not None and left <= 0:
            raise httpcore.WriteTimeout("the deadline has passed")
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout)
        if left is not None and left <= 0:
            raise httpcore.ConnectTimeout("the deadline has passed")
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _BoundedBackend(httpcore.NetworkBackend):
    """Opens connections whose waits end at the deadline."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout)
        if left is not None and left <= 0:
            raise httpcore.ConnectTimeout("the deadline has passed")
        return _BoundedStream(self._backend.connect_tcp(host, port, left, local_address, socket_options))


class _BoundedAnswer(httpx.SyncByteStream):
    """An answer's body, which may not be longer than a limit."""

    def __init__(self, stream: httpx.SyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        so_far = 0
        for part in self._stream:
            so_far += len(part)
            if so_far > self._limit:
                raise AnswerTooLong(f"the answer is longer than {self._limit} bytes")
            yield part

    def close(self) -> None:
        self._stream.close()


class _BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport on a pool whose connections know the deadline."""

    def __init__(self, tls: ssl.SSLContext, connections: int, max_answer_bytes: int) -> None:
        super().__init__(verify=tls, trust_env=False)
        # httpx offers no argument for the network backend; httpcore does.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30,
            network_backend=_BoundedBackend(),
        )
        self._max_answer_bytes = max_answer_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        waits: dict[str, float | None] = request.extensions.get("timeout", {})
        pool = _left(waits.get("pool"))
        if pool is not None:
            request.extensions = {**request.extensions, "timeout": {**waits, "pool": max(pool, 0.0)}}
        answer = super().handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        answer.stream = _BoundedAnswer(answer.stream, self._max_answer_bytes)
        return answer
