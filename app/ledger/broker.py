"""Messages over AMQP 0-9-1 from Beskedfordeler's queue (a dueslag): taken, stored, and only then acknowledged.

Nothing is acknowledged before `take` has returned. When it raises, or the connection breaks, the broker still has the
message and delivers it again.
"""

import logging
import random
import ssl
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import pika
import pika.exceptions
import structlog
from pika.credentials import ExternalCredentials, PlainCredentials

from app.ledger.port import Take
from app.serviceplatformen.port import RoadError

log = structlog.get_logger()
# It tells of every lost connection with a dozen lines; ours is one.
logging.getLogger("pika").setLevel(logging.CRITICAL)
PREFETCH: Final = 20
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 60.0
_LOOK_UP_SECONDS: Final = 0.5
"""How often a quiet consumer looks whether it is to stop."""


class Token(Protocol):
    """Gives the security token that one logs in with; `renew` when the last one was not accepted (expired: 41)."""

    def __call__(self, *, renew: bool) -> bytes:
        """The assertion itself.

        :raises RoadError: none could be had
        """
        ...


@dataclass(frozen=True)
class Queue:
    """Where the messages are."""

    url: str
    """amqps://user:password@host:5671/vhost; without user and password where a token logs in."""
    name: str
    ca: Path | None = None
    """Whom to trust, where it is not the machine's own list."""
    certificate: Path | None = None
    """Ours, shown where the broker asks for one."""
    key: Path | None = None


class _TokenCredentials(ExternalCredentials):  # type: ignore[misc] # pika has no types
    """A token as Beskedfordeler wants it: SASL's EXTERNAL, whose answer is the assertion."""

    def __init__(self, token: bytes) -> None:
        super().__init__()
        self._token = token

    def response_for(self, _start: object) -> tuple[str, bytes]:
        """What is answered when the broker asks who we are."""
        return self.TYPE, self._token


class AmqpConsumer:
    """Implements `Messages`, over as many connections as it needs, one at a time."""

    def __init__(self, queue: Queue, *, token: Token | None = None, first_wait: float = _FIRST_WAIT_SECONDS) -> None:
        self._queue = queue
        self._token = token
        self._first_wait = first_wait
        self._renew = False

    def run(self, take: Take, *, stopped: Event) -> None:
        """Take messages until `stopped` is set. A broker that is away is called again, later and later."""
        wait = self._first_wait
        while not stopped.is_set():
            try:
                self._consume(take, stopped)
                wait = self._first_wait
            except pika.exceptions.AMQPError as fault:
                # One whose token has expired is refused, or cut off: the next one is a new one.
                self._renew = _is_refusal(fault)
                log.warning("broker_lost", error=type(fault).__name__, again_in_seconds=round(wait, 1))
            except RoadError as fault:
                log.warning("broker_token_missing", error=str(fault), again_in_seconds=round(wait, 1))
            except OSError as fault:
                log.warning("broker_unreachable", error=type(fault).__name__, again_in_seconds=round(wait, 1))
            except Exception as fault:
                log.exception("message_not_stored", error=type(fault).__name__, again_in_seconds=round(wait, 1))
            stopped.wait(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads the load, guards nothing
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _consume(self, take: Take, stopped: Event) -> None:
        connection = pika.BlockingConnection(self._parameters())
        try:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=PREFETCH)
            log.info("broker_connected")
            self._renew = False
            for method, _properties, body in channel.consume(
                self._queue.name, auto_ack=False, inactivity_timeout=_LOOK_UP_SECONDS
            ):
                if method is not None:
                    take(body)
                    channel.basic_ack(method.delivery_tag)
                if stopped.is_set():
                    break
            # What was fetched and not taken goes back to the queue.
            channel.cancel()
        finally:
            if connection.is_open:
                connection.close()

    def _parameters(self) -> pika.ConnectionParameters:
        parts = urlsplit(self._queue.url)
        is_tls = parts.scheme == "amqps"
        return pika.ConnectionParameters(
            host=parts.hostname,
            port=parts.port or (5671 if is_tls else 5672),
            virtual_host=unquote(parts.path.removeprefix("/")) or "/",
            credentials=self._credentials(parts.username, parts.password),
            ssl_options=pika.SSLOptions(self._tls(), parts.hostname) if is_tls else None,
            heartbeat=30,
            blocked_connection_timeout=60,
            socket_timeout=10,
            stack_timeout=20,
            connection_attempts=1,
        )

    def _tls(self) -> ssl.SSLContext:
        tls = ssl.create_default_context(cafile=str(self._queue.ca) if self._queue.ca else None)
        if self._queue.certificate:
            tls.load_cert_chain(self._queue.certificate, self._queue.key)
        return tls

    def _credentials(self, user: str | None, password: str | None) -> PlainCredentials | ExternalCredentials:
        if self._token is None:
            return PlainCredentials(unquote(user or ""), unquote(password or ""))
        return _TokenCredentials(self._token(renew=self._renew))


def _is_refusal(fault: pika.exceptions.AMQPError) -> bool:
    refusals = (pika.exceptions.AuthenticationError, pika.exceptions.ProbableAuthenticationError)
    return isinstance(fault, refusals) or getattr(fault, "reply_code", None) == 403
