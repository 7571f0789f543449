"""Comparing: PostgreSQL holds a day's statements against what is booked here, and only what differs comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.foundation.clock import day_bounds
from app.ledger.reconciliation import differences
from app.ledger.reconciliation.comparing_sql import LEDGER, PLANS, PROVIDER, SOURCE, STRANGERS, TRANSIT, Comparison
from app.ledger.reconciliation.differences import Difference, What

MOST_NAMED = 500
"""So many differences of a kind are named one by one on a day; the rest of them are one."""
SOURCE_PROMISE = timedelta(hours=72)
"""How long a source may take before its silence is a difference: what libraries promise their borrowers."""
LEDGER_PROMISE = timedelta(minutes=10)
"""How long money may be in transit before it is a difference."""


@dataclass(frozen=True)
class Day:
    """What is compared: one municipality's day, and which sides of it have been read."""

    municipality_code: str
    day: date
    roads: tuple[str, ...]
    """The providers whose statement was read."""
    has_ledger: bool
    unread_accounts: tuple[str, ...]
    collecting: tuple[str, ...]
    """The accounts that nobody but we post to."""
    now: datetime
    counts_reversed: bool = True
    """The ledger's statement says of each posting how much of it was taken back; a file does not."""

    @property
    def given(self) -> dict[str, object]:
        """The values in the statements."""
        began, ended = day_bounds(self.day)
        return {
            "code": self.municipality_code, "day": self.day, "began": began, "ended": ended, "roads": list(self.roads),
            "unread": list(self.unread_accounts), "collecting": list(self.collecting), "most": MOST_NAMED,
            "provider_accounts": [f"provider/{road}/{self.municipality_code}" for road in self.roads],
            "transit": f"transit/{self.municipality_code}", "transit_before": self.now - LEDGER_PROMISE,
            "source_before": self.now - SOURCE_PROMISE, "counts_reversed": self.counts_reversed,
        }  # fmt: skip


@dataclass
class Compared:
    """What each side says of a day (`..._ore`, `..._count`, as the row of the day has them), and what differs."""

    totals: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def of(self, *kinds: What) -> list[Difference]:
        """The differences of some kinds that have a name each."""
        return [one for one in self.differences if one.what in kinds and one.many == 1]


def compare(session: Session, *, day: Day) -> Compared:
    """Hold the sides of a day against one another. A side that was not read has no totals, and no differences."""
    for plan in PLANS:
        session.execute(text(plan))
    found = Compared()
    if day.roads:
        _compare(session, PROVIDER, day, found, _at_provider)
        _name(found, session.execute(text(STRANGERS), day.given).all(), _stranger)
    if day.has_ledger:
        _compare(session, LEDGER, day, found, _in_ledger)
    known = {one.payment_id for one in found.of(What.NOT_ACCEPTED_HERE)}
    # Money whose posting is in the ledger already has its name there.
    waiting = [row for row in session.execute(text(TRANSIT), day.given) if row.payment_id not in known]
    _name(found, waiting, _left)
    _compare(session, SOURCE, day, found, _not_known)
    return found


def _compare(
    session: Session, comparison: Comparison, day: Day, found: Compared, make: Callable[[Row[Any]], Difference]
) -> None:
    for step in comparison.steps:
        session.execute(text(step), day.given)
    totals = session.execute(text(comparison.totals), day.given).mappings().one()
    found.totals |= {name: int(value or 0) for name, value in totals.items()}
    _name(found, session.execute(text(comparison.gaps), day.given).all(), make)


def _name(found: Compared, rows: Sequence[Row[Any]], make: Callable[[Row[Any]], Difference]) -> None:
    """Give each row its name, and those that are too many one name together."""
    named: dict[What, list[Difference]] = {}
    whole: dict[What, tuple[int, int]] = {}
    for row in rows:
        one = make(row)
        named.setdefault(one.what, []).append(one)
        whole[one.what] = (row.many, int(row.all_ore))
    for what, some in named.items():
        found.differences += some
        many, all_ore = whole[what]
        if many > MOST_NAMED:
            rest_ore = all_ore - sum(one.amount_ore for one in some)
            found.differences.append(differences.the_rest(what, many=many - len(some), amount_ore=rest_ore))


def _at_provider(row: Row[Any]) -> Difference:
    flow = "capture" if row.is_capture else "back"
    return differences.at_provider(matter=row.matter, flow=flow, said_ore=row.said_ore, booked_ore=row.booked_ore)


def _stranger(row: Row[Any]) -> Difference:
    return differences.unknown_at_provider(
        reference=row.reference, kind=row.kind, road=row.road, amount_ore=row.amount_ore
    )


def _in_ledger(row: Row[Any]) -> Difference:
    return differences.in_ledger(
        posting=row.matter, payment_id=row.payment_id, account=row.account, times=row.times + row.earlier,
        stated_ore=row.stated, ours_ore=row.ours, is_accepted=row.is_accepted, is_ours=row.is_ours,
        has_twin=row.has_twin,
    )  # fmt: skip


def _left(row: Row[Any]) -> Difference:
    return differences.transit_left(payment_id=row.payment_id, amount_ore=int(row.amount_ore))


def _not_known(row: Row[Any]) -> Difference:
    return differences.not_at_source(
        payment_id=row.payment_id, claim_id=row.claim_id, state=row.state, amount_ore=-row.amount_ore
    )
