"""The composition root: the adapters that the settings and the municipalities' files choose, as one frozen object."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

import structlog

from app.config import Settings, revealed
from app.foundation.clock import Clock, utc_now
from app.foundation.crypto import CprVault
from app.foundation.db import Sessions, engine_for, sessions_on
from app.ledger.broker import AmqpConsumer, Queue
from app.ledger.port import Ledger, Messages
from app.ledger.wire import WireLedger
from app.municipalities.facts import Facts, FbsSourceFacts
from app.municipalities.register import Municipalities
from app.notifications.channels.email import SmtpMailer
from app.notifications.port import Mailer
from app.payments.port import Method, PaymentProvider
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.mobilepay_report import ReportKeys
from app.payments.providers.mobilepay_wire import Keys
from app.payments.providers.stripe import StripeProvider
from app.serviceplatformen.tokens import SecurityToken, TokenOffice
from app.serviceplatformen.transport import ServiceplatformRoad, Tickets, client_certificate
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from app.sources.connectors.catalogue import CatalogueOverHttp
from app.sources.connectors.fbs import FbsSource
from app.sources.connectors.ledger import LedgerSource
from app.sources.payable_claims import Names
from app.sources.port import Catalogue, Source, ToldSource
from app.sources.refresh import Crowd

T = TypeVar("T")
log = structlog.get_logger()
OFFERED = (Method.MOBILEPAY, Method.CARD)
PROVIDERS = ("mobilepay", "stripe")
MOBILEPAY_KEYS = ("client_id", "client_secret", "subscription_key", "msn")
MOBILEPAY_DOOR = "/hooks/mobilepay"
BESKEDFORDELER = "http://entityid.kombit.dk/service/bfo_modtag/2"


class NotConfigured(Exception):
    """A municipality's file asks for something that the settings do not have."""


class NotOffered(NotConfigured):
    """Neither the municipality's file nor the settings speak of it at all: that is a choice, not a fault."""


@dataclass(frozen=True)
class Wires:
    """Everything a door needs: settings, sessions, the clock, keys, and adapters by municipality."""

    settings: Settings
    sessions: Sessions
    clock: Clock
    vault: CprVault
    municipalities: Municipalities
    catalogue: Catalogue
    provider_of: Callable[[Facts, Method], PaymentProvider]
    """Where a new payment by a method begins."""
    provider_named: Callable[[Facts, str], PaymentProvider]
    """Where a payment that has begun goes on, by the name stored with it, whatever the settings say now."""
    sources_of: Callable[[Facts], Sequence[Source]]
    library_of: Callable[[Facts], ToldSource]
    ledger_of: Callable[[Facts], Ledger]
    mailer: Mailer | None = None
    """None: no mail server is named, and no receipts by e-mail are offered."""
    tickets: Tickets | None = None
    """None: Serviceplatformen wants no tokens."""
    messages: Messages | None = None
    """None: no queue is named; messages may still be pushed to the portal's door."""
    crowd: Crowd = field(default_factory=Crowd)

    def facts(self, code: str) -> Facts:
        """The municipality with a code.

        :raises UnknownMunicipality: none loaded
        """
        return self.municipalities.by_code(code, now=self.clock())

    def methods_of(self, facts: Facts) -> tuple[Method, ...]:
        """How a municipality's bills can be paid, in the order in which they are offered."""
        return tuple(method for method in OFFERED if self._takes(facts, method))

    def _takes(self, facts: Facts, method: Method) -> bool:
        try:
            return method in self.provider_of(facts, method).methods
        except NotConfigured:
            return False

    def merchants(self) -> tuple[list[tuple[Facts, PaymentProvider]], list[str]]:
        """Every merchant once, with the first municipality that has it; and who has one that is not configured."""
        found: dict[PaymentProvider, Facts] = {}
        faults: list[str] = []
        for facts in self.municipalities.every(now=self.clock()).values():
            for name in PROVIDERS:
                try:
                    found.setdefault(self.provider_named(facts, name), facts)
                except NotOffered:
                    continue
                except NotConfigured as error:
                    faults.append(f"{facts.code}: {error}")
        return [(facts, provider) for provider, facts in found.items()], faults

    def providers(self, name: str) -> list[PaymentProvider]:
        """The merchants at one provider, whose notices come to its door; one that is missing stops no other's."""
        merchants, faults = self.merchants()
        for fault in faults:
            log.warning("provider_not_configured", fault=fault)
        return [provider for _facts, provider in merchants if provider.name == name]


