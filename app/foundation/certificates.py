"""Client certificates that a proxy has seen: which are accepted, and what its header says (RFC 9440)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

HEADER: Final = "Client-Cert"
"""`Client-Cert: :<base64 of the DER>:`, set by the proxy that ended the TLS, which strips whatever a client sends."""
_LONGEST: Final = 16 * 1024
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_FINGERPRINT: Final = re.compile(r"[0-9a-fA-F]{64}")


class NotAFingerprint(ValueError):
    """Neither the SHA-256 of a certificate nor a certificate in PEM."""


class NoCertificate(Exception):
    """No certificate came, or what came is none."""


class NotAccepted(Exception):
    """A certificate came, but not one that is accepted, or not at this time."""


@dataclass(frozen=True)
class Presented:
    """A certificate as it was presented; it holds no secret."""

    fingerprint: str
    """SHA-256 of the DER, in hexadecimal."""
    valid_from: datetime
    valid_to: datetime


def fingerprints(text: str) -> tuple[str, ...]:
    """The fingerprints that a setting names: SHA-256 in hexadecimal (colons allowed), or certificates in PEM.

    :raises NotAFingerprint: something else stands there
    """
    found = [_of_pem(pem) for pem in _PEM.findall(text)]
    for word in _PEM.sub(" ", text).replace(",", " ").split():
        bare = word.replace(":", "")
        if not _FINGERPRINT.fullmatch(bare):
            raise NotAFingerprint("must hold SHA-256 fingerprints of 64 hexadecimal digits, or certificates in PEM")
        found.append(bare.lower())
    return tuple(dict.fromkeys(found))


def presented(header: str | None) -> Presented:
    """The certificate in the proxy's header.

    :raises NoCertificate: none, or one that cannot be read
    """
    value = (header or "").strip()
    if len(value) < 3 or len(value) > _LONGEST or not (value.startswith(":") and value.endswith(":")):
        raise NoCertificate("no certificate in the form of RFC 9440")
    try:
        der = base64.b64decode(value[1:-1], validate=True)
        certificate = x509.load_der_x509_certificate(der)
        return Presented(_fingerprint(der), certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except (binascii.Error, ValueError) as error:
        raise NoCertificate("the certificate cannot be read") from error


def accept(header: str | None, *, accepted: Iterable[str], now: datetime) -> Presented:
    """The certificate, when it is one of the accepted and in force now.

    :raises NoCertificate: none, or one that cannot be read
    :raises NotAccepted: another, or outside its dates
    """
    found = presented(header)
    # Every one is compared, and each in constant time.
    matches = [hmac.compare_digest(found.fingerprint, one) for one in accepted]
    if not any(matches):
        raise NotAccepted(f"certificate {found.fingerprint[:16]} is not accepted here")
    if not found.valid_from <= now <= found.valid_to:
        raise NotAccepted(f"certificate {found.fingerprint[:16]} is outside its dates")
    return found


def ends_at(certificate: Path) -> datetime:
    """When a certificate (the first of a PEM file) ends.

    :raises OSError, ValueError: a file that cannot be read, or is no certificate
    """
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def _of_pem(pem: str) -> str:
    try:
        return _fingerprint(x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER))
    except ValueError as error:
        raise NotAFingerprint("a certificate in PEM cannot be read") from error


def _fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
