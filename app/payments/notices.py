"""Notices: what a provider's webhook hints at is fetched, settled and remembered, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.db import Sessions
from app.payments import follow, settlement
from app.payments.models import Payment, ProviderNotice
from app.payments.port import BadNotice, Hint, NoSuchPayment, PaymentProvider


def receive(
    sessions: Sessions, *, providers: Sequence[PaymentProvider], headers: Mapping[str, str], raw: bytes, now: datetime
) -> bool:
    """Take in one webhook (speaks over a wire: takes the session factory). Returns whether it was news.

    `providers` are the merchants whose notices come to this door; the one whose secret fits is meant.

    :raises BadNotice: proven to be nobody's; nothing is changed
    :raises ProviderError: the truth could not be fetched: the provider should send the notice again
    """
    provider, hint = _read(providers, headers, raw, now)
    return handle(sessions, provider=provider, hint=hint, now=now)


def handle(sessions: Sessions, *, provider: PaymentProvider, hint: Hint, now: datetime) -> bool:
    """Follow one hint to the truth, unless it was followed before (speaks over a wire: takes the session factory).

    :raises OutcomeUnknown, ProviderUnavailable: the truth could not be fetched
    """
    with sessions.begin() as session:
        if not _is_news(session, provider, hint, now):
            return False
        reference = _reference(session, provider, hint)
    if reference is None and (hint.payment_id or hint.charge_reference):
        return False  # kept as unhandled: a payment that we do not know (yet); its own truth will tell the same
    if reference is not None:
        try:
            follow.follow(sessions, provider=provider, reference=reference, now=now)
        except NoSuchPayment:
            return False  # kept as unhandled; it must not hold back the news behind it
        except settlement.UnknownPayment:
            return False  # kept as unhandled: somebody else's payment at the same merchant
    with sessions.begin() as session:
        session.execute(
            update(ProviderNotice)
            .where(ProviderNotice.provider == provider.name, ProviderNotice.event_id == hint.event_id)
            .values(handled_at=now)
        )
    return True


def _read(
    providers: Sequence[PaymentProvider], headers: Mapping[str, str], raw: bytes, now: datetime
) -> tuple[PaymentProvider, Hint]:
    refused = BadNotice("no provider is configured")
    for provider in providers:
        try:
            return provider, provider.read_notice(headers=headers, raw=raw, now=now)
        except BadNotice as error:
            refused = error
    raise refused


def _reference(session: Session, provider: PaymentProvider, hint: Hint) -> str | None:
    """The provider's own reference of the payment that is meant; None where there is none, or we know of none."""
    if hint.reference is not None:
        return hint.reference
    for same in (Payment.id == hint.payment_id, Payment.charge_reference == hint.charge_reference):
        found = select(Payment.provider_reference).where(Payment.provider == provider.name, same)
        if reference := session.scalar(found.limit(1)):
            return reference
    return None


def _is_news(session: Session, provider: PaymentProvider, hint: Hint, now: datetime) -> bool:
    session.execute(
        insert(ProviderNotice)
        .values(
            provider=provider.name, event_id=hint.event_id, kind=hint.kind, reference=hint.reference, received_at=now
        )
        .on_conflict_do_nothing()
    )
    return (
        session.scalar(
            select(ProviderNotice.handled_at).where(
                ProviderNotice.provider == provider.name, ProviderNotice.event_id == hint.event_id
            )
        )
        is None
    )
