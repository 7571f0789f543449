"""Settings: read once from the environment, checked, frozen, handed in. The only reader of the environment."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.foundation.certificates import fingerprints
from app.foundation.email_address import read_email
from app.production import ADDRESSES, DEMO_KEY, unsafe_for_production

ROOT = Path(__file__).resolve().parent.parent
_NEB_LEVELS = (
    "https://data.gov.dk/concept/core/nsis/Substantial https://data.gov.dk/concept/core/nsis/High "
    "https://data.gov.dk/concept/core/nsis/loa/Substantial https://data.gov.dk/concept/core/nsis/loa/High "
    "Substantial High urn:grn:authn:dk:mitid:substantial urn:grn:authn:dk:mitid:high"
)
_CLAIMS: dict[str, tuple[str, ...]] = {
    "cpr": ("dk.cpr", "cprNumberIdentifier", "nin", "cpr", "dk_ssn", "https://data.gov.dk/model/core/eid/cprNumber"),
    "name": ("mitid.identity_name", "name"),
    "first_name": ("https://data.gov.dk/model/core/eid/firstName",),
    "last_name": ("https://data.gov.dk/model/core/eid/lastName",),
    "loa": ("loa", "acr", "mitid_loa", "https://data.gov.dk/concept/core/nsis/loa"),
    "cvr": ("cvr", "nemlogin.cvr", "https://data.gov.dk/model/core/eid/professional/cvr"),
    "privileges": ("privilegesIntermediate", "privileges", "https://data.gov.dk/model/core/eid/privilegesIntermediate"),
    "email": ("email",),
}
_ROLES = {
    "http://betaldinkommune.dk/roles/usersystemrole/bibliotek/1": "library",
    "http://betaldinkommune.dk/roles/usersystemrole/opkraevning/1": "collections",
}


class Oidc(BaseModel):
    """One OpenID provider and how it speaks of people."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    client_id: str
    client_key: SecretStr | None
    client_secret: SecretStr | None
    scopes: str
    claims: dict[str, tuple[str, ...]]
    """Meaning to claim names, tried in order."""
    authorize_extra: dict[str, str]
    accepted_loa: frozenset[str]
    """Empty: the level is not asked about (staff)."""


def revealed(secret: SecretStr | None) -> str:
    """What a secret holds; nothing where it is unset."""
    return secret.get_secret_value() if secret else ""


def _words(value: Any) -> Any:
    """A list may be written as JSON or as words separated by spaces or commas."""
    if isinstance(value, str):
        return json.loads(value) if value.lstrip().startswith("[") else value.replace(",", " ").split()
    return value


Words = Annotated[tuple[str, ...], NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]
Fingerprints = Annotated[tuple[str, ...], NoDecode]
"""Certificates that are accepted, by the SHA-256 of each."""