class Adapters:
    """Makes each adapter once for what it is made of, so that connections are kept and shared."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[tuple[object, ...], object] = {}
        certificate, key = settings.ledger_client_certificate, settings.ledger_client_key
        tls = client_certificate(certificate, key) if certificate else None
        self.tickets = _tickets(settings, tls)
        self._road = ServiceplatformRoad(base_url=settings.ledger_base_url, tls=tls, tickets=self.tickets)

    def provider(self, facts: Facts, method: Method) -> PaymentProvider:
        """The merchant that takes a municipality's money by a method."""
        is_direct = method is Method.MOBILEPAY and self._settings.mobilepay_via == "epayment"
        return self.provider_named(facts, "mobilepay" if is_direct else "stripe")

    def provider_named(self, facts: Facts, name: str) -> PaymentProvider:
        """A municipality's merchant at a provider.

        :raises NotConfigured: it has none there
        """
        if name == "mobilepay":
            return self._mobilepay(facts)
        if name == "stripe":
            return self._stripe(facts)
        raise NotConfigured(f"there is no provider named {name}")

    def _stripe(self, facts: Facts) -> PaymentProvider:
        settings = self._settings
        chosen = self._chosen(facts, facts.stripe_credentials)
        key = chosen.get("secret_key") or revealed(settings.stripe_secret_key)
        secrets = chosen.get("webhook_secrets", "").split() or [
            revealed(one) for one in settings.stripe_webhook_secrets
        ]
        if not key:
            raise NotConfigured("BDK_STRIPE_SECRET_KEY is missing")
        via_stripe = {Method.MOBILEPAY} if settings.mobilepay_via == "stripe" else set()
        return self._once(
            ("stripe", key, *secrets),
            lambda: StripeProvider(
                key, api_base=settings.stripe_api_base, webhook_secrets=secrets,
                methods=frozenset({Method.CARD} | via_stripe),
            ),
        )  # fmt: skip

    def _mobilepay(self, facts: Facts) -> PaymentProvider:
        """An entry of BDK_SECRETS is a whole set: keys of two sales units are never mixed."""
        settings = self._settings
        chosen = self._chosen(facts, facts.mobilepay_credentials) or settings.mobilepay_credentials
        if not any(chosen.get(name) for name in MOBILEPAY_KEYS):
            raise NotOffered("no MobilePay")
        if missing := [name for name in MOBILEPAY_KEYS if not chosen.get(name)]:
            where = facts.mobilepay_credentials or "BDK_MOBILEPAY_..."
            raise NotConfigured(f"{where} lacks {', '.join(missing)}")
        keys = Keys(**{name: chosen[name] for name in MOBILEPAY_KEYS})
        secrets = tuple(chosen.get("webhook_secrets", "").split())
        report_id, report_secret = chosen.get("report_client_id"), chosen.get("report_client_secret")
        report = ReportKeys(report_id, report_secret) if report_id and report_secret else None
        return self._once(
            ("mobilepay", keys, secrets, report),
            lambda: MobilePayProvider(
                keys, base_url=settings.mobilepay_base_url, notice_url=f"{settings.public_url}{MOBILEPAY_DOOR}",
                webhook_secrets=secrets, report_keys=report,
            ),
        )  # fmt: skip

    def _chosen(self, facts: Facts, reference: str | None) -> Mapping[str, str]:
        """The entry of BDK_SECRETS that a municipality's file names, or nothing where it names none."""
        chosen = self._settings.secrets.get(reference or "", {})
        if reference and not chosen:
            raise NotConfigured(f"BDK_SECRETS has no entry {reference!r} (named by {facts.name})")
        return chosen

    def library(self, facts: Facts) -> FbsSource:
        """The library system of a municipality."""
        chosen = next((source for source in facts.sources if isinstance(source, FbsSourceFacts)), None)
        if chosen is None:
            raise NotConfigured(f"{facts.name} has no source of kind fbs")
        settings, own = self._settings, self._chosen(facts, chosen.credentials)
        username = own.get("username", settings.fbs_username)
        password = own.get("password") or revealed(settings.fbs_password)
        return self._once(
            ("fbs", chosen.agency, username, password),
            lambda: FbsSource(
                settings.fbs_base_url, agency=chosen.agency, username=username, password=password,
                areas=frozenset(chosen.areas),
            ),
        )  # fmt: skip

    def sources(self, facts: Facts) -> Sequence[Source]:
        """Every source of a municipality."""
        return [
            self.library(facts) if isinstance(source, FbsSourceFacts) else self._ledger_source(facts, source.areas)
            for source in facts.sources
        ]

    def ledger(self, facts: Facts) -> Ledger:
        """The debtor ledger of a municipality."""
        return self._once(("ledger", _desk(facts)), lambda: WireLedger(road=self._road, desk=_desk(facts)))

    def _ledger_source(self, facts: Facts, areas: tuple[str, ...]) -> LedgerSource:
        names = Names.of(facts)
        return self._once(
            ("ledger source", _desk(facts), areas, *names.claim_types.items(), *names.origin_systems.items()),
            lambda: LedgerSource(
                road=self._road,
                desk=_desk(facts),
                claim_types=names.claim_types,
                origin_systems=names.origin_systems,
                areas=frozenset(areas),
            ),
        )

    def _once(self, what: tuple[object, ...], make: Callable[[], T]) -> T:
        if what not in self._made:
            self._made[what] = make()
        return cast("T", self._made[what])


