"""The road over HTTPS: SOAP 1.1 POST, our certificate, a token where one is wanted, one deadline, no redirects."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from app.foundation.http import new_client, within
from app.serviceplatformen.port import Nonsense, Refused, Unavailable
from app.serviceplatformen.tokens import TokenOffice

# Services are versioned in their address; B_03 is at 1.
VERSION: Final = 1
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
# A SOAPAction may hold US-ASCII only.
_ASCII: Final = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})


def client_certificate(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """TLS that shows our certificate (PEM; the key in the same file or one of its own) and verifies theirs.

    :raises OSError: a file that cannot be read, or is no certificate with its key
    """
    context = ssl.create_default_context()
    context.load_cert_chain(certificate, key)
    return context


@dataclass(frozen=True)
class Tickets:
    """The tokens of this environment, by the service's name."""

    office: TokenOffice
    entity_id: str
    """Where `{service}` stands, the service's name in lower case."""
    entity_ids: Mapping[str, str]
    """By the service's name in ASCII, for those whose entity id is another."""

    def of(self, service: str, *, cvr: str, refused: str | None = None) -> str:
        """The `Authorization` header for a service (see `TokenOffice.header`).

        :raises Unavailable, Nonsense, Refused: no token could be had
        """
        return self.office.header(entity_id=self.entity_id_of(service), cvr=cvr, refused=refused)

    def seconds_left_of(self, service: str, *, cvr: str) -> float | None:
        """How long the token that is kept for a service is valid; None when none is."""
        return self.office.seconds_left_of(entity_id=self.entity_id_of(service), cvr=cvr)

    def entity_id_of(self, service: str) -> str:
        """What a service is called where tokens are had."""
        return self.entity_ids.get(service) or self.entity_id.replace("{service}", service.lower())


class ServiceplatformRoad:
    """Implements `Road`. One for the whole process: thread safe, it keeps its connections open.

    `base_url` is the address before `/service/OIR/`, such as `https://prod.serviceplatformen.dk`. `tickets` are had
    for every call; without them the certificate alone opens the road.
    """

    def __init__(
        self,
        *,
        base_url: str,
        tls: ssl.SSLContext | None = None,
        connections: int = 20,
        tickets: Tickets | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._tickets = tickets
        self._client = new_client(tls=tls, connections=connections, max_answer_bytes=MAX_ANSWER_BYTES)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def send(self, *, service: str, action: str, envelope: bytes, cvr: str, deadline_seconds: float) -> bytes:
        """Carry an envelope (see `Road.send`).

        :raises Unavailable, Nonsense, Refused: as the port says
        """
        url = f"{self._base_url}/service/OIR/{quote(in_ascii(service))}/{VERSION}"
        headers = {
            "content-type": "text/xml; charset=utf-8",
            "accept": "text/xml",
            "soapaction": f'"{in_ascii(action)}"',
        }
        post = partial(self._client.post, url, content=envelope, timeout=deadline_seconds)
        try:
            with within(deadline_seconds):
                answer = self._answer(post, in_ascii(service), cvr, headers)
        except httpx.TimeoutException as error:
            raise Unavailable(f"no answer within {deadline_seconds:g} s") from error
        except httpx.DecodingError as error:
            raise Nonsense("an answer that cannot be unpacked") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no connection: {type(error).__name__}") from error
        return _judged(answer)

    def _answer(
        self, post: Callable[..., httpx.Response], service: str, cvr: str, headers: dict[str, str]
    ) -> httpx.Response:
        """What is answered; a token that is not accepted is renewed once, for nothing was done under it."""
        if self._tickets is None:
            return post(headers=headers)
        ticket = self._tickets.of(service, cvr=cvr)
        answer = post(headers={**headers, "authorization": ticket})
        if answer.status_code != HTTPStatus.UNAUTHORIZED:
            return answer
        ticket = self._tickets.of(service, cvr=cvr, refused=ticket)
        return post(headers={**headers, "authorization": ticket})


def in_ascii(name: str) -> str:
    """A Danish name in the letters that an HTTP header may hold: `SoegFordringTilIndbetaling`."""
    return name.translate(_ASCII)


def _judged(answer: httpx.Response) -> bytes:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_xml = kind in {"text/xml", "application/xml", "application/soap+xml"}
    # SOAP 1.1 sends its faults with status 500.
    if answer.status_code in {200, 500} and is_xml:
        return answer.content
    if answer.status_code >= 500 or answer.status_code in {408, 425, 429}:
        raise Unavailable(f"the road answers {answer.status_code}")
    if answer.status_code >= 400:
        raise Refused(f"the road answers {answer.status_code}")
    raise Nonsense(f"an answer with status {answer.status_code} and content type {kind or 'none'}")
