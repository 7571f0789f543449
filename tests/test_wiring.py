"""The composition root: which adapters the settings and the municipalities' files choose, each made once."""

import json
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.foundation.db import Sessions
from app.ledger.wire import WireLedger
from app.municipalities import register
from app.payments.port import Method
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.stripe import StripeProvider
from app.sources.connectors.fbs import FbsSource
from app.sources.connectors.ledger import LedgerSource
from app.wiring import Adapters, NotConfigured, NotOffered, wire
from tests.conftest import Database
from tests.demo import FACTS, NOW, facts
from tests.serviceplatformen.peers import peer, saying

SETTINGS = Settings(
    env="test",
    stripe_secret_key=SecretStr("sk_test_1"),
    stripe_webhook_secrets=(SecretStr("whsec_1"),),
    mobilepay_client_id="client",
    mobilepay_client_secret=SecretStr("secret"),
    mobilepay_subscription_key=SecretStr("subscription"),
    mobilepay_msn="123456",
    mobilepay_webhook_secrets=(SecretStr("webhook"),),
    fbs_password=SecretStr("secret"),
    secrets={
        "own-stripe": {"secret_key": "sk_test_2", "webhook_secrets": "whsec_2 whsec_3"},
        "own-mobilepay": {
            "client_id": "own", "client_secret": "own", "subscription_key": "own", "msn": "654321",
            "webhook_secrets": "one two", "report_client_id": "own", "report_client_secret": "own",
        },
        "half-mobilepay": {"client_id": "own", "client_secret": "own", "webhook_secrets": "one"},
        "own-fbs": {"username": "other", "password": "other"},
    },
)  # fmt: skip
WITHOUT_MOBILEPAY = SETTINGS.model_copy(
    update={f"mobilepay_{name}": None for name in ("client_id", "client_secret", "subscription_key", "msn")}
)


@pytest.fixture
def adapters() -> Adapters:
    return Adapters(SETTINGS)


def test_municipalities_share_a_merchant_unless_their_file_names_one(adapters: Adapters) -> None:
    shared = adapters.provider(FACTS, Method.CARD)
    assert isinstance(shared, StripeProvider)
    assert adapters.provider(facts(code="0997"), Method.CARD) is shared
    own = adapters.provider(facts(stripe_credentials="own-stripe"), Method.CARD)
    assert own is not shared
    assert adapters.provider(facts(stripe_credentials="own-stripe"), Method.CARD) is own


def test_what_is_not_configured_is_named(adapters: Adapters) -> None:
    with pytest.raises(NotConfigured, match="missing-entry"):
        adapters.provider(facts(stripe_credentials="missing-entry"), Method.CARD)
    with pytest.raises(NotConfigured, match="paypal"):
        adapters.provider_named(FACTS, "paypal")
    with pytest.raises(NotConfigured, match="half-mobilepay lacks subscription_key, msn"):
        adapters.provider(facts(mobilepay_credentials="half-mobilepay"), Method.MOBILEPAY)
    with pytest.raises(NotConfigured, match=r"BDK_MOBILEPAY_\.\.\. lacks msn"):
        Adapters(SETTINGS.model_copy(update={"mobilepay_msn": None})).provider(FACTS, Method.MOBILEPAY)
    with pytest.raises(NotOffered):
        Adapters(WITHOUT_MOBILEPAY).provider(FACTS, Method.MOBILEPAY)
    with pytest.raises(NotConfigured, match="BDK_STRIPE_SECRET_KEY"):
        Adapters(Settings(env="test", stripe_secret_key=None)).provider(FACTS, Method.CARD)
    source = {"kind": "fbs", "agency": "DK-799800", "areas": ["library"], "credentials": "missing-entry"}
    with pytest.raises(NotConfigured, match="missing-entry"):
        adapters.library(facts(sources=[source]))
    with pytest.raises(NotConfigured, match="no source of kind fbs"):
        adapters.library(facts(sources=[{"kind": "ledger", "areas": ["daycare"]}]))


def test_mobilepay_has_its_own_agreement_or_goes_through_stripe(adapters: Adapters) -> None:
    direct = adapters.provider(FACTS, Method.MOBILEPAY)
    assert isinstance(direct, MobilePayProvider)
    assert direct.notice_url == f"{SETTINGS.public_url}/hooks/mobilepay"
    assert adapters.provider(facts(code="0997"), Method.MOBILEPAY) is direct
    assert adapters.provider(facts(mobilepay_credentials="own-mobilepay"), Method.MOBILEPAY) is not direct
    other = Adapters(SETTINGS.model_copy(update={"mobilepay_via": "stripe"}))
    assert other.provider(FACTS, Method.MOBILEPAY) is other.provider(FACTS, Method.CARD)
    assert other.provider(FACTS, Method.MOBILEPAY).methods == {Method.CARD, Method.MOBILEPAY}
    assert adapters.provider(FACTS, Method.CARD).methods == {Method.CARD}


