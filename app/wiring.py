"""The composition root: the adapters that the settings and the municipalities' files choose, as one frozen object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

import structlog
from pydantic import SecretStr

from app.config import Settings
from app.foundation.clock import Clock, utc_now
from app.foundation.crypto import CprVault
from app.foundation.db import Sessions, engine_for, sessions_on
from app.ledger.port import Ledger
from app.ledger.wire import WireLedger
from app.municipalities.facts import Facts, FbsSourceFacts
from app.municipalities.register import Municipalities
from app.notifications.channels.email import SmtpMailer
from app.notifications.port import Mailer
from app.payments.port import Method, PaymentProvider
from app.payments.providers.stripe import StripeProvider
from app.serviceplatformen.transport import ServiceplatformRoad, client_certificate
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from app.sources.connectors.catalogue import CatalogueOverHttp
from app.sources.connectors.fbs import FbsSource
from app.sources.connectors.ledger import LedgerSource
from app.sources.port import Catalogue, Source, ToldSource
from app.sources.refresh import Crowd

T = TypeVar("T")
log = structlog.get_logger()


class NotConfigured(Exception):
    """A municipality's file asks for something that the settings do not have."""


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
    sources_of: Callable[[Facts], Sequence[Source]]
    library_of: Callable[[Facts], ToldSource]
    ledger_of: Callable[[Facts], Ledger]
    mailer: Mailer | None = None
    """None: no mail server is named, and no receipts by e-mail are offered."""
    crowd: Crowd = field(default_factory=Crowd)

    def facts(self, code: str) -> Facts:
        """The municipality with a code.

        :raises UnknownMunicipality: none loaded
        """
        return self.municipalities.by_code(code, now=self.clock())

    def providers(self) -> list[PaymentProvider]:
        """Every merchant whose notices may come to this portal; a municipality without one stops no other's."""
        found: dict[PaymentProvider, None] = {}
        for facts in self.municipalities.every(now=self.clock()).values():
            try:
                found[self.provider_of(facts, Method.CARD)] = None
            except NotConfigured as error:
                log.warning("provider_not_configured", municipality=facts.code, error=str(error))
        return list(found)


class Adapters:
    """Makes each adapter once for what it is made of, so that connections are kept and shared."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[tuple[object, ...], object] = {}
        certificate, key = settings.ledger_client_certificate, settings.ledger_client_key
        tls = client_certificate(certificate, key) if certificate else None
        self._road = ServiceplatformRoad(base_url=settings.ledger_base_url, tls=tls)

    def provider(self, facts: Facts, method: Method) -> PaymentProvider:
        """The merchant that takes a municipality's money by a method."""
        if method is not Method.CARD:
            raise NotConfigured(f"no provider takes {method}")
        settings, reference = self._settings, facts.stripe_credentials
        chosen = settings.secrets.get(reference or "", {})
        if reference and not chosen:
            raise NotConfigured(f"BDK_SECRETS has no entry {reference!r} (named by {facts.name})")
        key = chosen.get("secret_key") or _revealed(settings.stripe_secret_key)
        secrets = chosen.get("webhook_secrets", "").split() or [
            _revealed(one) for one in settings.stripe_webhook_secrets
        ]
        if not key:
            raise NotConfigured("BDK_STRIPE_SECRET_KEY is missing")
        return self._once(
            ("stripe", key, *secrets),
            lambda: StripeProvider(key, api_base=settings.stripe_api_base, webhook_secrets=secrets),
        )

    def library(self, facts: Facts) -> FbsSource:
        """The library system of a municipality."""
        chosen = next((source for source in facts.sources if isinstance(source, FbsSourceFacts)), None)
        if chosen is None:
            raise NotConfigured(f"{facts.name} has no source of kind fbs")
        settings = self._settings
        own = settings.secrets.get(chosen.credentials or "", {})
        if chosen.credentials and not own:
            raise NotConfigured(f"BDK_SECRETS has no entry {chosen.credentials!r} (named by {facts.name})")
        username = own.get("username", settings.fbs_username)
        password = own.get("password") or _revealed(settings.fbs_password)
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
        types = {str(uuid): key for key, one in facts.claim_types.items() for uuid in one.sortiment}
        systems = {str(uuid): name for uuid, name in facts.ledger.origin_systems.items()}
        return self._once(
            ("ledger source", _desk(facts), areas, *types.items(), *systems.items()),
            lambda: LedgerSource(
                road=self._road,
                desk=_desk(facts),
                claim_types=types,
                origin_systems=systems,
                areas=frozenset(areas),
            ),
        )

    def _once(self, what: tuple[object, ...], make: Callable[[], T]) -> T:
        if what not in self._made:
            self._made[what] = make()
        return cast("T", self._made[what])


def _desk(facts: Facts) -> Desk:
    agreed = facts.ledger
    route = Route(agreed.sender_cvr, agreed.sender_system, agreed.receiver_cvr, agreed.receiver_system)
    return Desk(route, facts.cvr)


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


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
        sources_of=adapters.sources,
        library_of=adapters.library,
        ledger_of=adapters.ledger,
        mailer=SmtpMailer(settings.smtp_url.get_secret_value()) if settings.smtp_url else None,
    )
