"""A notice from Stripe: proven over the raw bytes first, read afterwards. Speaks no wire and needs no library."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.payments.port import BadNotice, Hint

# How far a notice's clock may be from ours, both ways. Stripe's own library looks only backwards.
CLOCK_TOLERANCE = timedelta(seconds=300)
MAX_BYTES = 256 * 1024
SIGNATURE_HEADER = "stripe-signature"
# Where an object of each kind names the charge that it is or is about.
CHARGES = {"charge": "id", "refund": "charge", "dispute": "charge", "payment_intent": "latest_charge"}


def read(*, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], now: datetime) -> Hint:
    """What a notice hints at; any of the secrets may have signed it.

    :raises BadNotice: unsigned, wrongly signed, too old, from the future, or unreadable
    """
    if len(raw) > MAX_BYTES:
        raise BadNotice("too long")
    signature = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), None)
    if signature is None:
        raise BadNotice("not signed")
    _prove(signature, raw, secrets, now)
    try:
        event = json.loads(raw)
        kind, event_id, thing = event["type"], event["id"], event["data"]["object"]
        if not (isinstance(kind, str) and isinstance(event_id, str) and event_id and isinstance(thing, dict)):
            raise BadNotice("not an event")
        return hint(event_id, kind, thing)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise BadNotice("not an event") from fault


def hint(event_id: str, kind: str, thing: Mapping[str, Any]) -> Hint:
    """The hint in an event about this object: a reference only where it is a Checkout Session, else what it names.

    :raises KeyError: the object lacks what every object of Stripe's has
    """
    what = thing["object"]
    charge = thing.get(CHARGES[what]) if what in CHARGES else None
    return Hint(
        event_id,
        kind,
        reference=str(thing["id"]) if what == "checkout.session" else None,
        payment_id=our_id(thing.get("metadata")),
        charge_reference=charge if isinstance(charge, str) else None,
    )


def our_id(metadata: Any, name: str = "payment") -> UUID | None:
    """Our payment's (or refund's) id as we gave it, or None where the object is another system's."""
    try:
        return UUID(metadata[name])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _prove(signature: str, raw: bytes, secrets: Sequence[str], now: datetime) -> None:
    """HMAC-SHA256 over "<t>.<raw body>", as Stripe documents it; several `v1` are fine while a secret is changed.

    :raises BadNotice: no signature fits, or its time is not near ours
    """
    parts = [part.strip().partition("=") for part in signature.split(",")]
    times = [value for name, _equals, value in parts if name == "t"]
    given = [value.encode() for name, _equals, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 12):
        raise BadNotice("the signature bears no time")
    signed = times[0].encode() + b"." + raw
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(one, other) for one in expected for other in given):
        raise BadNotice("no signature fits")
    if abs(now - datetime.fromtimestamp(int(times[0]), UTC)) > CLOCK_TOLERANCE:
        raise BadNotice("signed too long ago, or in the future")
