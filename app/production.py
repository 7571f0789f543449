"""What production refuses to start with: what would be unsafe, and what works only in a demonstration or a test."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

ADDRESSES = (
    "public_url", "citizen_oidc_issuer", "staff_oidc_issuer", "ledger_base_url", "fbs_base_url", "catalogue_base_url",
    "stripe_api_base", "mobilepay_base_url", "token_issue_url", "token_access_url",
)  # fmt: skip

# Development keys: they open nothing but a demonstration, and production refuses them by name.
DEMO_KEY = "demo-only-key-never-for-real-data-0000"


def _local_or_plain(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        is_local = host in {"", "localhost"} or host.endswith(".localhost")
    else:
        is_local = address.is_loopback or address.is_unspecified
    return is_local or parts.scheme != "https"


def unsafe_for_production(settings: Any) -> list[str]:
    """What of the settings production refuses, each fault named with its setting and what to do."""
    faults = [
        f"BDK_{name.upper()} is local or plain http: give the real https:// address"
        for name in ADDRESSES
        if (url := getattr(settings, name)) and _local_or_plain(url)
    ]
    faults += [
        f"BDK_{name.upper()} holds the demonstration's key: make one of your own"
        for name in ("secret_key", "cpr_key", "cpr_digest_key")
        if any(key.get_secret_value() == DEMO_KEY for key in getattr(settings, name))
    ]
    faults += [
        f"BDK_{name.upper()} is missing"
        for name in ("database_url", "stripe_secret_key", "fbs_password", "metrics_token")
        if not getattr(settings, name)
    ]
    if not settings.stripe_webhook_secrets:
        faults.append("BDK_STRIPE_WEBHOOK_SECRETS is missing")
    faults += [
        f"BDK_{who.upper()}_OIDC_CLIENT_KEY or ..._CLIENT_SECRET is missing"
        for who in ("citizen", "staff")
        if not (getattr(settings, f"{who}_oidc_client_key") or getattr(settings, f"{who}_oidc_client_secret"))
    ]
    if settings.token_issue_url and not settings.ledger_client_certificate:
        faults.append("BDK_LEDGER_CLIENT_CERTIFICATE is missing: a Holder-of-key token is had for a certificate")
    if not settings.citizen_oidc_accepted_loa:
        faults.append("BDK_CITIZEN_OIDC_ACCEPTED_LOA is empty: any level of assurance would do")
    if settings.database_url and settings.database_url == settings.migration_database_url:
        faults.append(
            "BDK_DATABASE_URL must log in as another role than BDK_MIGRATION_DATABASE_URL: the portal owns nothing"
        )
    faults += [f"{where} is a test key: give the live one" for where in _test_keys(settings)]
    return faults + _caller_faults(settings) + _mobilepay_faults(settings)


def _caller_faults(settings: Any) -> list[str]:
    """What the doors need that other systems call with a client certificate."""
    names = ("ledger_client_certificates", "beskedfordeler_client_certificates")
    faults = [
        f"BDK_{name.upper()} is missing: name the certificates that may call"
        for name in names
        if not getattr(settings, name)
    ]
    if url := settings.beskedfordeler_amqp_url:
        if not url.get_secret_value().startswith("amqps://"):
            faults.append("BDK_BESKEDFORDELER_AMQP_URL is without TLS: give the amqps:// address")
        if not settings.beskedfordeler_has_user and not settings.token_issue_url:
            faults.append("BDK_BESKEDFORDELER_AMQP_URL names no user: set BDK_TOKEN_ISSUE_URL, whose token logs in")
        faults += [
            f"BDK_BESKEDFORDELER_{name.upper()} is missing"
            for name in ("queue", "cvr")
            if not getattr(settings, f"beskedfordeler_{name}")
        ]
    if not settings.trusted_proxies:
        faults.append("BDK_TRUSTED_PROXIES is 0: a proxy must end the TLS and tell of client certificates")
    return faults


def _mobilepay_faults(settings: Any) -> list[str]:
    """MobilePay may be left out, not half configured. Secrets of webhooks come later: a command makes them."""
    faults = []
    if urlsplit(settings.mobilepay_base_url).hostname == "apitest.vipps.no":
        faults.append("BDK_MOBILEPAY_BASE_URL is MobilePay's test environment: leave it out")
    for names in (
        ("client_id", "client_secret", "subscription_key", "msn"),
        ("report_client_id", "report_client_secret"),
    ):
        said = {name: bool(getattr(settings, f"mobilepay_{name}")) for name in names}
        if any(said.values()):
            faults += [f"BDK_MOBILEPAY_{name.upper()} is missing" for name in names if not said[name]]
    return faults


def _test_keys(settings: Any) -> list[str]:
    found = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        secrets = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, SecretStr)]
        if any(_is_test_key(one.get_secret_value()) for one in secrets):
            found.append(f"BDK_{name.upper()}")
    return found + [
        f"BDK_SECRETS entry {name!r}"
        for name, entry in settings.secrets.items()
        if any(_is_test_key(word) for value in entry.values() for word in value.split())
    ]


def _is_test_key(value: str) -> bool:
    return value.startswith(("sk_test_", "rk_test_", "standin")) or value == "whsec_standin"
