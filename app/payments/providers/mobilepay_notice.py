"""A notice from Vipps MobilePay: proven over the raw bytes first, read afterwards. Speaks no wire.

The scheme has no rule of freshness, and deliveries are tried again for seven days, so an old date proves nothing: what
was handled before is known by its `event_id`, and what it says is never believed but fetched.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit
from uuid import UUID

from app.payments.port import BadNotice, Hint

MAX_BYTES = 64 * 1024
SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="


def read(*, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], url: str) -> Hint:
    """What a notice hints at; any of the secrets may have signed it, for the registered `url` alone.

    :raises BadNotice: unsigned, wrongly signed, or unreadable
    """
    if len(raw) > MAX_BYTES:
        raise BadNotice("too long")
    _prove({name.lower(): value for name, value in headers.items()}, raw, secrets, url)
    try:
        told = json.loads(raw)
        reference, name, movement = told["reference"], told["name"], told["pspReference"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise BadNotice("not an event") from fault
    if not all(isinstance(one, str) and one for one in (reference, name, movement)):
        raise BadNotice("not an event")
    # A try that failed and one that worked are two events, even where the vendor gives them one pspReference.
    kind = name if told.get("success", True) else f"{name} failed"
    return Hint(f"{reference}/{kind}/{movement}", kind, reference, our_id(reference))


def our_id(reference: str) -> UUID | None:
    """Our payment's id, which is the reference we give; None where the payment is another system's."""
    try:
        return UUID(reference)
    except ValueError:
        return None


def _prove(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], url: str) -> None:
    """HMAC-SHA256 over method, path, date, host and digest of the body, as the vendor documents it.

    Host and path are those of the registered address: behind a proxy the request's own are others.

    :raises BadNotice: no signature fits
    """
    given = headers.get("authorization", "")
    if not given.startswith(SCHEME):
        raise BadNotice("not signed")
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    if not hmac.compare_digest(headers.get("x-ms-content-sha256", "").encode(), digest.encode()):
        raise BadNotice("another body was signed")
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    signed = f"POST\n{path}\n{headers.get('x-ms-date', '')};{parts.netloc};{digest}".encode()
    proof = given.removeprefix(SCHEME).encode()
    expected = [base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()) for secret in secrets]
    if not any(hmac.compare_digest(proof, one) for one in expected):
        raise BadNotice("no signature fits")
