"""Settings are read whole, and production refuses each unsafe one by its name."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.config import Settings
from app.production import unsafe_for_production

KEY = "one-of-our-own-keys-and-nobody-elses-{}"
SAFE: dict[str, object] = {
    "env": "production",
    "public_url": "https://betal.fjordby.dk",
    "database_url": "postgresql://app@db/bdk",
    "migration_database_url": "postgresql://owner@db/bdk",
    "secret_key": KEY.format(1),
    "cpr_key": KEY.format(2),
    "cpr_digest_key": KEY.format(3),
    "citizen_oidc_issuer": "https://broker.example/op",
    "citizen_oidc_client_secret": "not-a-demo",
    "staff_oidc_issuer": "https://staff.example/op",
    "staff_oidc_client_key": "-----BEGIN PRIVATE KEY-----",
    "stripe_secret_key": "sk_live_1",
    "stripe_webhook_secrets": "whsec_1",
    "ledger_base_url": "https://prod.serviceplatformen.dk",
    "fbs_base_url": "https://fbs.example/rest",
    "fbs_password": "a-real-one",
    "catalogue_base_url": "https://catalogue.example",
    "metrics_token": "a-long-token",
    "ledger_client_certificates": "ab" * 32,
    "beskedfordeler_client_certificates": "cd" * 32,
    "trusted_proxies": 1,
}


def fresh(**said: Any) -> Settings:
    """Settings of which only this is said: no environment, no file."""
    read: Any = Settings
    made: Settings = read(_env_file=None, **said)
    return made


DEMO_KEY = fresh().secret_key[0].get_secret_value()


def settings(**changed: object) -> Settings:
    return fresh(**{**SAFE, **changed})


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the environment: here it says nothing."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BDK_{name.upper()}", raising=False)


def test_safe_settings_start() -> None:
    assert settings().env == "production"
    assert unsafe_for_production(settings()) == []


TOKENS: dict[str, object] = {
    "token_issue_url": "https://n2adgangsstyring.stoettesystemerne.dk/runtime/api/rest/wstrust/v1/issue",
    "token_access_url": "https://prod.serviceplatformen.dk/service/AccessTokenService_1/token",
    "ledger_client_certificate": "our.pem",
}


def test_tokens_are_had_at_two_services_or_not_at_all() -> None:
    assert unsafe_for_production(settings(**TOKENS)) == []
    with pytest.raises(ValidationError, match="belong together"):
        fresh(token_issue_url="http://localhost:5100/issue")


UNSAFE: list[tuple[str, dict[str, object]]] = [
    ("BDK_TOKEN_ISSUE_URL", {**TOKENS, "token_issue_url": "http://sts.example/issue"}),
    ("BDK_TOKEN_ACCESS_URL", {**TOKENS, "token_access_url": "https://localhost/token"}),
    ("BDK_LEDGER_CLIENT_CERTIFICATE", {**TOKENS, "ledger_client_certificate": None}),
    *[
        (f"BDK_{name.upper()} is local or plain http", dict[str, object]({name: url}))
        for name in (
            "public_url",
            "citizen_oidc_issuer",
            "staff_oidc_issuer",
            "ledger_base_url",
            "fbs_base_url",
            "catalogue_base_url",
            "stripe_api_base",
            "mobilepay_base_url",
        )
        for url in (
            "http://betal.fjordby.dk",
            "https://localhost",
            "https://LOCALHOST:5000/x",
            "https://127.0.0.1",
            "https://127.9.9.9:1",
            "https://[::1]:5000",
            "https://[::1]",
            "https://fjordby.localhost",
            "https://someone@localhost/x",
            "https://0.0.0.0",
        )
    ],
    *[
        (f"BDK_{name.upper()}", dict[str, object]({name: DEMO_KEY}))
        for name in ("secret_key", "cpr_key", "cpr_digest_key")
    ],
    ("BDK_SECRET_KEY", {"secret_key": f"{KEY.format(1)} {DEMO_KEY}"}),
    *[
        (f"BDK_{name.upper()} is missing", dict[str, object]({name: None}))
        for name in ("database_url", "stripe_secret_key", "fbs_password", "metrics_token")
    ],
    ("BDK_STRIPE_WEBHOOK_SECRETS is missing", {"stripe_webhook_secrets": ""}),
    ("BDK_CITIZEN_OIDC_CLIENT_KEY or", {"citizen_oidc_client_secret": None}),
    ("BDK_STAFF_OIDC_CLIENT_KEY or", {"staff_oidc_client_key": None}),
    ("BDK_DATABASE_URL must log in as another role", {"migration_database_url": SAFE["database_url"]}),
    ("BDK_STRIPE_SECRET_KEY is a test key", {"stripe_secret_key": "sk_test_1"}),
    ("BDK_STRIPE_SECRET_KEY is a test key", {"stripe_secret_key": "rk_test_1"}),
    ("BDK_STRIPE_WEBHOOK_SECRETS is a test key", {"stripe_webhook_secrets": "whsec_1 whsec_standin"}),
    ("BDK_FBS_PASSWORD is a test key", {"fbs_password": "standin"}),
    ("BDK_SECRETS entry 'fjordby'", {"secrets": {"fjordby": {"secret_key": "sk_test_1"}}}),
    ("BDK_SECRETS entry 'fjordby'", {"secrets": {"fjordby": {"webhook_secrets": "whsec_1 whsec_standin"}}}),
    ("BDK_SECRETS entry 'fjordby'", {"secrets": {"fjordby": {"password": "standin"}}}),
]


MOBILEPAY: dict[str, object] = {
    "mobilepay_client_id": "id",
    "mobilepay_client_secret": "a-real-one",
    "mobilepay_subscription_key": "a-real-one",
    "mobilepay_msn": "123456",
}
REPORT: dict[str, object] = {"mobilepay_report_client_id": "id", "mobilepay_report_client_secret": "a-real-one"}
BROKER: dict[str, object] = {
    "beskedfordeler_amqp_url": "amqps://user:secret@broker.example:5671/BF",
    "beskedfordeler_queue": "b0b0b0b0-0000-4000-8000-000000000001",
    "beskedfordeler_cvr": "99000007",
}
UNSAFE += [
    ("BDK_LEDGER_CLIENT_CERTIFICATES is missing", {"ledger_client_certificates": ""}),
    ("BDK_BESKEDFORDELER_CLIENT_CERTIFICATES is missing", {"beskedfordeler_client_certificates": ""}),
    ("BDK_TRUSTED_PROXIES is 0", {"trusted_proxies": 0}),
    ("BDK_BESKEDFORDELER_AMQP_URL is without TLS", {**BROKER, "beskedfordeler_amqp_url": "amqp://broker.example"}),
    ("BDK_BESKEDFORDELER_AMQP_URL names no user", {**BROKER, "beskedfordeler_amqp_url": "amqps://broker.example/BF"}),
    ("BDK_BESKEDFORDELER_QUEUE is missing", {**BROKER, "beskedfordeler_queue": None}),
    ("BDK_BESKEDFORDELER_CVR is missing", {**BROKER, "beskedfordeler_cvr": None}),
    ("BDK_MOBILEPAY_BASE_URL is MobilePay's test", {"mobilepay_base_url": "https://apitest.vipps.no/"}),
    *[
        (f"BDK_{left_out.upper()} is missing", {name: value for name, value in whole.items() if name != left_out})
        for whole in (MOBILEPAY, REPORT)
        for left_out in whole
    ],
    *[
        (f"BDK_{name.upper()} is a test key", {**MOBILEPAY, **REPORT, name: "standin-of-some-kind"})
        for name in (*MOBILEPAY, *REPORT)
        if not name.endswith(("_id", "_msn"))
    ],
    ("BDK_MOBILEPAY_WEBHOOK_SECRETS is a test key", {"mobilepay_webhook_secrets": "a-real-one standin-webhook"}),
    ("BDK_SECRETS entry 'fjordby'", {"secrets": {"fjordby": {"subscription_key": "standin-subscription"}}}),
]


def test_mobilepay_is_whole_or_left_out() -> None:
    assert unsafe_for_production(settings(**MOBILEPAY)) == []
    assert unsafe_for_production(settings(**MOBILEPAY, **REPORT)) == []


@pytest.mark.parametrize(("named", "changed"), UNSAFE)
def test_production_refuses_each_unsafe_setting_by_name(named: str, changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**changed)
    assert named in str(refused.value)


def test_production_names_every_fault_at_once_and_no_secret() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(public_url="http://here", stripe_secret_key="sk_test_very_secret", fbs_password=None)
    said = str(refused.value)
    assert [name in said for name in ("BDK_PUBLIC_URL", "BDK_STRIPE_SECRET_KEY", "BDK_FBS_PASSWORD")] == [True] * 3
    assert "very_secret" not in said


def test_development_starts_with_nothing_said() -> None:
    made = fresh()
    assert (made.env, made.database_url) == ("development", None)
    assert "Substantial" in made.citizen_oidc.accepted_loa


@pytest.mark.parametrize("name", ["secret_key", "cpr_key", "cpr_digest_key"])
@pytest.mark.parametrize("value", ["", "short", f"{KEY} short"])
def test_a_short_or_missing_key_is_refused_anywhere(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=f"BDK_{name.upper()}"):
        fresh(**{name: value})


@pytest.mark.parametrize("value", ['["{}", "{}"]', "{} {}", "{},{}", "{}, {}"])
def test_lists_are_json_or_words(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BDK_SECRET_KEY", value.replace("{}", KEY.format("x")))
    keys = fresh().secret_key
    assert [key.get_secret_value() for key in keys] == [KEY.format("x")] * 2


@pytest.mark.parametrize(
    "changed", [{"port": 0}, {"port": 65536}, {"trusted_proxies": 6}, {"public_url": "betal.dk"}, {"env": "prod"}]
)
def test_nonsense_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fresh(**changed)


def test_settings_are_frozen_and_keep_their_secrets() -> None:
    made = settings(secrets={"fjordby": {"password": "very-secret"}})
    with pytest.raises(ValidationError):
        made.port = 1
    assert KEY.format(1) not in repr(made)
    assert "very-secret" not in repr(made)


def test_a_brokers_own_names_are_added_to_the_usual_ones() -> None:
    made = fresh(citizen_oidc_claims={"cpr": ("their.cpr",)})
    assert made.citizen_oidc.claims["cpr"] == ("their.cpr",)
    assert made.citizen_oidc.claims["name"]
    assert made.staff_oidc.accepted_loa == frozenset()


def test_a_meaning_may_have_one_name_or_several() -> None:
    settings = Settings(citizen_oidc_claims={"cpr": "ssn", "loa": ["a", "b"]})  # type: ignore[dict-item]  # as typed
    assert (settings.citizen_oidc.claims["cpr"], settings.citizen_oidc.claims["loa"]) == (("ssn",), ("a", "b"))


def test_addresses_lose_their_last_slash_and_issuers_keep_theirs() -> None:
    settings = Settings(public_url="http://localhost:5000/", citizen_oidc_issuer="https://broker.example/")
    assert (settings.public_url, settings.citizen_oidc.issuer) == ("http://localhost:5000", "https://broker.example/")


def test_a_queue_of_messages_is_whole_or_left_out() -> None:
    assert unsafe_for_production(settings(**BROKER)) == []
    with_token = {**BROKER, **TOKENS, "beskedfordeler_amqp_url": "amqps://broker.example/BF"}
    assert unsafe_for_production(settings(**with_token)) == []
    with pytest.raises(ValidationError, match="BDK_BESKEDFORDELER_CVR is missing"):
        fresh(**{**with_token, "beskedfordeler_cvr": None})


@pytest.mark.parametrize("changed", [
    {"ledger_client_certificates": "not a fingerprint"}, {"beskedfordeler_client_certificates": "ab" * 31},
    {"beskedfordeler_amqp_url": "https://broker.example"}, {"beskedfordeler_amqp_url": "amqps:///BF"},
], ids=str)  # fmt: skip
def test_what_is_no_certificate_or_no_broker_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fresh(**changed)
