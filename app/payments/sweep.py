"""The sweep: asks providers about what is unfinished, so that a lost webhook delays nothing by more than a minute."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.foundation.db import Sessions
from app.payments import checkout, notices
from app.payments.models import Payment, ProviderCursor
from app.payments.paced import Paced
from app.payments.port import OutcomeUnknown, PaymentProvider, ProviderError, ProviderUnavailable
from app.payments.states import OPEN

OVERLAP = timedelta(minutes=5)
"""Lists are read a little further back than they were read before: an event may be listed late."""
FIRST_LOOK_BACK = timedelta(hours=24)
SECONDS_BETWEEN_CALLS = 0.25
"""Calls begin at least so far apart: at most four a second to a merchant's provider."""
SECONDS_A_RUN = 45.0
"""Nothing is begun after that, so that a run ends within its minute; the next one goes on where it ended."""
BATCH = 20
"""So many payments are read, and asked about, before the merchant lets another have its turn."""
SIDE_BY_SIDE = 8
SILENT = 3
"""A merchant that does not answer so many times in a row is left alone for the rest of the run."""
WAITS = (timedelta(minutes=1), timedelta(minutes=10))
LONGEST_WAIT = timedelta(hours=1)


@dataclass
class Swept:
    """What a sweep did."""

    hints: int = 0
    asked: int = 0
    failed: int = 0


def recent(sessions: Sessions, *, provider: PaymentProvider, municipality_code: str, now: datetime) -> Swept:
    """Read the provider's list of recent events and settle the news (speaks over a wire: takes the session factory).

    A payment about which the provider does not answer does not hold back the news of others.

    :raises ProviderError: the list, or some of its payments, could not be read; it is read from there again next time
    """
    done, unheard, silent = Swept(), None, 0
    with sessions.begin() as session:
        cursor = session.get(ProviderCursor, (municipality_code, provider.name))
    since = cursor.read_until - OVERLAP if cursor else now - FIRST_LOOK_BACK
    for hint in provider.recent(since=since):
        try:
            done.hints += notices.handle(sessions, provider=provider, hint=hint, now=now)
        except ProviderError as error:
            unheard, silent = error, silent + 1
            if silent >= SILENT:
                break
        else:
            silent = 0
    if unheard is not None:
        raise unheard
    with sessions.begin() as session:
        read = insert(ProviderCursor).values(
            municipality_code=municipality_code, provider=provider.name, read_until=now
        )
        session.execute(
            read.on_conflict_do_update(index_elements=["municipality_code", "provider"], set_={"read_until": now})
        )
    return done


@dataclass
class _Merchant:
    """One merchant, whose pace is its own whoever's payments it has."""

    provider: Paced
    codes: list[str]
    silent: int = 0
    """How many times in a row it has not answered."""


def unfinished(
    sessions: Sessions, *, provider_of: Callable[[str, str], PaymentProvider], now: datetime,
    clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep,
    seconds: float = SECONDS_A_RUN,
) -> Swept:  # fmt: skip
    """Ask singly about payments that no event has settled: merchants side by side, each its longest unasked first.

    Speaks over a wire: takes the session factory. `provider_of` gives the provider of (municipality code, stored
    name). Bounded in time, in threads and in memory, however many payments are open.
    """
    ends_at = clock() + seconds
    at_a_pace = partial(Paced, seconds_apart=SECONDS_BETWEEN_CALLS, clock=clock, pause=pause)
    merchants, missing = _merchants(_waiting_at(sessions, now), provider_of, at_a_pace)
    turns = SimpleQueue[_Merchant]()
    for merchant in merchants:
        turns.put(merchant)
    run = _Run(sessions, now, lambda: clock() >= ends_at, turns)
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="sweep") as pool:
        served = list(pool.map(lambda _: run.serve(), range(min(SIDE_BY_SIDE, len(merchants)))))
    return Swept(asked=sum(one.asked for one in served), failed=missing + sum(one.failed for one in served))


