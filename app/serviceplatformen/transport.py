"""The road over HTTPS: SOAP 1.1 POST, our client certificate, one deadline, no redirects."""

import ssl
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from app.foundation.http import new_client, within
from app.serviceplatformen.port import Nonsense, Refused, Unavailable

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


class ServiceplatformRoad:
    """Implements `Road`. One for the whole process: thread safe, it keeps its connections open.

    `base_url` is the address before `/service/OIR/`, such as `https://prod.serviceplatformen.dk`.
    """

    def __init__(self, *, base_url: str, tls: ssl.SSLContext | None = None, connections: int = 20) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = new_client(tls=tls, connections=connections, max_answer_bytes=MAX_ANSWER_BYTES)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def send(self, *, service: str, action: str, envelope: bytes, deadline_seconds: float) -> bytes:
        """Carry an envelope (see `Road.send`).

        :raises Unavailable, Nonsense, Refused: as the port says
        """
        url = f"{self._base_url}/service/OIR/{quote(in_ascii(service))}/{VERSION}"
        headers = {
            "content-type": "text/xml; charset=utf-8",
            "accept": "text/xml",
            "soapaction": f'"{in_ascii(action)}"',
        }
        try:
            with within(deadline_seconds):
                answer = self._client.post(url, content=envelope, headers=headers, timeout=deadline_seconds)
        except httpx.TimeoutException as error:
            raise Unavailable(f"no answer within {deadline_seconds:g} s") from error
        except httpx.DecodingError as error:
            raise Nonsense("an answer that cannot be unpacked") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no connection: {type(error).__name__}") from error
        return _judged(answer)


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