def test_a_payment_is_asked_about_where_it_began_whatever_the_settings_say_now() -> None:
    changed = Adapters(SETTINGS.model_copy(update={"mobilepay_via": "stripe"}))
    assert isinstance(changed.provider_named(FACTS, "mobilepay"), MobilePayProvider)
    assert isinstance(changed.provider_named(FACTS, "stripe"), StripeProvider)


def test_every_source_of_the_file_has_its_connector(adapters: Adapters) -> None:
    library, ledger = adapters.sources(FACTS)
    assert isinstance(library, FbsSource)
    assert isinstance(ledger, LedgerSource)
    assert (library.name, library.areas) == ("fbs", frozenset({"library"}))
    assert (ledger.name, ledger.areas) == ("ledger", frozenset({"daycare"}))
    assert adapters.sources(FACTS) == [library, ledger], "connections are kept"
    assert adapters.library(FACTS) is library
    own = {"kind": "fbs", "agency": "DK-799800", "areas": ["library"], "credentials": "own-fbs"}
    assert adapters.library(facts(sources=[own])) is not library


def test_each_municipality_has_its_own_ledger(adapters: Adapters) -> None:
    ledger = adapters.ledger(FACTS)
    assert isinstance(ledger, WireLedger)
    assert adapters.ledger(FACTS) is ledger
    assert adapters.ledger(facts(code="0997", cvr="99000015")) is not ledger


def test_no_wires_without_a_database() -> None:
    with pytest.raises(NotConfigured, match="BDK_DATABASE_URL"):
        wire(SETTINGS.model_copy(update={"database_url": None}))


@pytest.mark.database
def test_the_wires_know_the_municipalities_and_their_merchants(sessions: Sessions, database: Database) -> None:
    with sessions.begin() as session:
        register.load(session, facts=FACTS, now=NOW)
        register.load(session, facts=facts(code="0997", cvr="99000015"), now=NOW)
        own = facts(code="0996", cvr="99000023", stripe_credentials="own-stripe")
        register.load(session, facts=own, now=NOW)
        broken = facts(code="0995", cvr="99000031", stripe_credentials="missing-entry")
        register.load(session, facts=broken, now=NOW)
    wires = wire(SETTINGS.model_copy(update={"database_url": database.app_url}), clock=lambda: NOW)
    try:
        assert wires.facts("0997").code == "0997"
        shared = wires.provider_of(FACTS, Method.CARD)
        assert set(wires.providers("stripe")) == {wires.provider_of(own, Method.CARD), shared}
        assert wires.providers("mobilepay") == [wires.provider_of(FACTS, Method.MOBILEPAY)]
        merchants, faults = wires.merchants()
        assert len(merchants) == 3
        assert len(faults) == 1
        assert faults[0].startswith("0995: BDK_SECRETS has no entry 'missing-entry'")
        assert wires.methods_of(FACTS) == (Method.MOBILEPAY, Method.CARD)
        assert wires.methods_of(broken) == (Method.MOBILEPAY,)
        with pytest.raises(register.UnknownMunicipality):
            wires.facts("0001")
    finally:
        wires.sessions.kw["bind"].dispose()


@pytest.mark.parametrize(("user", "named", "asked_for"), [
    ("", {}, ["http://entityid.kombit.dk/service/bfo_modtag/2"]), ("", {"bfo_modtag": "urn:ours"}, ["urn:ours"]),
    ("user:password@", {}, []),
], ids=str)  # fmt: skip
def test_a_token_logs_in_at_the_queue_unless_its_address_names_a_user(
    user: str, named: dict[str, str], asked_for: list[str]
) -> None:
    stopped, asked = threading.Event(), []

    def issue(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        asked.append(json.loads(sent))
        stopped.set()
        saying(503, b"")(handler, sent)

    with peer(issue) as url:
        wires = wire(SETTINGS.model_copy(update={
            "database_url": "postgresql://nobody@/nowhere", "token_issue_url": url, "token_access_url": url,
            "token_entity_ids": named, "beskedfordeler_amqp_url": SecretStr(f"amqp://{user}127.0.0.1:9/BF"),
            "beskedfordeler_queue": "b0b0b0b0-0000-4000-8000-000000000001", "beskedfordeler_cvr": FACTS.cvr,
        }))  # fmt: skip
        threading.Timer(10 if asked_for else 0.5, stopped.set).start()
        assert wires.messages
        wires.messages.run(lambda _raw: None, stopped=stopped)
    assert [one["AppliesTo"]["EndpointReference"]["Address"] for one in asked] == asked_for
    assert all(one["AnvenderKontekst"] == {"Cvr": FACTS.cvr} for one in asked)
