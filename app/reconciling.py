"""The nightly reconciliation, and the one on demand: every municipality's sides as the settings and its file choose."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.ledger.reconciliation import wanted
from app.ledger.reconciliation.alone import AlreadyRunning
from app.ledger.reconciliation.asking import Merchant, Sides, Silence
from app.ledger.reconciliation.day import Outcome, days_to_look_at, reconcile
from app.municipalities.facts import Facts
from app.sources.port import ToldSource
from app.wiring import PROVIDERS, NotConfigured, NotOffered, Wires

KEPT = timedelta(days=400)
"""How long the lines of statements are kept: a year, and the month in which its books are closed."""


def sides_of(wires: Wires, facts: Facts) -> Sides:
    """Whom the days of a municipality are compared with."""
    merchants, missing = _merchants(wires, facts)
    return Sides(
        merchants=tuple(merchants),
        ledger=wires.ledger_of(facts),
        library=_library(wires, facts),
        collecting=tuple({str(one.collecting_account) for one in facts.claim_types.values() if one.collecting_account}),
        missing=tuple(missing),
    )


def _merchants(wires: Wires, facts: Facts) -> tuple[list[Merchant], list[Silence]]:
    """A municipality's merchants, and those that are not configured. One that others share is the first one's home."""
    home = {provider: first.code for first, provider in wires.merchants()[0]}
    found: dict[object, Merchant] = {}
    missing = []
    for name in PROVIDERS:
        try:
            provider = wires.provider_named(facts, name)
        except NotOffered:
            continue
        except NotConfigured as error:
            missing.append(Silence(name, str(error)))
        else:
            found[provider] = Merchant(provider, is_home=home.get(provider, facts.code) == facts.code)
    return list(found.values()), missing


def _library(wires: Wires, facts: Facts) -> ToldSource | None:
    try:
        return wires.library_of(facts)
    except NotConfigured:
        return None


def run(wires: Wires, *, code: str, days: Sequence[date] | None = None) -> list[Outcome]:
    """Reconcile a municipality: some days, or yesterday with those that are not clean.

    :raises UnknownMunicipality: none loaded with this code
    :raises AlreadyRunning: another run of it is under way
    """
    facts = wires.facts(code)
    if days is None:
        with transaction(wires.sessions) as session:
            days = days_to_look_at(session, municipality_code=code, today=danish_day(wires.clock()))
    return reconcile(wires.sessions, sides=sides_of(wires, facts), municipality_code=code, days=days, clock=wires.clock)


def every_night(wires: Wires, now: datetime) -> str:
    """Reconcile every municipality, one after the other; says what was found."""
    days = differences = 0
    silent: list[str] = []
    for code in wires.municipalities.every(now=now):
        try:
            outcomes = run(wires, code=code)
        except AlreadyRunning:
            silent.append(f"{code} is reconciled by another just now")
            continue
        days += len(outcomes)
        differences += sum(one.differences for one in outcomes)
        silent += [f"{code} {one.day} {side.side}: {side.reason}" for one in outcomes for side in one.silent]
    with transaction(wires.sessions) as session:
        wanted.forget(session, before=danish_day(now) - KEPT)
    return "; ".join([f"{days} days, {differences} differences", *silent])
