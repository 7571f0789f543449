"""The demonstration's own keys, made at first need, and the environment that goes with the stand-ins."""

import os
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


def private_key_pem(path: Path) -> str:
    """The RSA key in a file, made there (readable by its owner alone) when it is missing."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        unfinished = path.with_suffix(".new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        unfinished.rename(path)
    return path.read_text()


def client_certificate_pem(path: Path, *, now: datetime) -> str:
    """The certificate that the stand-ins call the portal with, made beside its key when it is missing or about to end.

    The portal sees only what the proxy says of it, so in a demonstration the stand-ins say it themselves.
    """
    if path.exists():
        pem = path.read_text()
        if x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc > now + timedelta(days=1):
            return pem
    key = load_pem_private_key(private_key_pem(path.with_suffix(".key.pem")).encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stand-ins of Betal din kommune")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(made.public_bytes(Encoding.PEM))
    unfinished.rename(path)
    return path.read_text()


def make_demo_environment(environment: MutableMapping[str, str], *, var: Path) -> None:
    """Point the portal at the stand-ins on this machine, wherever nothing else has been said."""
    portal = environment.setdefault("BDK_PORT", "5000")
    standins_port = environment.setdefault("BDK_STANDINS_PORT", "5100")
    smtp_port = environment.setdefault("BDK_STANDINS_SMTP_PORT", str(int(standins_port) + 25))
    outside = f"http://localhost:{standins_port}"
    certificate = client_certificate_pem(var / "keys" / "standins-client.pem", now=datetime.now(UTC))
    chosen = {
        "BDK_VAR": str(var),
        "BDK_PUBLIC_URL": f"http://localhost:{portal}",
        "BDK_CITIZEN_OIDC_ISSUER": f"{outside}/mitid/op",
        "BDK_CITIZEN_OIDC_CLIENT_KEY": private_key_pem(var / "keys" / "citizen-oidc.pem"),
        "BDK_STAFF_OIDC_ISSUER": f"{outside}/personale-login/op",
        "BDK_STAFF_OIDC_CLIENT_KEY": private_key_pem(var / "keys" / "staff-oidc.pem"),
        "BDK_STRIPE_API_BASE": f"{outside}/stripe",
        "BDK_STRIPE_SECRET_KEY": "sk_test_standin",
        "BDK_STRIPE_WEBHOOK_SECRETS": "whsec_standin",
        "BDK_MOBILEPAY_BASE_URL": f"{outside}/mobilepay",
        "BDK_MOBILEPAY_CLIENT_ID": "standin-client",
        "BDK_MOBILEPAY_CLIENT_SECRET": "standin-secret",
        "BDK_MOBILEPAY_SUBSCRIPTION_KEY": "standin-subscription",
        "BDK_MOBILEPAY_MSN": "123456",
        "BDK_MOBILEPAY_WEBHOOK_SECRETS": "standin-webhook",
        "BDK_MOBILEPAY_REPORT_CLIENT_ID": "standin-accounting",
        "BDK_MOBILEPAY_REPORT_CLIENT_SECRET": "standin-accounting-secret",
        "BDK_LEDGER_BASE_URL": f"{outside}/ledger",
        "BDK_TOKEN_ISSUE_URL": f"{outside}/serviceplatformen/runtime/api/rest/wstrust/v1/issue",
        "BDK_TOKEN_ACCESS_URL": f"{outside}/serviceplatformen/service/AccessTokenService_1/token",
        "BDK_LEDGER_CLIENT_CERTIFICATES": certificate,
        "BDK_BESKEDFORDELER_CLIENT_CERTIFICATES": certificate,
        "BDK_FBS_BASE_URL": f"{outside}/fbs/rest",
        "BDK_FBS_PASSWORD": "standin",
        "BDK_CATALOGUE_BASE_URL": f"{outside}/catalogue",
        "BDK_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
    }
    for name, value in chosen.items():
        environment.setdefault(name, value)
