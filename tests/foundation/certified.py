"""Makes client certificates for tests."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certified:
    """A certificate in every form in which it is named."""

    der: bytes
    pem: str

    @property
    def header(self) -> str:
        """What a proxy says of it (RFC 9440)."""
        return f":{base64.b64encode(self.der).decode()}:"

    @property
    def fingerprint(self) -> str:
        """SHA-256."""
        return hashlib.sha256(self.der).hexdigest()


def certified(*, valid_from: datetime, valid_to: datetime, name: str = "Debitorsystem") -> Certified:
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .sign(key, hashes.SHA256())
    )
    return Certified(made.public_bytes(Encoding.DER), made.public_bytes(Encoding.PEM).decode())