def _merchants(
    holders: list[tuple[str, str]], provider_of: Callable[[str, str], PaymentProvider],
    at_a_pace: Callable[[PaymentProvider], Paced],
) -> tuple[list[_Merchant], int]:  # fmt: skip
    """Every merchant once: several municipalities may have the same. And how many have none, for now."""
    found: dict[PaymentProvider, _Merchant] = {}
    missing = 0
    for code, name in holders:
        try:
            provider = provider_of(code, name)
        except ProviderError:
            missing += 1
            continue
        if provider not in found:
            found[provider] = _Merchant(at_a_pace(provider), [])
        found[provider].codes.append(code)
    return list(found.values()), missing


@dataclass(frozen=True)
class _Run:
    """One run, and the merchants that wait for a turn in it."""

    sessions: Sessions
    now: datetime
    is_over: Callable[[], bool]
    turns: SimpleQueue[_Merchant]

    def serve(self) -> Swept:
        """What each thread does: give a merchant its turn and let it queue up again, while it has anything to ask."""
        done = Swept()
        while not self.is_over():
            try:
                merchant = self.turns.get_nowait()
            except Empty:  # every other one is with another thread
                break
            if self._has_more(merchant, done):
                self.turns.put(merchant)
        return done

    def _has_more(self, merchant: _Merchant, done: Swept) -> bool:
        """Ask a merchant about some payments; whether it should have another turn."""
        batch = _due(self.sessions, merchant, self.now)
        for payment_id in batch:
            if self.is_over():
                return False
            if self._is_answered(merchant, payment_id):
                done.asked += 1
            else:
                done.failed += 1
            if merchant.silent >= SILENT:
                return False
        return len(batch) == BATCH

    def _is_answered(self, merchant: _Merchant, payment_id: UUID) -> bool:
        """Ask about one payment. It is marked first: what is never answered must not come before all others again."""
        with self.sessions.begin() as session:
            session.execute(
                update(Payment)
                .where(Payment.id == payment_id)
                .values(checked_at=self.now, checks=Payment.checks + 1)
                .execution_options(synchronize_session=False)
            )
        try:
            checkout.look(self.sessions, provider=merchant.provider, payment_id=payment_id, now=self.now)
        except ProviderError as error:
            is_silent = isinstance(error, OutcomeUnknown | ProviderUnavailable)
            merchant.silent = merchant.silent + 1 if is_silent else 0
            return False
        merchant.silent = 0
        return True


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Open, and last asked about long enough ago: 1 minute, 10 minutes, then hourly."""
    steps = [(Payment.checks == count) & (Payment.checked_at <= now - wait) for count, wait in enumerate(WAITS)]
    later = (Payment.checks >= len(WAITS)) & (Payment.checked_at <= now - LONGEST_WAIT)
    return Payment.state.in_([state.value for state in OPEN]) & or_(later, *steps)


def _waiting_at(sessions: Sessions, now: datetime) -> list[tuple[str, str]]:
    """Whose payments are due: (municipality code, the provider's stored name), the longest unasked first."""
    holders = (
        select(Payment.municipality_code, Payment.provider)
        .where(_is_due(now))
        .group_by(Payment.municipality_code, Payment.provider)
        .order_by(func.min(Payment.checked_at))
    )
    with sessions.begin() as session:
        return [(code, name) for code, name in session.execute(holders)]


def _due(sessions: Sessions, merchant: _Merchant, now: datetime) -> list[UUID]:
    """A batch of a merchant's payments that are due, the longest unasked first."""
    chosen = (
        select(Payment.id)
        .where(_is_due(now), Payment.provider == merchant.provider.name, Payment.municipality_code.in_(merchant.codes))
        .order_by(Payment.checked_at, Payment.id)
        .limit(BATCH)
    )
    with sessions.begin() as session:
        return list(session.scalars(chosen))