class Settings(BaseSettings):
    """Every setting; `docs/settings.md` tells what each is for."""

    model_config = SettingsConfigDict(
        env_prefix="BDK_",
        env_file=".env",
        env_file_encoding="utf-8",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    env: Literal["development", "test", "production"] = "development"
    var: Path = ROOT / "var"
    port: int = Field(default=5000, ge=1, le=65535)
    standins_port: int = Field(default=5100, ge=1, le=65535)
    standins_smtp_port: int = Field(default=5125, ge=1, le=65535)
    public_url: str = "http://localhost:5000"
    database_url: str | None = None
    migration_database_url: str | None = None
    secrets: dict[str, dict[str, str]] = Field(default_factory=dict, repr=False)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    accessibility_statement_url: str | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_token: SecretStr | None = None
    rate_limit_url: SecretStr | None = None

    secret_key: Secrets = (SecretStr(DEMO_KEY),)
    cpr_key: Secrets = (SecretStr(DEMO_KEY),)
    cpr_digest_key: Secrets = (SecretStr(DEMO_KEY),)

    citizen_oidc_issuer: str = "http://localhost:5100/mitid/op"
    citizen_oidc_client_id: str = "betaldinkommune"
    citizen_oidc_client_key: SecretStr | None = None
    citizen_oidc_client_secret: SecretStr | None = None
    citizen_oidc_scopes: str = "openid mitid ssn"
    citizen_oidc_claims: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    citizen_oidc_authorize_extra: dict[str, str] = Field(
        default_factory=lambda: {"idp_values": "mitid", "idp_params": '{"mitid": {"loa_value": "substantial"}}'}
    )
    citizen_oidc_accepted_loa: Words = tuple(_NEB_LEVELS.split())

    staff_oidc_issuer: str = "http://localhost:5100/personale-login/op"
    staff_oidc_client_id: str = "betaldinkommune-personale"
    staff_oidc_client_key: SecretStr | None = None
    staff_oidc_client_secret: SecretStr | None = None
    staff_oidc_scopes: str = "openid profile email"
    staff_oidc_claims: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    staff_oidc_authorize_extra: dict[str, str] = Field(default_factory=dict)
    staff_oidc_accepted_loa: Words = ()
    staff_oidc_roles: dict[str, str] = Field(default_factory=lambda: dict(_ROLES))

    provider_hosts: Words = ("checkout.stripe.com", "*.vipps.no", "*.mobilepay.dk")
    stripe_api_base: str | None = None
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secrets: Secrets = ()

    mobilepay_base_url: str = "https://api.vipps.no"
    mobilepay_client_id: str | None = None
    mobilepay_client_secret: SecretStr | None = None
    mobilepay_subscription_key: SecretStr | None = None
    mobilepay_msn: str | None = None
    mobilepay_webhook_secrets: Secrets = ()
    mobilepay_report_client_id: str | None = None
    mobilepay_report_client_secret: SecretStr | None = None
    mobilepay_via: Literal["epayment", "stripe"] = "epayment"

    ledger_base_url: str = "http://localhost:5100/ledger"
    ledger_client_certificate: Path | None = None
    ledger_client_key: Path | None = None
    token_issue_url: str | None = None
    token_access_url: str | None = None
    token_entity_id: str = "http://entityid.kombit.dk/service/{service}/1"  # noqa: S105 - a pattern of names
    token_entity_ids: dict[str, str] = Field(default_factory=dict)
    ledger_promise_seconds: int = Field(default=60, ge=1)
    ledger_client_certificates: Fingerprints = ()
    beskedfordeler_client_certificates: Fingerprints = ()
    beskedfordeler_amqp_url: SecretStr | None = None
    beskedfordeler_queue: str | None = None
    beskedfordeler_cvr: str | None = None
    beskedfordeler_ca: Path | None = None
    fbs_base_url: str = "http://localhost:5100/fbs/rest"
    fbs_username: str = "betaldinkommune"
    fbs_password: SecretStr | None = None
    catalogue_base_url: str = "http://localhost:5100/catalogue"

    @field_validator(
        "secret_key",
        "cpr_key",
        "cpr_digest_key",
        "provider_hosts",
        "stripe_webhook_secrets",
        "mobilepay_webhook_secrets",
        "citizen_oidc_accepted_loa",
        "staff_oidc_accepted_loa",
        mode="before",
    )
    @classmethod
    def _read_words(cls, value: Any) -> Any:
        return _words(value)

    @field_validator("ledger_client_certificates", "beskedfordeler_client_certificates", mode="before")
    @classmethod
    def _read_certificates(cls, value: Any) -> Any:
        return fingerprints(value) if isinstance(value, str) else value

    @field_validator("citizen_oidc_claims", "staff_oidc_claims", mode="before")
    @classmethod
    def _one_name_is_a_list_of_one(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {meaning: [names] if isinstance(names, str) else names for meaning, names in value.items()}

    @field_validator(*ADDRESSES)
    @classmethod
    def _is_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http:// on this machine)")
        # An issuer is compared letter by letter, so it stays as it was written.
        return value if str(info.field_name).endswith("_issuer") else value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("must look like smtp://user:password@host:587 or smtps://user:password@host:465")
        return value

    @field_validator("beskedfordeler_amqp_url")
    @classmethod
    def _is_broker(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in {"amqp", "amqps"} or not parts.hostname):
            raise ValueError("must look like amqps://user:password@host:5671/BF")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        return read_email(value) if value else None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        for name in ("secret_key", "cpr_key", "cpr_digest_key"):
            keys = getattr(self, name)
            if not keys or any(len(key.get_secret_value()) < 32 for key in keys):
                raise ValueError(f"BDK_{name.upper()} must hold at least one key of 32 characters or more")
        if bool(self.token_issue_url) != bool(self.token_access_url):
            raise ValueError("BDK_TOKEN_ISSUE_URL and BDK_TOKEN_ACCESS_URL belong together: set both, or neither")
        if self.token_issue_url and self.beskedfordeler_amqp_url and not self.beskedfordeler_cvr:
            raise ValueError("BDK_BESKEDFORDELER_CVR is missing: a token for the queue is had for a municipality")
        if self.env == "production" and (faults := unsafe_for_production(self)):
            raise ValueError("production refuses to start:\n" + "\n".join(f"  - {fault}" for fault in faults))
        return self

    @property
    def citizen_oidc(self) -> Oidc:
        """The broker for citizens."""
        return self._oidc("citizen")

    @property
    def staff_oidc(self) -> Oidc:
        """The broker for staff."""
        return self._oidc("staff")

    @property
    def staff_roles(self) -> dict[str, str]:
        """Privilege address to role (`library`, `collections`)."""
        return self.staff_oidc_roles

    @property
    def beskedfordeler_has_user(self) -> bool:
        """Whether the broker's address says with which user one logs in; otherwise a token does."""
        url = self.beskedfordeler_amqp_url
        return url is not None and bool(urlsplit(url.get_secret_value()).username)

    @property
    def mobilepay_credentials(self) -> dict[str, str]:
        """MobilePay's settings as an entry of BDK_SECRETS would hold them."""
        return {
            "client_id": self.mobilepay_client_id or "",
            "client_secret": revealed(self.mobilepay_client_secret),
            "subscription_key": revealed(self.mobilepay_subscription_key),
            "msn": self.mobilepay_msn or "",
            "webhook_secrets": " ".join(revealed(one) for one in self.mobilepay_webhook_secrets),
            "report_client_id": self.mobilepay_report_client_id or "",
            "report_client_secret": revealed(self.mobilepay_report_client_secret),
        }

    def _oidc(self, who: str) -> Oidc:
        def read(name: str) -> Any:
            return getattr(self, f"{who}_oidc_{name}")

        return Oidc(
            issuer=read("issuer"),
            client_id=read("client_id"),
            client_key=read("client_key"),
            client_secret=read("client_secret"),
            scopes=read("scopes"),
            claims=_CLAIMS | read("claims"),
            authorize_extra=read("authorize_extra"),
            accepted_loa=frozenset(read("accepted_loa")),
        )
