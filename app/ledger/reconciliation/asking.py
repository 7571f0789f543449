"""Asking: before a difference gets a name, whoever can settle it is asked: provider, ledger or source.

What the portal can mend by itself is mended here: a payment whose notice got lost is fetched and settled, a posting
that the ledger has on another day is noted as found there, and one that stood on several days as it stands now; a claim
that its source shows as paid is known. Bounded.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.foundation.clock import Clock, danish_day
from app.foundation.db import Sessions
from app.ledger.port import Ledger, LedgerError
from app.ledger.reconciliation.comparing import Compared, Day
from app.ledger.reconciliation.differences import Difference, What
from app.ledger.reconciliation.models import StatementLine
from app.ledger.reconciliation.statements import Page, copy, of_provider, posting_line
from app.payments import follow
from app.payments.models import Payment
from app.payments.port import OutcomeUnknown, PaymentProvider, ProviderError, ProviderUnavailable
from app.payments.settlement import UnknownPayment
from app.sources.looking import look_again
from app.sources.port import ToldSource

MOST_ASKED = 200
SILENT = 3
"""Who does not answer so many times in a row is left alone."""
BOOKED_WITHIN = timedelta(days=7)
"""So much earlier a posting may have been booked than we heard of it: longer than a message is tried."""


@dataclass(frozen=True)
class Merchant:
    """A merchant's account; `is_home`: what belongs to no payment of ours there is this municipality's to explain."""

    provider: PaymentProvider
    is_home: bool = True


@dataclass(frozen=True)
class Silence:
    """A side that could not be read, and why."""

    side: str
    reason: str


@dataclass(frozen=True)
class Sides:
    """Whom one municipality's days are compared with. `missing` are those that are not configured."""

    merchants: tuple[Merchant, ...]
    ledger: Ledger | None
    library: ToldSource | None
    collecting: tuple[str, ...] = ()
    missing: tuple[Silence, ...] = ()


def ask(sessions: Sessions, *, sides: Sides, found: Compared, day: Day, clock: Clock, from_file: bool) -> bool:
    """Ask about what differs (speaks over a wire: takes the session factory); whether another look is worth it."""
    asked = [
        _follow(sessions, sides, found.of(What.NOT_IN_JOURNAL, What.NOT_AT_PROVIDER, What.PROVIDER_AMOUNT), clock),
        _read_day_before(sessions, sides, found.of(What.NOT_AT_PROVIDER), day),
        not from_file
        and _find_postings(sessions, sides.ledger, found.of(What.NOT_IN_LEDGER, What.DOUBLED_IN_LEDGER), day),
        _look_at_source(sessions, sides.library, found.of(What.NOT_AT_SOURCE), day, clock),
    ]
    return any(asked)


def _follow(sessions: Sessions, sides: Sides, found: Sequence[Difference], clock: Clock) -> bool:
    """Fetch and settle payments: a notice that was lost is made good. Its merchant is who has moved the money."""
    providers = {one.provider.name: one.provider for one in sides.merchants}
    ids = list(dict.fromkeys(one.payment_id for one in found if one.payment_id))[:MOST_ASKED]
    with sessions.begin() as session:
        references = _references(session, ids)
    silent: dict[str, int] = {}
    has_heard = False
    for name, reference in references:
        if name not in providers or silent.get(name, 0) >= SILENT:
            continue
        try:
            follow.follow(sessions, provider=providers[name], reference=reference, now=clock())
        except (OutcomeUnknown, ProviderUnavailable):
            silent[name] = silent.get(name, 0) + 1
        except (ProviderError, UnknownPayment):
            continue  # it stays a difference, and a person asks
        else:
            silent[name], has_heard = 0, True
    return has_heard


def _references(session: Session, payment_ids: Sequence[UUID]) -> list[tuple[str, str]]:
    rows = select(Payment.provider, Payment.provider_reference).where(
        Payment.id.in_(payment_ids), Payment.provider_reference.is_not(None)
    )
    return [(name, reference) for name, reference in session.execute(rows.order_by(Payment.id)) if reference]


def _read_day_before(sessions: Sessions, sides: Sides, found: Sequence[Difference], day: Day) -> bool:
    """A payment just before midnight is booked just after it: the day before is read, where it never was."""
    before, has_read = day.day - timedelta(days=1), False
    for merchant in sides.merchants if found else ():
        name, code = merchant.provider.name, day.municipality_code
        if name not in day.roads or _has_lines(sessions, code, before, name):
            continue
        try:
            of_provider(
                sessions, provider=merchant.provider, is_home=merchant.is_home, municipality_code=code, day=before,
                now=day.now,
            )  # fmt: skip
        except ProviderError:
            continue
        has_read = True
    return has_read


def _has_lines(sessions: Sessions, municipality_code: str, day: date, road: str) -> bool:
    lines = select(StatementLine.id).where(
        StatementLine.municipality_code == municipality_code, StatementLine.day == day,
        StatementLine.side == "provider", StatementLine.road == road,
    )  # fmt: skip
    with sessions.begin() as session:
        return session.scalar(lines.limit(1)) is not None


def _find_postings(sessions: Sessions, ledger: Ledger | None, found: Sequence[Difference], day: Day) -> bool:
    """Look for postings on the days around: the ledger may have booked long before its answer reached us."""
    by_account: dict[str, set[UUID]] = {}
    for one in found[:MOST_ASKED] if ledger else ():
        by_account.setdefault(one.facts["account"], set()).add(UUID(one.matter))
    has_found = False
    for account, postings in by_account.items():
        has_found |= ledger is not None and _find(sessions, ledger, account, postings, day)
    return has_found


def _find(sessions: Sessions, ledger: Ledger, account: str, postings: set[UUID], day: Day) -> bool:
    """Note on which days some postings of an account stand now, in place of where they were read; whether that is news.

    Asked from the first day on that one was read on: what stands there may have been taken back since.
    """
    lines = (
        StatementLine.municipality_code == day.municipality_code, StatementLine.side == "ledger",
        StatementLine.road == account, StatementLine.matter.in_(postings),
    )  # fmt: skip
    stood = select(StatementLine.day, StatementLine.matter, StatementLine.amount_ore, StatementLine.less_ore)
    with sessions.begin() as session:
        known = [(*row,) for row in session.execute(stood.where(*lines))]
    since = min([day.day - BOOKED_WITHIN, *(read_on for read_on, *_ in known)])
    try:
        view = ledger.account(account, since=since, until=danish_day(day.now))
    except LedgerError:
        return False
    there = [one for one in view.payments if one.payment_id in postings] if view else []
    stands = [(danish_day(one.booked_at), one.payment_id, one.amount_ore, one.reduced_ore) for one in there]
    if Counter(stands) == Counter(known):
        return False
    with sessions.begin() as session:
        session.execute(delete(StatementLine).where(*lines).execution_options(synchronize_session=False))
        for one in there:
            page = Page(day.municipality_code, danish_day(one.booked_at), "ledger")
            copy(session, page, [posting_line(account, one)])
    return True


def _look_at_source(
    sessions: Sessions, library: ToldSource | None, found: Sequence[Difference], day: Day, clock: Clock
) -> bool:
    ids = list(dict.fromkeys(one.payment_id for one in found if one.payment_id))[:MOST_ASKED]
    if library is None or not ids:
        return False
    code = day.municipality_code
    return look_again(sessions, source=library, municipality_code=code, payment_ids=ids, clock=clock) > 0