def _tickets(settings: Settings, tls: ssl.SSLContext | None) -> Tickets | None:
    if not settings.token_issue_url or not settings.token_access_url:
        return None
    office = TokenOffice(
        issue_url=settings.token_issue_url,
        access_url=settings.token_access_url,
        certificate=settings.ledger_client_certificate,
        tls=tls,
    )
    return Tickets(office, settings.token_entity_id, settings.token_entity_ids)


def _desk(facts: Facts) -> Desk:
    agreed = facts.ledger
    route = Route(agreed.sender_cvr, agreed.sender_system, agreed.receiver_cvr, agreed.receiver_system)
    return Desk(route, facts.cvr)


def _messages(settings: Settings, tickets: Tickets | None) -> Messages | None:
    """Beskedfordeler's queue, where it is named. A token logs in, unless the address names a user of the broker."""
    if settings.beskedfordeler_amqp_url is None or settings.beskedfordeler_queue is None:
        return None
    queue = Queue(
        settings.beskedfordeler_amqp_url.get_secret_value(), settings.beskedfordeler_queue, settings.beskedfordeler_ca,
        certificate=settings.ledger_client_certificate, key=settings.ledger_client_key,
    )  # fmt: skip
    token = None
    if tickets and not settings.beskedfordeler_has_user:
        entity_id = settings.token_entity_ids.get("bfo_modtag", BESKEDFORDELER)
        token = SecurityToken(tickets.office, entity_id=entity_id, cvr=settings.beskedfordeler_cvr or "")
    return AmqpConsumer(queue, token=token)


def wire(settings: Settings, *, clock: Clock = utc_now) -> Wires:
    """Join the settings to the adapters they choose. Nothing is called yet.

    :raises NotConfigured: no database
    """
    if not settings.database_url:
        raise NotConfigured("BDK_DATABASE_URL is unset: `make demo` and `make run` bring a database, or set it")
    sessions = sessions_on(engine_for(settings.database_url, pool_size=20))
    adapters = Adapters(settings)
    return Wires(
        settings=settings,
        sessions=sessions,
        clock=clock,
        vault=CprVault(
            [key.get_secret_value() for key in settings.cpr_key],
            [key.get_secret_value() for key in settings.cpr_digest_key],
        ),
        municipalities=Municipalities(sessions),
        catalogue=CatalogueOverHttp(settings.catalogue_base_url),
        provider_of=adapters.provider,
        provider_named=adapters.provider_named,
        sources_of=adapters.sources,
        library_of=adapters.library,
        ledger_of=adapters.ledger,
        tickets=adapters.tickets,
        mailer=SmtpMailer(settings.smtp_url.get_secret_value()) if settings.smtp_url else None,
        messages=_messages(settings, adapters.tickets),
    )
